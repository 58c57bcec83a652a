"""What forecasts in a file were worth, by the figures that the product's own backtest has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import reduce
from pathlib import Path

import polars as pl

from feature_store.errors import SandanError
from feature_store.time_grid import INTERVAL, STEP, KilowattArray
from models.forecasting.load_forecast import QUANTILES, quantile_key
from training.metrics import Scores, score, wql
from training.scores.scaled_error import mase

COLUMNS = [quantile_key(level) for level in QUANTILES]
CASE = ["firm_id", "issue_time"]


class UnfitForecastsError(SandanError):
    """A file of forecasts does not have the form that was asked for."""


@dataclass(frozen=True, kw_only=True)
class FirmScores:
    """One firm's figures."""

    scores: Scores
    """Of the first day of lead time."""
    mase: float
    """Mean absolute error of the median over that of the same quarter hour a week before."""
    wql_0_48h: float
    """Weighted quantile loss of all leads that were asked for."""
    issue_times: int

    @property
    def figures(self) -> dict[str, float]:
        """Every figure by its name."""
        ours = {"mase": self.mase, "wql_0_48h": self.wql_0_48h, "issue_times": self.issue_times}
        return asdict(self.scores) | ours


def read_forecasts(file: Path) -> pl.DataFrame:
    """Read forecasts, their instants as UTC microseconds, in the order of firm and time."""
    rows = pl.read_parquet(file)
    missing = [name for name in [*CASE, "valid_time", *COLUMNS] if name not in rows.columns]
    if missing:
        raise UnfitForecastsError(
            f"{file} lacks {', '.join(missing)}; write the columns that bench/README.md names"
        )
    rows = rows.select(
        "firm_id", _utc("issue_time"), _utc("valid_time"), pl.col(COLUMNS).cast(pl.Float64)
    ).sort(*CASE, "valid_time")
    broken = rows.select(pl.any_horizontal(~pl.col(COLUMNS).is_finite()).sum()).item()
    if broken:
        raise UnfitForecastsError(f"{file} has {broken} rows that are no numbers; forecast them")
    return rows


def on_shared_cases(forecasts: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """Keep the firms and issue times that every forecaster answered."""
    cases = [rows.select(CASE).unique() for rows in forecasts.values()]
    shared = reduce(lambda left, right: left.join(right, on=CASE, how="semi"), cases)
    if shared.is_empty():
        raise UnfitForecastsError(
            f"{', '.join(forecasts)} have no firm and issue time in common; forecast the same ones"
        )
    return {
        name: rows.join(shared, on=CASE, how="semi", maintain_order="left")
        for name, rows in forecasts.items()
    }


def score_forecasts(rows: pl.DataFrame, readings: pl.DataFrame) -> dict[str, FirmScores]:
    """Score each firm's forecasts.

    Args:
        rows: As :func:`read_forecasts` returns them.
        readings: ``firm_id, period_start (UTC), kw``.
    """
    readings = readings.select("firm_id", _utc("period_start"), "kw").sort("period_start")
    measured = readings.rename({"period_start": "valid_time", "kw": "actual_kw"})
    rows = rows.join(measured, on=["firm_id", "valid_time"], how="left", maintain_order="left")
    return {
        str(firm_id): _score_firm(str(firm_id), mine, readings.filter(firm_id=firm_id))
        for (firm_id,), mine in rows.group_by("firm_id", maintain_order=True)
    }


def _score_firm(firm_id: str, rows: pl.DataFrame, readings: pl.DataFrame) -> FirmScores:
    issue_times = rows["issue_time"].n_unique()
    steps = rows.height // issue_times
    lead = (rows["valid_time"] - rows["issue_time"]).to_numpy() / STEP
    if lead.tolist() != list(range(steps)) * issue_times:
        raise UnfitForecastsError(
            f"{firm_id}: the forecasts have not the same steps after every issue time; "
            "write one row for each step"
        )
    actual_kw = rows["actual_kw"].to_numpy().reshape(issue_times, steps)
    demand_kw = rows.select(COLUMNS).to_numpy().reshape(issue_times, steps, len(COLUMNS))
    return FirmScores(
        scores=score(actual_kw, demand_kw),
        mase=mase(actual_kw, demand_kw, _before(readings, rows["issue_time"][0])),
        wql_0_48h=wql(actual_kw, demand_kw),
        issue_times=issue_times,
    )


def _before(readings: pl.DataFrame, moment: datetime) -> KilowattArray:
    """The load before a moment, a value each interval; NaN where none was measured."""
    every = readings.upsample("period_start", every=INTERVAL)  # a gap must not shift the weeks
    return every.filter(pl.col("period_start") < moment)["kw"].to_numpy()


def _utc(column: str) -> pl.Expr:
    return pl.col(column).dt.convert_time_zone("UTC").dt.cast_time_unit("us")
