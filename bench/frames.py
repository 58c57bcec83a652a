"""How long do frames of features take, beside a bare as-of join with window features?

The sample's firms are shifted by whole weeks to as many as are asked. The training frame has one
issue time a day, at changing quarter hours, and 192 lead times; Polars makes a plain frame of the
same rows in the same run, one thread each. The serving frames are read from a ledger through its
recent window, at a moment a quarter hour later with every turn, firms and all; a reading of every
firm was imported since the turn before, as it is in life, or nothing was.
"""

from __future__ import annotations

import os

os.environ.setdefault("POLARS_MAX_THREADS", "1")  # numpy takes one thread: the same for both

import hashlib
import resource
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl

from bench.figures import Figure, print_figures, write
from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.entities.reading_batch import READING_COLUMNS, ReadingBatch
from feature_store.features.catalogue import LOOKBACK, NAMES
from feature_store.features.recent_range import LEVEL_STEPS
from feature_store.features.sight import Asked
from feature_store.point_in_time import Store
from feature_store.sample.complex import SampleComplex, load_sample
from feature_store.settings import Settings
from feature_store.storage.held_windows import WINDOW
from feature_store.storage.ledger_store import LedgerStore, open_store
from feature_store.storage.recent_window import WindowedStore
from feature_store.time_grid import (
    INTERVAL,
    STEP,
    STEPS_PER_DAY,
    STEPS_PER_HOUR,
    STEPS_PER_WEEK,
    Instants,
)
from feature_store.views import features_of

TRAINING_FIRMS = 50
SERVED = ((1, 5), (50, 60), (1000, 1000))
"""Firms of a serving frame, and the milliseconds it may take."""
LEADS = np.arange(2 * STEPS_PER_DAY)
STEPS_BETWEEN_ISSUES = STEPS_PER_DAY + 37
"""A day and an odd number of quarter hours: every clock step comes up. Wrapped to its own day."""
TURNS = 5
"""Each figure is the median of so many, taken in turns: other work on the machine meets both."""
WARM_TURNS = 9
HISTORY_DAYS = LOOKBACK // timedelta(days=1) + 1
"""What a forecast reads."""
_STORED_AHEAD = timedelta(days=1)
"""Readings stored after the first moment that is asked about."""


@dataclass(frozen=True, kw_only=True)
class Spent:
    """Time that something took."""

    wall_s: float
    cpu_s: float
    """Of this process, all threads: less than the wall's where other work has the machine."""


def main() -> list[Figure]:
    """Measure the training frame, then the serving frames."""
    sample = load_sample()
    figures = [*_training(sample), *_serving(sample)]
    write("frames", (__doc__ or "").splitlines()[0], figures)
    return figures


def _training(sample: SampleComplex) -> list[Figure]:
    asked = [
        Asked(firm=firm, history=history, issue_times=_issue_times(history), leads=LEADS)
        for firm, history in _histories(sample, TRAINING_FIRMS)
    ]
    readings, rows = _as_tables(asked)
    frames, plain = [], []
    for _ in range(TURNS):
        frames.append(_seconds(partial(features_of, asked)))
        plain.append(_seconds(partial(_plain_frame, readings, rows)))
    many = rows.height * len(LEADS)
    ratio = [ours / theirs for ours, theirs in zip(frames, plain, strict=True)]
    return [
        Figure(name="training frame: rows", value=many),
        Figure(name="training frame: columns of features", value=len(NAMES)),
        Figure(name="training frame: CPU time, median", value=float(np.median(frames)), unit="s"),
        Figure(
            name="bare as-of join and windows: CPU time", value=float(np.median(plain)), unit="s"
        ),
        Figure(
            name="training frame by the bare join, median", value=float(np.median(ratio)), at_most=3
        ),
        Figure(name="training frame by the bare join, largest", value=max(ratio)),
        Figure(
            name="memory of the process at its largest, both frames in it",
            value=_peak_gib(),
            unit="GiB",
            at_most=4,
        ),
    ]


