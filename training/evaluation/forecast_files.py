"""Forecasts as Parquet files: a part a firm while they are made, two files in the end."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl

from feature_store.time_grid import STEP, Instants, KilowattArray
from models.forecasting.load_forecast import QUANTILES, quantile_key
from training.backtest import FirmBacktest

FORECASTS = "forecasts.parquet"
"""Of the forecaster under test: ``firm_id, issue_time, valid_time`` and a column a quantile."""
OTHER_FORECASTS = "other_forecasts.parquet"
"""Those of all others, with the column ``forecaster`` before these."""


def write_part(folder: Path, test: FirmBacktest) -> None:
    """Write one firm's forecasts, those of the forecaster under test by themselves."""
    ours, *others = (_rows(test, name) for name in test.demand_kw)
    ours.drop("forecaster").write_parquet(folder / f"{test.firm_id}.{FORECASTS}")
    if others:
        pl.concat(others).write_parquet(folder / f"{test.firm_id}.{OTHER_FORECASTS}")


def join_parts(parts: Path, firm_ids: Sequence[str], folder: Path) -> None:
    """Write the parts of firms, in their order, as one file of each kind."""
    for name in (FORECASTS, OTHER_FORECASTS):
        files = [parts / f"{firm_id}.{name}" for firm_id in firm_ids]
        there = [pl.scan_parquet(file) for file in files if file.exists()]
        if there:
            pl.concat(there).sink_parquet(folder / name)


def _rows(test: FirmBacktest, name: str) -> pl.DataFrame:
    demand_kw = test.demand_kw[name]
    issues, steps, _ = demand_kw.shape
    issue_time = np.repeat(test.issue_times, steps)
    valid_time = (test.issue_times[:, None] + np.arange(steps) * STEP).ravel()
    return pl.DataFrame(
        {
            "forecaster": pl.repeat(name, issues * steps, eager=True),
            "firm_id": pl.repeat(test.firm_id, issues * steps, eager=True),
            "issue_time": _utc(issue_time),
            "valid_time": _utc(valid_time),
            **{
                quantile_key(level): _column(demand_kw, number)
                for number, level in enumerate(QUANTILES)
            },
        }
    )


def _utc(instants: Instants) -> pl.Series:
    return pl.Series(instants.astype("datetime64[us]")).dt.replace_time_zone("UTC")


def _column(demand_kw: KilowattArray, number: int) -> KilowattArray:
    return np.ascontiguousarray(demand_kw[..., number].ravel())
