"""``sandan demo``: the whole loop on the packaged sample complex, ending at a page to decide on."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from cli.console import INFO
from cli.progress import stages
from feature_store.settings import Settings

if TYPE_CHECKING:  # these rooms take seconds to import
    from collections.abc import Callable

    from feature_store.entities.firm import Firm
    from feature_store.sample.complex import SampleComplex
    from feature_store.storage.ledger_store import LedgerStore
    from serving.planner import Planner
    from training.backtest import FirmBacktest
    from training.train import TrainingReport

    OnProgress = Callable[[str, int, int], None]


NOTICE = "Measured load shapes of German firms, billed as if they were KEPCO customers."


@dataclass(frozen=True, kw_only=True)
class FirmSummary:
    """What the demo tells of one firm."""

    firm_id: str
    name: str
    wql: float
    """Quantile loss of the model on the held-back weeks."""
    wql_seasonal_naive: float
    outcome: str
    """``solved``, ``infeasible`` or ``timed_out``."""
    usual_peak_kw: float | None
    planned_peak_kw: float | None
    demand_floor_kw: float | None
    """Demand billed this month whatever happens: a peak below it costs nothing more."""
    saved_krw_per_month: float | None


@dataclass(frozen=True, kw_only=True)
class Summary:
    """What the demo did."""

    issue_time: datetime
    model_version: str
    firms: tuple[FirmSummary, ...]
    url: str

    @property
    def loss_below_naive_percent(self) -> float:
        """How far the mean loss lies below that of last week again."""
        model = sum(firm.wql for firm in self.firms)
        return 100 * (1 - model / sum(firm.wql_seasonal_naive for firm in self.firms))

    @property
    def saved_krw_per_month(self) -> float:
        """All firms' projected savings."""
        return sum(firm.saved_krw_per_month or 0.0 for firm in self.firms)


