"""What a batch of readings adds to the versions that are already stored."""

from __future__ import annotations

import polars as pl

from feature_store.storage.reading_versions import REACTIVE, TOLD

_CLOCK_TICK_S = 1
"""The ledger's clock counts whole seconds."""

_MEASURED_QUALITY = 0
"""What a reading is of which nobody says otherwise; position in ``QUALITIES``."""


def news_in(batch: pl.DataFrame, latest: pl.DataFrame, *, recorded_at: int) -> pl.DataFrame:
    """Return the rows to add: meter_id, period_start, known_at, what was told, correction.

    A first version keeps the batch's ``known_at``. A correction becomes known when it is
    recorded, but always after the version that it corrects. Reactive energy that the batch does
    not tell stays as it was; so does the quality of an equal value, where another value is taken
    as measured.

    Args:
        batch: Rows as :func:`feature_store.storage.batch_rows.rows_of` returns them.
        latest: What is stored for the same intervals, as
            :func:`feature_store.storage.reading_versions.versions_touched` returns it.
        recorded_at: The moment of storing, UTC epoch seconds.
    """
    stored = latest.rename({name: f"stored_{name}" for name in ("known_at", *TOLD)})
    correction = pl.col("stored_known_at").is_not_null()
    corrected_at = pl.max_horizontal(
        pl.lit(recorded_at, dtype=pl.Int64), pl.col("stored_known_at") + _CLOCK_TICK_S
    )
    same_value = pl.col("kwh") == pl.col("stored_kwh")
    untold_quality = pl.when(same_value).then("stored_quality").otherwise(_MEASURED_QUALITY)
    differs = pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"stored_{name}")) for name in TOLD)
    return (
        batch.select("meter_id", "period_start", "known_at", *TOLD)
        .join(stored, on=["meter_id", "period_start"], how="left")
        .with_columns(pl.coalesce(name, f"stored_{name}").alias(name) for name in REACTIVE)
        .with_columns(quality=pl.coalesce("quality", untold_quality).cast(pl.UInt8))
        .with_columns(correction=correction)
        .filter(~correction | differs)
        .with_columns(
            known_at=pl.when("correction").then(corrected_at).otherwise(pl.col("known_at"))
        )
        .select("meter_id", "period_start", "known_at", *TOLD, "correction")
        .sort("meter_id", "period_start")
    )
