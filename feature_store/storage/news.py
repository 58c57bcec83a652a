"""What a batch of readings adds to the versions that are already stored."""

from __future__ import annotations

import polars as pl

from feature_store.storage.reading_versions import ReadingVersions

_CLOCK_TICK_S = 1
"""The ledger's clock counts whole seconds."""


def news_in(batch: pl.DataFrame, latest: ReadingVersions, *, recorded_at: int) -> pl.DataFrame:
    """Return the rows to add for one firm: period_start, known_at, kwh, correction.

    A first version keeps the batch's ``known_at``. A correction becomes known when it is
    recorded, but always after the version that it corrects.

    Args:
        batch: One firm's rows, columns as in ``READING_COLUMNS``.
        latest: What is stored for the same intervals.
        recorded_at: The moment of storing, UTC epoch seconds.
    """
    stored = pl.DataFrame(
        {
            "period_start": latest.period_start,
            "stored_known_at": latest.known_at,
            "stored_kwh": latest.kwh,
        }
    )
    corrected_at = pl.max_horizontal(
        pl.lit(recorded_at, dtype=pl.Int64), pl.col("stored_known_at") + _CLOCK_TICK_S
    )
    return (
        batch.select(pl.col("period_start").dt.epoch("s"), pl.col("known_at").dt.epoch("s"), "kwh")
        .join(stored, on="period_start", how="left")
        .filter(pl.col("kwh").ne_missing(pl.col("stored_kwh")))
        .with_columns(correction=pl.col("stored_kwh").is_not_null())
        .with_columns(
            known_at=pl.when("correction").then(corrected_at).otherwise(pl.col("known_at"))
        )
        .select("period_start", "known_at", "kwh", "correction")
        .sort("period_start")
    )