def demo(
    *,
    once: Annotated[
        bool, typer.Option("--once", help="End when the page has answered, do not stay up.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
    port: Annotated[int | None, typer.Option(help="Port of the page.")] = None,
) -> None:
    """Run everything on the packaged sample: readings, training, forecasts, schedules, the page.

    Eleven firms with a measured year each: measured load shapes of German firms, billed as if
    they were KEPCO customers. A past Thursday is lived again, so what came later stays hidden.
    """
    from feature_store.sample.complex import load_sample
    from serving.server import running_server

    sample = load_sample()
    given = {"replay_time": sample.demo_time} | ({} if port is None else {"port": port})
    settings = Settings().model_copy(update=given)
    with stages() as on_progress:
        report, summaries = _work(settings, sample, on_progress)
    with running_server(settings) as server:
        summary = Summary(
            issue_time=sample.demo_time,
            model_version=report.model_version,
            firms=summaries,
            url=server.url,
        )
        if as_json:
            typer.echo(json.dumps(_document(summary), ensure_ascii=False, indent=1))
        else:
            _print(summary)
        if not once:
            INFO.print(f"The page is at [link]{server.url}[/link]. Ctrl-C ends it.")
            server.wait()


def _work(
    settings: Settings, sample: SampleComplex, on_progress: OnProgress
) -> tuple[TrainingReport, tuple[FirmSummary, ...]]:
    from feature_store.storage.ledger_store import open_store
    from serving.bootstrap import build
    from training.train import train

    store = open_store(settings)
    _take_in(store, sample, on_progress)
    _check(store, sample, on_progress)
    store.close()
    report = train(settings, store, as_of=sample.demo_time, on_progress=on_progress)
    application = build(settings)
    tested = {firm.firm_id: firm for firm in report.backtest.firms}
    summaries = []
    on_progress("schedule", 0, len(sample.firms))
    for firm in sample.firms:
        summaries.append(_one_firm(application.planner, firm, tested[firm.firm_id]))
        on_progress("schedule", len(summaries), len(sample.firms))
    application.close()
    return report, tuple(summaries)


def _take_in(store: LedgerStore, sample: SampleComplex, on_progress: OnProgress) -> None:
    """Declare the firms as of their first reading and store the readings."""
    first: datetime = sample.batch.rows["period_start"].sort()[0]
    on_progress("readings", 0, len(sample.firms))
    for number, firm in enumerate(sample.firms, start=1):
        store.declare(firm, known_at=first)
        of_firm = sample.batch.rows.filter(firm_id=firm.firm_id)
        store.append(replace(sample.batch, rows=of_firm), recorded_at=datetime.now().astimezone())
        on_progress("readings", number, len(sample.firms))


def _check(store: LedgerStore, sample: SampleComplex, on_progress: OnProgress) -> None:
    """Check the readings known at the demo's moment, for the pages to show."""
    from feature_store.storage.meter_checks import check_firm
    from feature_store.storage.meter_watch import MeterWatch

    watch = MeterWatch.of(store)
    known = store.as_of(sample.demo_time)
    for number, firm in enumerate(sample.firms, start=1):
        watch.findings.record(check_firm(known, known.firm(firm.firm_id)))
        watch.daily_loads.refresh(firm.firm_id)
        on_progress("checks", number, len(sample.firms))


def _one_firm(planner: Planner, firm: Firm, tested: FirmBacktest) -> FirmSummary:
    from models.forecasting.seasonal_naive import SeasonalNaive
    from models.optimizer.monthly_saving import saved_krw_per_month
    from models.optimizer.schedule import Infeasible, TimedOut
    from training.fit_pooled import MODEL

    usual_peak_kw = planned_peak_kw = demand_floor_kw = saved_krw = None
    match planner.suggest(firm.firm_id):
        case Infeasible():
            outcome = "infeasible"
        case TimedOut():
            outcome = "timed_out"
        case suggestion:
            outcome = "solved"
            usual_peak_kw = suggestion.schedule.usual_peak_kw
            planned_peak_kw = suggestion.schedule.planned_peak_kw
            demand_floor_kw = suggestion.schedule.demand_floor_kw
            saved_krw = saved_krw_per_month(suggestion.schedule, firm)
    return FirmSummary(
        firm_id=firm.firm_id,
        name=firm.name_en,
        wql=tested.scores[MODEL].wql,
        wql_seasonal_naive=tested.scores[SeasonalNaive().version].wql,
        outcome=outcome,
        usual_peak_kw=usual_peak_kw,
        planned_peak_kw=planned_peak_kw,
        demand_floor_kw=demand_floor_kw,
        saved_krw_per_month=saved_krw,
    )


def _document(summary: Summary) -> dict[str, object]:
    """The summary as JSON, units in its keys."""
    return {
        "issue_time": summary.issue_time.isoformat(),
        "model_version": summary.model_version,
        "url": summary.url,
        "loss_below_seasonal_naive_percent": round(summary.loss_below_naive_percent, 1),
        "saved_krw_per_month": round(summary.saved_krw_per_month),
        "firms": [asdict(firm) for firm in summary.firms],
        "notice": NOTICE,
    }


def _print(summary: Summary) -> None:
    table = Table(
        title=f"Sample complex, {summary.issue_time:%A %Y-%m-%d %H:%M}, {summary.model_version}",
        caption=f"{NOTICE} Peak: largest demand of the next 48 h in billed hours, 0.8 quantile. "
        "Billed: what this month costs anyway, so a peak below it is free. Won: projected saving.",
    )
    table.add_column("firm")
    for title in ("quantile loss", "last week's", "peak kW", "planned", "billed", "won/month"):
        table.add_column(title, justify="right")
    for firm in summary.firms:
        table.add_row(firm.name, *_cells(firm))
    table.add_section()
    table.add_row(
        "all",
        f"{summary.loss_below_naive_percent:.0f} % lower",
        *("", "", "", ""),
        f"{summary.saved_krw_per_month:,.0f}",
    )
    INFO.print(table)


def _cells(firm: FirmSummary) -> tuple[str, ...]:
    loss = (f"{firm.wql:.3f}", f"{firm.wql_seasonal_naive:.3f}")
    if firm.usual_peak_kw is None or firm.planned_peak_kw is None:
        return (*loss, firm.outcome.replace("_", " "), "", "", "")
    return (
        *loss,
        f"{firm.usual_peak_kw:,.0f}",
        f"{firm.planned_peak_kw:,.0f}",
        f"{firm.demand_floor_kw:,.0f}",
        f"{firm.saved_krw_per_month:,.0f}",
    )