def _plain_frame(readings: pl.DataFrame, issues: pl.DataFrame) -> pl.DataFrame:
    """The least that a frame is: the same rows, windows up to the issue time, lagged loads.

    Twelve columns of load, half of what the catalogue has; nothing of calendars or kinds of day.
    """
    windows = [
        pl.col("kw").rolling_mean(steps, min_samples=1).over("firm").alias(f"mean_{steps}")
        for steps in (
            STEPS_PER_HOUR,
            4 * STEPS_PER_HOUR,
            STEPS_PER_DAY,
            STEPS_PER_WEEK,
            LEVEL_STEPS,
        )
    ] + [
        pl.col("kw").rolling_max(STEPS_PER_WEEK, min_samples=1).over("firm").alias("peak"),
        pl.col("kw")
        .rolling_quantile(0.1, window_size=STEPS_PER_WEEK, min_samples=1)
        .over("firm")
        .alias("standby"),
    ]
    windowed = readings.with_columns(windows)
    rows = issues.join_asof(
        windowed, left_on="issue", right_on="known_at", by="firm", check_sortedness=False
    )
    lead = pl.DataFrame({"lead": LEADS * STEP.astype(np.int64)})
    rows = rows.join(lead, how="cross").with_columns(target=pl.col("issue") + pl.col("lead"))
    loads = readings.select("firm", "start", pl.col("kw").alias("lagged"))
    for days in (1, 2, 7, 14):
        back = pl.col("target") - int(timedelta(days=days).total_seconds())
        rows = (
            rows.with_columns(back=pl.min_horizontal(back, pl.col("issue") - 1))
            .join_asof(
                loads.rename({"lagged": f"lagged_{days}"}),
                left_on="back",
                right_on="start",
                by="firm",
                check_sortedness=False,
            )
            .drop("start_right", strict=False)
        )
    return rows


def _serving(sample: SampleComplex) -> list[Figure]:
    return [
        figure for firms, limit_ms in SERVED for figure in _serving_so_many(sample, firms, limit_ms)
    ]


def _serving_so_many(sample: SampleComplex, firms: int, limit_ms: float) -> list[Figure]:
    turns = [sample.demo_time + turn * INTERVAL for turn in range(WARM_TURNS)]
    with tempfile.TemporaryDirectory() as folder:
        store = _ledger(Path(folder), sample, firms)
        windowed = WindowedStore(store)
        first = _timed(partial(_served_as_of, windowed, turns[0]))
        quiet = [_timed(partial(_served_as_of, windowed, moment)) for moment in turns]
        busy = []
        for turn, moment in enumerate(turns):
            news_at = sample.demo_time + _STORED_AHEAD + (turn + 1) * INTERVAL
            _append_a_step(store, windowed.as_of(moment).firms(), news_at)
            busy.append(_timed(partial(_served_as_of, windowed, moment)))
        ledger = _timed(partial(_served_as_of, store, turns[0]))
        store.close()
    of = f"serving frame of {firms} firm{'s' * (firms > 1)}"
    return [
        *_spent(f"{of}, a reading new of each", busy, limit_ms),
        *_spent(f"{of}, nothing new", quiet, None),
        *_spent(f"{of}, first time, window filled", [first], None),
        *_spent(f"{of}, ledger without the window", [ledger], None),
    ]


def _spent(of: str, times: list[Spent], limit_ms: float | None) -> list[Figure]:
    wall_ms, cpu_ms = (
        1e3 * float(np.median([getattr(one, kind) for one in times]))
        for kind in ("wall_s", "cpu_s")
    )
    return [
        Figure(name=f"{of}: wall time", value=wall_ms, unit="ms", at_most=limit_ms),
        Figure(name=f"{of}: CPU time", value=cpu_ms, unit="ms"),
    ]


def _append_a_step(store: LedgerStore, firms: Sequence[Firm], start: datetime) -> None:
    """What a quarter hour brings: one delivery with a reading of each firm."""
    rows = pl.DataFrame({"firm_id": [firm.firm_id for firm in firms]}).with_columns(
        period_start=pl.lit(start),
        kwh=pl.lit(1.0),
        known_at=pl.lit(start + INTERVAL),
        lagging_kvarh=None,
        leading_kvarh=None,
    )
    batch = ReadingBatch(
        rows=rows.select(pl.col(name).cast(kind) for name, kind in READING_COLUMNS.items()),
        source_format="made",
        source_name="step",
        content_sha256=start.isoformat(),
    )
    store.append(batch, recorded_at=start + INTERVAL)


