"""Files of readings and firms, as a study has them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from feature_store.entities.load_history import LoadHistory

META = "firm_id,timezone,holidays\n"


def readings_of(*histories: LoadHistory) -> pl.DataFrame:
    """``firm_id, period_start (UTC), kw`` of every interval; gaps are NaN."""
    return pl.concat(
        pl.DataFrame(
            {
                "firm_id": [history.firm_id] * history.grid.steps,
                "period_start": history.grid.starts.astype("datetime64[us]"),
                "kw": history.demand_kw,
            }
        ).with_columns(pl.col("period_start").dt.replace_time_zone("UTC"))
        for history in histories
    )


def written_study(folder: Path, histories: Sequence[LoadHistory]) -> tuple[Path, Path]:
    """Write both files; every firm is in Seoul and keeps no public holiday."""
    readings, firms = folder / "readings.parquet", folder / "firms.csv"
    readings_of(*histories).write_parquet(readings)
    rows = [f"{history.firm_id},Asia/Seoul,\n" for history in histories]
    firms.write_text(META + "".join(rows), encoding="utf-8")
    return readings, firms
