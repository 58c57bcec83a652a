"""``sandan train``: fit, test, register and promote the load forecaster."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from cli.console import INFO
from cli.moments import moment_of
from cli.progress import stages
from feature_store.settings import Settings

if TYPE_CHECKING:  # the training room takes seconds to import
    from training.train import TrainingReport

FIGURES = (("WQL", "wql"), ("PL90", "pl90"), ("nMAE", "nmae"), ("cov80", "cov80"))
"""Columns of the report, as ``docs/forecasting.md`` defines them."""


def train(
    as_of: Annotated[
        str | None,
        typer.Option(help="Use nothing known later than this RFC 3339 time. Default: now."),
    ] = None,
    test_days: Annotated[
        int, typer.Option(min=14, help="Last days held back to test on (a quarter at most).")
    ] = 56,
    seed: Annotated[int, typer.Option(help="Seed of the sampling and of the model.")] = 0,
) -> None:
    """Fit the load forecaster on every firm's readings, test it, and make it champion.

    The last weeks are held back and forecast by a model that has not seen them, beside seasonal
    naive and days of the same kind. Everything is kept in MLflow below SANDAN_HOME.
    """
    from feature_store.storage.ledger_store import open_store
    from models.forecasting.lightgbm_quantiles import BoosterParameters
    from training.train import TrainingPlan
    from training.train import train as run
    from training.training_rows import Sampling

    settings = Settings()
    moment = settings.now() if as_of is None else moment_of(as_of)
    plan = TrainingPlan(
        test_days=test_days,
        sampling=Sampling(seed=seed),
        boosters=BoosterParameters(seed=seed),
    )
    with stages() as on_progress:
        store = open_store(settings)
        report = run(settings, store, as_of=moment, plan=plan, on_progress=on_progress)
    print_report(report, settings)


def print_report(report: TrainingReport, settings: Settings) -> None:
    """Print the test's figures, forecaster by forecaster."""
    held_back = report.held_back
    table = Table(
        title=f"{report.model_version}: {len(report.backtest.firms)} firms, "
        f"{_day(held_back.start)} to {_day(held_back.end)} held back",
        caption="mean over firms; lower is better but for cov80, which should be 0.80",
    )
    table.add_column("forecaster")
    for title, _ in FIGURES:
        table.add_column(title, justify="right")
    for name, scores in report.backtest.mean.items():
        table.add_row(name, *(f"{getattr(scores, field):.3f}" for _, field in FIGURES))
    INFO.print(table)
    if report.backtest.left_out:
        INFO.print(f"Not tested, too young or silent: {', '.join(report.backtest.left_out)}")
    INFO.print(
        f"It serves from now on. All runs: mlflow ui --backend-store-uri {settings.tracking_uri}"
    )


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}"
