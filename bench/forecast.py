"""How much better than simple rules is the trained model, on weeks that it has not seen?

Protocol: the last 56 days held back, forecast at 00:00 and 12:00 local from a model fitted on
nothing from them; the first 24 h of lead time scored. ``docs/forecasting.md`` says the rest.
"""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path

from bench.figures import Figure, print_figures, write
from feature_store.entities.firm import Contract, Firm
from feature_store.entities.reading_batch import ReadingBatch
from feature_store.ingestion.read_file import read_file
from feature_store.sample.complex import load_sample
from feature_store.settings import Settings
from feature_store.snapshots import Snapshot, take_snapshot
from feature_store.storage.ledger_store import open_store
from models.forecasting.same_day_type_mean import SameDayTypeMean
from models.forecasting.seasonal_naive import SeasonalNaive
from models.forecasting.similar_day import SimilarDay
from training.backtest import Backtest, FirmBacktest, run_backtest
from training.fit_pooled import MODEL, fit_pooled
from training.scores.bootstrap import WeeklyRatio, ratio_interval, weekly_ratios
from training.splits import hold_back
from training.train import TrainingPlan

STEEL_FILE = Path(__file__).parents[2] / "shared" / "data" / "Steel_industry_data.csv"
"""The UCI file, which the project does not carry; its figures are left out where it is absent."""
SHOWN = ("wql", "pl90", "cov80", "wql_0_4h", "peak_error", "peak_hit")


def main() -> list[Figure]:
    """Backtest on the sample and, where it lies beside the project, on the steel file."""
    sample = load_sample()
    backtest = _backtest(sample.firms, sample.batch)
    figures = _figures("sample", backtest, SimilarDay().version, goal_percent=10)
    figures += _figures("sample", backtest, SeasonalNaive().version, goal_percent=25)
    figures += _levels("sample", backtest)
    if STEEL_FILE.exists():
        steel = _backtest(*_steel())
        figures += _figures("steel", steel, SeasonalNaive().version, goal_percent=25)
        figures += _figures("steel", steel, SimilarDay().version, goal_percent=None)
        figures += _levels("steel", steel)
    write("forecast", __doc__.splitlines()[0], figures)
    return figures


def _steel() -> tuple[tuple[Firm, ...], ReadingBatch]:
    firm = Firm(firm_id="steel", name_ko="철강", name_en="Steel", contract=Contract(power_kw=700))
    batch = read_file(STEEL_FILE, firm_id=firm.firm_id, now=datetime.now(UTC))
    if not isinstance(batch, ReadingBatch):
        raise SystemExit(f"{STEEL_FILE} was refused: {batch.bad_rows[:3]}")
    return (firm,), batch


def _backtest(firms: tuple[Firm, ...], batch: ReadingBatch) -> Backtest:
    plan = TrainingPlan()
    with tempfile.TemporaryDirectory() as folder:
        snapshot = _snapshot(Path(folder), firms, batch)
    held_back = hold_back(
        snapshot.histories,
        as_of=snapshot.moment,
        test_days=plan.test_days,
        issue_hours=plan.issue_hours,
        steps=plan.horizon_steps,
    )
    rules = (SeasonalNaive(), SimilarDay(), SameDayTypeMean())
    known = {name: one.as_of(held_back.start) for name, one in snapshot.histories.items()}
    model = fit_pooled(snapshot.firms, known)
    return run_backtest(snapshot.firms, snapshot.histories, (model, *rules), held_back)


def _snapshot(folder: Path, firms: tuple[Firm, ...], batch: ReadingBatch) -> Snapshot:
    store = open_store(Settings(home=folder))
    first: datetime = batch.rows["period_start"][0]
    last: datetime = batch.rows["known_at"].sort()[-1]
    for firm in firms:
        store.declare(firm, known_at=first)
    store.append(batch, recorded_at=last)
    snapshot = take_snapshot(folder, store.as_of(last))
    store.close()
    return snapshot


def _figures(
    name: str, backtest: Backtest, rule: str, *, goal_percent: float | None
) -> list[Figure]:
    """How far the model's loss lies below a rule's, with the interval that weeks resampled give."""
    ours, theirs = (
        [_weekly_loss(firm, which) for firm in backtest.firms] for which in (MODEL, rule)
    )
    ratio = ratio_interval(ours, theirs)
    what = f"{name}: quantile loss below {rule}"
    return [
        Figure(name=what, value=100 * (1 - ratio.value), unit="%", at_least=goal_percent),
        Figure(name=f"{what}, 95 % interval from", value=100 * (1 - ratio.high), unit="%"),
        Figure(name=f"{what}, 95 % interval to", value=100 * (1 - ratio.low), unit="%"),
    ]


def _weekly_loss(firm: FirmBacktest, forecaster: str) -> WeeklyRatio:
    return weekly_ratios(firm.issue_times, firm.actual_kw, firm.demand_kw[forecaster])["wql"]


def _levels(name: str, backtest: Backtest) -> list[Figure]:
    """The scores themselves, mean over firms, for the model and the rules."""
    return [
        Figure(name=f"{name}: {field} of {forecaster}", value=getattr(scores, field))
        for forecaster, scores in backtest.mean.items()
        for field in SHOWN
    ]


if __name__ == "__main__":
    print_figures(main())
