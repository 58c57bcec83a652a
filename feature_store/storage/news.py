"""What a batch of readings adds to the versions that are already stored."""

from __future__ import annotations

import polars as pl

from feature_store.storage.reading_versions import MEASURED, REACTIVE

_CLOCK_TICK_S = 1
"""The ledger's clock counts whole seconds."""


def news_in(batch: pl.DataFrame, latest: pl.DataFrame, *, recorded_at: int) -> pl.DataFrame:
    """Return the rows to add for one firm: period_start, known_at, what was measured, correction.

    A first version keeps the batch's ``known_at``. A correction becomes known when it is
    recorded, but always after the version that it corrects. Reactive energy that the batch does
    not tell stays as it was.

    Args:
        batch: One firm's rows, columns as in ``READING_COLUMNS``.
        latest: What is stored for the same intervals, as
            :func:`feature_store.storage.reading_versions.latest_versions` returns it.
        recorded_at: The moment of storing, UTC epoch seconds.
    """
    stored = latest.rename({name: f"stored_{name}" for name in ("known_at", *MEASURED)})
    corrected_at = pl.max_horizontal(
        pl.lit(recorded_at, dtype=pl.Int64), pl.col("stored_known_at") + _CLOCK_TICK_S
    )
    differs = pl.any_horizontal(
        pl.col(name).ne_missing(pl.col(f"stored_{name}")) for name in MEASURED
    )
    return (
        batch.select(
            pl.col("period_start").dt.epoch("s"), pl.col("known_at").dt.epoch("s"), *MEASURED
        )
        .join(stored, on="period_start", how="left")
        .with_columns(pl.coalesce(name, f"stored_{name}").alias(name) for name in REACTIVE)
        .filter(differs)
        .with_columns(correction=pl.col("stored_kwh").is_not_null())
        .with_columns(
            known_at=pl.when("correction").then(corrected_at).otherwise(pl.col("known_at"))
        )
        .select("period_start", "known_at", *MEASURED, "correction")
        .sort("period_start")
    )