def _served_as_of(store: Store, moment: datetime) -> None:
    """Everything between the store and a model, for all firms declared."""
    known = store.as_of(moment)
    now = np.array([np.datetime64(int(known.moment.timestamp()), "s")])
    features_of(
        [
            Asked(
                firm=firm,
                history=known.history(firm.firm_id, days=HISTORY_DAYS),
                issue_times=now,
                leads=LEADS,
            )
            for firm in known.firms()
        ]
    )


def _ledger(folder: Path, sample: SampleComplex, firms: int) -> LedgerStore:
    """A ledger with the recent readings of so many firms, imported a firm at a time."""
    store = open_store(Settings(home=folder))
    first = sample.demo_time - WINDOW - timedelta(days=15)
    last = sample.demo_time + _STORED_AHEAD
    for firm, rows in _shifted(sample, firms):
        store.declare(firm, known_at=first)
        recent = rows.filter(pl.col("period_start").is_between(first, last))
        store.append(_batch(recent), recorded_at=last)
    return store


def _batch(rows: pl.DataFrame) -> ReadingBatch:
    name = str(rows["firm_id"][0])
    return ReadingBatch(
        rows=rows,
        source_format="sample",
        source_name=name,
        content_sha256=hashlib.sha256(name.encode()).hexdigest(),
    )


def _shifted(sample: SampleComplex, firms: int) -> list[tuple[Firm, pl.DataFrame]]:
    """So many firms: the sample's, then again with each week's load in the place of another."""
    by_firm = {str(key[0]): rows for key, rows in sample.batch.rows.group_by("firm_id")}
    made = []
    for number in range(firms):
        like = sample.firms[number % len(sample.firms)]
        turn = number // len(sample.firms)
        firm_id = f"{like.firm_id}-{turn}"
        rows = by_firm[like.firm_id].with_columns(
            firm_id=pl.lit(firm_id),
            kwh=pl.Series(np.roll(by_firm[like.firm_id]["kwh"].to_numpy(), turn * STEPS_PER_WEEK)),
        )
        made.append((like.model_copy(update={"firm_id": firm_id}), rows))
    return made


def _histories(sample: SampleComplex, firms: int) -> list[tuple[Firm, LoadHistory]]:
    """The same firms' whole years as known after the last reading."""
    end: datetime = sample.batch.rows["known_at"].max()  # type: ignore[assignment]
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(Settings(home=Path(folder)))
        found = []
        for firm, rows in _shifted(sample, firms):
            store.declare(firm, known_at=end)
            store.append(_batch(rows), recorded_at=end)
            found.append((firm, store.as_of(end).history(firm.firm_id)))
        store.close()
    return found


def _issue_times(history: LoadHistory) -> Instants:
    """One a day, at changing quarter hours, as long as all targets are measured."""
    day = np.arange(1, history.grid.steps // STEPS_PER_DAY - len(LEADS) // STEPS_PER_DAY)
    return history.grid.starts[day * STEPS_PER_DAY + day * STEPS_BETWEEN_ISSUES % STEPS_PER_DAY]


def _as_tables(asked: list[Asked]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The same readings and issue times as Polars would have them, sorted."""
    readings = pl.concat(
        pl.DataFrame(
            {
                "firm": np.full(one.history.grid.steps, number),
                "start": one.history.grid.starts.astype(np.int64),
                "known_at": (one.history.grid.starts + STEP).astype(np.int64),
                "kw": one.history.demand_kw,
            }
        )
        for number, one in enumerate(asked)
    ).with_columns(pl.col("kw").fill_nan(None))
    issues = pl.concat(
        pl.DataFrame(
            {
                "firm": np.full(len(one.issue_times), number),
                "issue": one.issue_times.astype(np.int64),
            }
        )
        for number, one in enumerate(asked)
    )
    return readings, issues


def _seconds(work: Callable[[], object]) -> float:
    """Processor seconds: other work on the machine counts for neither side."""
    started = time.process_time()
    work()
    return time.process_time() - started


def _timed(work: Callable[[], object]) -> Spent:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Spent(wall_s=time.perf_counter() - wall, cpu_s=time.process_time() - cpu)


def _peak_gib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


if __name__ == "__main__":
    print_figures(main())
