"""A batch of readings in the ledger's own units, with what it leaves out put in."""

from __future__ import annotations

import hashlib
import json

import polars as pl

from feature_store.entities.meter_readings import ReadingQuality
from feature_store.entities.reading_batch import ReadingBatch
from feature_store.errors import SandanError
from feature_store.storage.reading_versions import MEASURED

QUALITIES = pl.Enum([quality.value for quality in ReadingQuality])
"""How the ledger counts them: 0 is measured."""


class UnknownQualityError(SandanError):
    """A batch calls the quality of a reading by a name that does not exist."""


class RepeatedIntervalError(SandanError):
    """A batch tells the same interval of the same meter twice."""


def rows_of(batch: ReadingBatch) -> pl.DataFrame:
    """Return firm_id, meter_id, period_start and known_at in epoch seconds, what was measured.

    A row without ``meter_id`` is of the meter named like its firm. ``quality`` is a position in
    ``QUALITIES``, null where the batch does not tell.
    """
    rows = batch.rows
    meter_id = pl.col("meter_id") if "meter_id" in rows.columns else pl.lit(None, pl.String)
    quality = pl.col("quality") if "quality" in rows.columns else pl.lit(None, pl.String)
    told = rows.select(
        pl.col("firm_id"),
        pl.coalesce(meter_id.cast(pl.String), "firm_id").alias("meter_id"),
        pl.col("period_start").dt.epoch("s"),
        pl.col("known_at").dt.epoch("s"),
        *MEASURED,
        quality.cast(pl.String).alias("quality"),
    )
    unknown = set(told["quality"].drop_nulls().unique()) - set(ReadingQuality)
    if unknown:
        raise UnknownQualityError(
            f"{batch.source_name}: {', '.join(sorted(unknown))} is no quality of a reading; "
            f"write one of {', '.join(ReadingQuality)}"
        )
    twice = told.filter(told.select("meter_id", "period_start").is_duplicated())
    if twice.height:
        raise RepeatedIntervalError(
            f"{batch.source_name}: meter {twice['meter_id'][0]} has an interval twice "
            f"({twice.height} rows in all); keep one row of each"
        )
    return told.with_columns(pl.col("quality").cast(QUALITIES).to_physical().cast(pl.UInt8))


def identity_of(batch: ReadingBatch, rows: pl.DataFrame) -> str:
    """Return a hash of what was received and of whose meters it is about."""
    pairs = rows.select("firm_id", "meter_id").unique().sort("firm_id", "meter_id").rows()
    return hashlib.sha256(json.dumps([batch.content_sha256, pairs]).encode()).hexdigest()
