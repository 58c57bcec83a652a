"""How fast does the ledger take readings in on PostgreSQL, and is it still as fast when it is full?

A server of its own on this machine, with its usual safety: what is acknowledged is on disk. A step
of every firm in one call, again and again; a firm's year as a CSV file, read and stored; a stream
of many firms' days; and a correction of a year. SQLite is measured beside it.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from bench.figures import Figure, print_figures, write
from bench.private_postgres import private_postgres
from feature_store.entities.reading_batch import READING_COLUMNS, ReadingBatch, Refused
from feature_store.ingestion.read_file import read_file
from feature_store.settings import Settings
from feature_store.storage.ledger_store import LedgerStore, open_store
from feature_store.time_grid import INTERVAL, STEPS_PER_DAY

SEED = 20261122
FIRMS = 3000
STEPS = 200
"""Calls: the 99th percentile is then the second slowest."""
YEAR_STEPS = 365 * STEPS_PER_DAY
BULK_FIRMS, BULK_DAYS = 500, 20
"""A delivery is a day of every one of these firms: 48,000 points."""
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
AFTERWARDS = BEGIN + timedelta(days=400)


def main() -> list[Figure]:
    """Measure both databases and write the page."""
    busy = Figure(
        name="load average of the machine before, its cores below", value=os.getloadavg()[0]
    )
    with private_postgres(safe=True) as server:
        figures = [busy, *_measured("PostgreSQL", server.new_database(), goals=True)]
    with tempfile.TemporaryDirectory() as folder:
        figures += _measured("SQLite", f"sqlite:///{Path(folder) / 'sandan.db'}", goals=False)
    write("ledger", (__doc__ or "").strip(), figures)
    return figures


def _measured(name: str, url: str, *, goals: bool) -> list[Figure]:
    with closing(open_store(Settings(database_url=url))) as ledger:
        bulk_s = [_seconds(ledger, _batch(_days(day), f"bulk-{day}")) for day in range(BULK_DAYS)]
        step_ms = [
            1000 * _seconds(ledger, _batch(_one_step(step), f"step-{step}"))
            for step in range(STEPS)
        ]
        repeated_ms = 1000 * _seconds(ledger, _batch(_one_step(0), "step-0"))
        with tempfile.TemporaryDirectory() as folder:
            year_s = _timed(lambda: _import_year(ledger, Path(folder), "year-works", 0.0))
            corrected_s = _timed(lambda: _import_year(ledger, Path(folder), "year-works", 1.0))
        read_ms = 1000 * _timed(lambda: ledger.as_of(AFTERWARDS).history("year-works"))
    points = BULK_FIRMS * STEPS_PER_DAY
    return [
        Figure(
            name=f"{name}: {FIRMS:,} firms x 1 step in one call, 99th percentile of {STEPS}",
            value=float(np.percentile(step_ms, 99)),
            unit="ms",
            at_most=500 if goals else None,
        ),
        Figure(name=f"{name}: the same, median", value=float(np.median(step_ms)), unit="ms"),
        Figure(name=f"{name}: the same call again", value=repeated_ms, unit="ms"),
        Figure(
            name=f"{name}: days of {BULK_FIRMS} firms, {points * BULK_DAYS:,} points",
            value=points * BULK_DAYS / sum(bulk_s),
            unit="1/s",
            at_least=20_000 if goals else None,
        ),
        Figure(
            name=f"{name}: the last five of these calls as a share of the speed of the first five",
            value=sum(bulk_s[:5]) / sum(bulk_s[-5:]),
        ),
        Figure(
            name=f"{name}: a firm's year, {YEAR_STEPS:,} rows of CSV, read and stored",
            value=year_s,
            unit="s",
            at_most=5 if goals else None,
        ),
        Figure(name=f"{name}: every row of it corrected", value=corrected_s, unit="s"),
        Figure(name=f"{name}: that year read as a history", value=read_ms, unit="ms"),
    ]


def _one_step(step: int) -> pl.DataFrame:
    starts = [BEGIN + timedelta(days=BULK_DAYS) + step * INTERVAL]
    return _rows([f"firm-{number}" for number in range(FIRMS)], starts, seed=step)


def _days(day: int) -> pl.DataFrame:
    starts = [BEGIN + timedelta(days=day) + step * INTERVAL for step in range(STEPS_PER_DAY)]
    return _rows([f"bulk-{number}" for number in range(BULK_FIRMS)], starts, seed=day)


def _rows(firm_ids: list[str], starts: list[datetime], *, seed: int) -> pl.DataFrame:
    kwh = np.random.default_rng(SEED + seed).uniform(0, 500, len(firm_ids) * len(starts))
    pairs = pl.DataFrame({"firm_id": firm_ids}).join(
        pl.DataFrame({"period_start": starts}), how="cross"
    )
    return pairs.with_columns(
        kwh=pl.Series(kwh),
        known_at=pl.col("period_start") + INTERVAL,
        lagging_kvarh=None,
        leading_kvarh=None,
    ).select(pl.col(name).cast(kind) for name, kind in READING_COLUMNS.items())


def _batch(rows: pl.DataFrame, name: str) -> ReadingBatch:
    return ReadingBatch(
        rows=rows,
        source_format="canonical",
        source_name=name,
        content_sha256=hashlib.sha256(name.encode()).hexdigest(),
    )


def _seconds(ledger: LedgerStore, batch: ReadingBatch) -> float:
    return _timed(lambda: ledger.append(batch, recorded_at=AFTERWARDS, idempotency_key=None))


def _import_year(ledger: LedgerStore, folder: Path, firm_id: str, more_kwh: float) -> None:
    """What ``sandan readings import`` does with a file."""
    starts = [BEGIN + step * INTERVAL for step in range(YEAR_STEPS)]
    rows = _rows([firm_id], starts, seed=-1).with_columns(pl.col("kwh") + more_kwh)
    file = folder / f"year-{more_kwh}.csv"
    if not file.exists():
        rows.select(pl.col("period_start").dt.strftime("%Y-%m-%dT%H:%M:%S+00:00"), "kwh").write_csv(
            file
        )
    batch = read_file(file, firm_id=firm_id, now=AFTERWARDS)
    if isinstance(batch, Refused):
        raise TypeError(f"{file} is refused: {batch.bad_rows[0]}")
    ledger.append(batch, recorded_at=AFTERWARDS)


def _timed(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


if __name__ == "__main__":
    print_figures(main())
