"""What a batch of weather adds to the versions that are already stored."""

from __future__ import annotations

import polars as pl

from feature_store.storage.weather_rows import ISSUE, TOLD

_CLOCK_TICK_S = 1
"""The ledger's clock counts whole seconds."""


def weather_news(batch: pl.DataFrame, latest: pl.DataFrame, *, recorded_at: int) -> pl.DataFrame:
    """Return the rows to add: the columns of the batch and whether it is a ``correction``.

    An issue that is new keeps the batch's ``known_at``. Another value for an hour of the same
    issue becomes known when it is recorded, but always after the version that it corrects. What
    the batch does not tell of the hour stays as it was.

    Args:
        batch: Rows as :func:`feature_store.storage.weather_rows.rows_of` returns them.
        latest: What is stored of the same issues, as
            :func:`feature_store.storage.stored_weather.latest_of_issues` returns it.
        recorded_at: The moment of storing, UTC epoch seconds.
    """
    stored = latest.rename({name: f"stored_{name}" for name in ("known_at", *TOLD)})
    corrected_at = pl.max_horizontal(
        pl.lit(recorded_at, dtype=pl.Int64), pl.col("stored_known_at") + _CLOCK_TICK_S
    )
    differs = pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"stored_{name}")) for name in TOLD)
    return (
        batch.join(stored, on=ISSUE, how="left")
        .with_columns(pl.coalesce(name, f"stored_{name}").alias(name) for name in TOLD)
        .with_columns(correction=pl.col("stored_known_at").is_not_null())
        .filter(~pl.col("correction") | differs)
        .with_columns(
            known_at=pl.when("correction").then(corrected_at).otherwise(pl.col("known_at"))
        )
        .select(*batch.columns, "correction")
        .sort(ISSUE)
    )
