"""Writing readings in the canonical form, so that they import again unchanged."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from feature_store.entities.load_history import LoadHistory
from feature_store.entities.reactive_energy import ReactiveEnergy
from feature_store.errors import SandanError
from feature_store.time_grid import HOURS_PER_STEP


def write_canonical(
    history: LoadHistory, path: Path, *, reactive: ReactiveEnergy | None = None
) -> int:
    """Write the known readings of a firm as CSV or Parquet, by the suffix; return their number.

    Times carry the offset of the zone that the history's grid is in. ``reactive`` lies on the
    same grid; its columns are written if any of it is known.
    """
    suffix = path.suffix.lower()
    if suffix not in {".parquet", ".csv"}:
        raise SandanError(f"{path.name}: is neither .csv nor .parquet; choose one of the two")
    known = np.isfinite(history.demand_kw)
    zone = getattr(history.grid.start.tzinfo, "key", "UTC")
    in_zone = pl.col("period_start", "known_at").dt.replace_time_zone("UTC")
    table = pl.DataFrame(
        {
            "period_start": history.grid.starts[known].astype("datetime64[us]"),
            "kwh": history.demand_kw[known] * HOURS_PER_STEP,
            "known_at": history.known_at[known].astype("datetime64[us]"),
        }
    ).with_columns(in_zone.dt.convert_time_zone(zone), firm_id=pl.lit(history.firm_id))
    ordered = table.select("firm_id", "period_start", "kwh", "known_at")
    if reactive is not None and reactive.measured:
        ordered = ordered.with_columns(
            pl.Series("lagging_kvarh", reactive.lagging_kvarh[known]).fill_nan(None),
            pl.Series("leading_kvarh", reactive.leading_kvarh[known]).fill_nan(None),
        )
    if suffix == ".parquet":
        ordered.write_parquet(path)
    else:
        written = pl.col("period_start", "known_at").dt.strftime("%Y-%m-%dT%H:%M:%S%:z")
        ordered.with_columns(written).write_csv(path)
    return ordered.height
