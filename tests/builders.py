"""Small firms and readings for tests: everything has a default, a test names what it is about."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from feature_store.entities.firm import Contract, Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.entities.reading_batch import READING_COLUMNS, ReadingBatch
from feature_store.entities.superseded import Superseded
from feature_store.time_grid import HOURS_PER_STEP, INTERVAL, TimeGrid, utc_instant

SEOUL = ZoneInfo("Asia/Seoul")
MONDAY = datetime(2026, 3, 2, tzinfo=SEOUL)
"""A Monday midnight in Korea: the first interval of most tests."""


def a_firm(firm_id: str = "kiln_works", **changes) -> Firm:
    """A firm with a 500 kW contract; ``changes`` are fields of ``Firm``."""
    declared = {
        "firm_id": firm_id,
        "name_ko": "가마 공장",
        "name_en": "Kiln works",
        "contract": Contract(power_kw=500),
    }
    return Firm(**declared | changes)


def a_history(
    demand_kw: Sequence[float], *, firm_id: str = "kiln_works", start: datetime = MONDAY
) -> LoadHistory:
    """Consecutive intervals, each known when it ends; NaN is a gap."""
    grid = TimeGrid(start, steps=len(demand_kw))
    measured = np.asarray(demand_kw, dtype=float)
    ends = grid.starts + np.timedelta64(INTERVAL)
    return LoadHistory(
        firm_id=firm_id,
        grid=grid,
        demand_kw=measured,
        known_at=np.where(np.isnan(measured), np.datetime64("NaT", "s"), ends),
    )


def corrected_at(history: LoadHistory, moment: datetime) -> LoadHistory:
    """The same, all of it corrected at a moment; before, each reading told twice as much."""
    now = np.full(history.grid.steps, utc_instant(moment))
    return replace(
        history,
        known_at=now,
        superseded=Superseded(
            start=history.grid.starts,
            known_from=history.known_at,
            known_until=now,
            demand_kw=2 * history.demand_kw,
        ),
    )


def a_batch(
    kwh: Sequence[float],
    *,
    firm_id: str = "kiln_works",
    start: datetime = MONDAY,
    known_at: datetime | None = None,
) -> ReadingBatch:
    """Consecutive readings from ``start`` on; NaN leaves a gap, known at each interval's end."""
    starts = [(start + step * INTERVAL).astimezone(UTC) for step in range(len(kwh))]
    rows = pl.DataFrame(
        {
            "firm_id": [firm_id] * len(kwh),
            "period_start": starts,
            "kwh": [float(value) for value in kwh],
            "known_at": [known_at or begun + INTERVAL for begun in starts],
            "lagging_kvarh": [None] * len(kwh),
            "leading_kvarh": [None] * len(kwh),
        },
        schema=READING_COLUMNS,
    )
    return batch_of(rows.filter(pl.col("kwh").is_not_nan()))


def with_reactive(
    batch: ReadingBatch,
    *,
    lagging_kvarh: Sequence[float | None] | None = None,
    leading_kvarh: Sequence[float | None] | None = None,
) -> ReadingBatch:
    """The same readings with reactive energy, one value a row of the batch."""
    nothing = [None] * batch.rows.height
    return batch_of(
        batch.rows.with_columns(
            pl.Series("lagging_kvarh", lagging_kvarh or nothing, pl.Float64),
            pl.Series("leading_kvarh", leading_kvarh or nothing, pl.Float64),
        )
    )


def of_meter(meter_id: str, batch: ReadingBatch) -> ReadingBatch:
    """The same readings, as this meter's."""
    return batch_of(batch.rows.with_columns(meter_id=pl.lit(meter_id)))


def of_quality(quality: str, batch: ReadingBatch) -> ReadingBatch:
    """The same readings, all of this quality."""
    return batch_of(batch.rows.with_columns(quality=pl.lit(quality)))


def batch_of(rows: pl.DataFrame) -> ReadingBatch:
    """A batch of any rows, as if a file of exactly these had been read."""
    return ReadingBatch(
        rows=rows.with_columns(
            pl.lit(None, pl.Float64).alias(name)
            for name in ("lagging_kvarh", "leading_kvarh")
            if name not in rows.columns
        ),
        source_format="canonical",
        source_name="made.csv",
        content_sha256=hashlib.sha256(rows.write_csv().encode()).hexdigest(),
    )


def a_batch_of(history: LoadHistory) -> ReadingBatch:
    """The readings of a history, as if they had been imported."""
    rows = pl.DataFrame(
        {
            "firm_id": pl.Series([history.firm_id] * history.grid.steps, dtype=pl.String),
            "period_start": history.grid.starts.astype("datetime64[us]"),
            "kwh": history.demand_kw * HOURS_PER_STEP,
            "known_at": history.known_at.astype("datetime64[us]"),
        }
    ).with_columns(pl.col("period_start", "known_at").dt.replace_time_zone("UTC"))
    return batch_of(rows.filter(pl.col("kwh").is_not_nan()))


def seconds(moment: datetime) -> int:
    """UTC epoch seconds of ``moment``."""
    return int(utc_instant(moment).astype(int))
