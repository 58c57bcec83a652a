"""A complex of eleven firms with a measured year each, for trying the product without own data."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl

from feature_store.entities.firm import Firm
from feature_store.entities.reading_batch import READING_COLUMNS, ReadingBatch
from feature_store.errors import SandanError
from feature_store.ingestion.firms_file import read_firms_file
from feature_store.time_grid import HOURS_PER_STEP, INTERVAL

_FOLDER = Path(__file__).parent
READINGS_FILE = _FOLDER / "readings.parquet"
FIRMS_FILE = _FOLDER / "firms.yaml"
NOTICE_FILE = _FOLDER / "NOTICE.md"


@dataclass(frozen=True, kw_only=True)
class SampleComplex:
    """Firms, their readings, and the moment to look at them from."""

    firms: tuple[Firm, ...]
    batch: ReadingBatch
    """A year of each firm; the readings after ``demo_time`` show how forecasts turned out."""
    demo_time: datetime
    notice: str
    """Sources, licences and what was changed or assumed, as Markdown."""


def load_sample() -> SampleComplex:
    """Read the packaged sample."""
    declared = read_firms_file(FIRMS_FILE)
    if declared.demo_time is None:
        raise SandanError(f"{FIRMS_FILE}: demo_time is missing; add it")
    return SampleComplex(
        firms=declared.firms,
        batch=_readings(),
        demo_time=declared.demo_time,
        notice=NOTICE_FILE.read_text("utf-8"),
    )


def _readings() -> ReadingBatch:
    kw = pl.col("kw").cast(pl.Float64).round(2)  # stored short; this is the exact decimal again
    rows = pl.read_parquet(READINGS_FILE).with_columns(
        kwh=kw * HOURS_PER_STEP,
        known_at=pl.col("period_start") + pl.lit(INTERVAL),
        lagging_kvarh=None,  # the published shapes tell active power alone
        leading_kvarh=None,
    )
    return ReadingBatch(
        rows=rows.select(pl.col(name).cast(kind) for name, kind in READING_COLUMNS.items()).sort(
            "firm_id", "period_start"
        ),
        source_format="sample",
        source_name=READINGS_FILE.name,
        content_sha256=hashlib.sha256(READINGS_FILE.read_bytes()).hexdigest(),
    )
