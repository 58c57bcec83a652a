"""``sandan backtest``: how good forecasts would have been, on weeks that they had not seen."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from cli.console import INFO
from cli.progress import stages
from feature_store.errors import SandanError
from feature_store.settings import Settings

if TYPE_CHECKING:  # the training room takes seconds to import
    from collections.abc import Mapping

    from training.evaluation.one_firm import HeldBackFirm
    from training.evaluation.overall_figures import OverallFigures
    from training.evaluation.run import Evaluation, EvaluationPlan

DEFAULT_STEPS = 192
"""As ``training.evaluation.run.EvaluationPlan``, which takes seconds to import: 48 hours."""
FIGURES = (
    ("WQL", "wql"),
    ("PL90", "pl90"),
    ("MASE", "mase"),
    ("cov80", "cov80"),
    ("peak CRPS", "peak_crps"),
    ("churn", "churn"),
)
"""Columns of the report, as ``docs/forecasting.md`` defines them."""


def backtest(  # noqa: PLR0913  one parameter an option
    *,
    out: Annotated[
        Path, typer.Option(help="Folder to write forecasts, figures and report to.", metavar="DIR")
    ],
    readings: Annotated[
        Path | None,
        typer.Option(
            help="Parquet or CSV: firm_id, period_start with offset, kw or kwh. Default: the "
            "readings that are stored.",
            metavar="FILE",
        ),
    ] = None,
    firms: Annotated[
        Path | None,
        typer.Option(
            help="CSV of the firms in --readings: firm_id, timezone, holidays (country code), and "
            "closure_days and contract_kw if wanted.",
            metavar="META.csv",
        ),
    ] = None,
    test_days: Annotated[
        int, typer.Option(help="Last days of each series that are held back.", min=1)
    ] = 56,
    issue_hours: Annotated[
        str,
        typer.Option(
            help="Local hours at which forecasts are issued, with commas.", metavar="HOURS"
        ),
    ] = "0,12",
    steps: Annotated[
        int, typer.Option(help="Quarter hours forecast from each issue time.", min=1, max=960)
    ] = DEFAULT_STEPS,
    forecaster: Annotated[
        list[str] | None,
        typer.Option(
            help="model, similar-day, seasonal-naive or same-day-type-mean; again for each further "
            "one. The first is the one under test. Default: all.",
            metavar="NAME",
        ),
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option(help="Firms tested side by side. Default: one a core.", min=1, metavar="N"),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the sampling and of the model.")] = 0,
) -> None:
    """Forecast the last weeks of every firm again and score what came of it.

    The model is fitted once, on nothing from the weeks held back, and compared with simple rules
    on the same issue times. The folder holds the forecasts, every figure, the time it took and a
    page to look at; nothing in it changes before all is done.
    """
    from training.evaluation.files import REPORT, output_folder
    from training.evaluation.named_forecasters import known_names
    from training.evaluation.run import EvaluationPlan, evaluate
    from training.evaluation.side_by_side import cores

    settings = Settings()
    plan = EvaluationPlan(
        forecasters=known_names(forecaster or []),
        test_days=test_days,
        issue_hours=hours_of(issue_hours),
        steps=steps,
        seed=seed,
        jobs=jobs or cores(),
    )
    with stages() as on_progress, output_folder(out) as folder:
        on_progress("read", 0, 1)
        tested, left_out = _held_back(settings, plan, readings, firms)
        on_progress("read", 1, 1)
        evaluation = evaluate(
            tested, plan, folder.parts, left_out=left_out, on_progress=on_progress
        )
        on_progress("write", 0, 1)
        overall = folder.finish(evaluation)
        on_progress("write", 1, 1)
    print_figures(evaluation, overall)
    INFO.print(f"The report is {out / REPORT}", markup=False, soft_wrap=True)


def hours_of(written: str) -> tuple[int, ...]:
    """Return the hours of a list with commas, in the order of the clock.

    Example:
        >>> hours_of("12,0")
        (0, 12)
    """
    hours = {int(hour) if hour.strip().isdecimal() else -1 for hour in written.split(",")}
    if not all(0 <= hour < 24 for hour in hours):  # noqa: PLR2004  hours of a clock
        raise SandanError(
            f"--issue-hours {written}: are not all hours of a clock; write 0 to 23, as in 0,12"
        )
    return tuple(sorted(hours))


def print_figures(evaluation: Evaluation, overall: Mapping[str, OverallFigures]) -> None:
    """Print the mean figures, forecaster by forecaster, and who is not among them."""
    number = len(evaluation.firms)
    firms = f"{number} firm{'s' if number > 1 else ''}"
    table = Table(
        title=f"{firms}, last {evaluation.plan.test_days} days of each",
        caption="mean over firms; lower is better but for cov80, which should be 0.80",
    )
    table.add_column("forecaster")
    for title, _ in FIGURES:
        table.add_column(title, justify="right")
    for name, figures in overall.items():
        table.add_row(name, *(f"{figures.mean[field]:.3f}" for _, field in FIGURES))
    INFO.print(table)
    for reason in evaluation.left_out.values():
        INFO.print(f"left out: {escape(reason)}", soft_wrap=True)


def _held_back(
    settings: Settings, plan: EvaluationPlan, readings: Path | None, meta: Path | None
) -> tuple[tuple[HeldBackFirm, ...], dict[str, str]]:
    from training.evaluation.measured_firms import read_measured_firms
    from training.evaluation.run import each_at_its_own_end

    if (readings is None) != (meta is None):
        raise SandanError(
            "--readings and --firms go together; name both files, or neither for what is stored"
        )
    if readings is None or meta is None:
        return _stored(settings, plan), {}
    measured = read_measured_firms(readings, meta, now=settings.now())
    return each_at_its_own_end(measured.firms, measured.histories, plan)


def _stored(settings: Settings, plan: EvaluationPlan) -> tuple[HeldBackFirm, ...]:
    """The firms of the ledger, cut at one moment for all, as ``sandan train`` does."""
    from feature_store.snapshots import take_snapshot
    from feature_store.storage.ledger_store import open_store
    from training.evaluation.one_firm import HeldBackFirm
    from training.splits import hold_back

    moment = settings.now()
    with closing(open_store(settings)) as store:
        snapshot = take_snapshot(settings.home / "snapshots", store.as_of(moment))
    held_back = hold_back(
        snapshot.histories,
        as_of=moment,
        test_days=plan.test_days,
        issue_hours=plan.issue_hours,
        steps=plan.steps,
    )
    return tuple(
        HeldBackFirm(firm=firm, history=snapshot.histories[firm.firm_id], held_back=held_back)
        for firm in snapshot.firms
    )
