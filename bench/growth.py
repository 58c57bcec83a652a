"""Is a ledger of a hundred million readings as quick as one of a million?

Both hold 400 days of each meter, the small one of 26 meters, the large one of 2,604, and both have
the same 3,000 firms declared. Readings are made inside the database in the order in which they
would have arrived, a quarter hour of all meters after the other, each with an import of its own.
Then both are asked by turns, about many firms picked at random, everything read once before.

``python -m bench.growth`` takes 25 GB of disk while it runs and the better part of an hour;
``python -m bench.growth 5000000 postgresql`` names a smaller number and one database.
"""

from __future__ import annotations

import hashlib
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path

import numpy as np
import polars as pl
import psycopg
from sqlalchemy import insert

from bench.figures import Figure, print_figures, write
from bench.private_postgres import private_postgres
from feature_store.entities.firm import Contract, Firm
from feature_store.entities.reading_batch import READING_COLUMNS, ReadingBatch
from feature_store.settings import Settings
from feature_store.storage.ledger_store import LedgerStore, open_store
from feature_store.storage.partitions import make_partitions
from feature_store.storage.tables import FIRMS as FIRM_ROWS
from feature_store.storage.tables import METERS
from feature_store.time_grid import INTERVAL, STEP, STEPS_PER_DAY

SMALL, LARGE = 1_000_000, 100_000_000
DAYS = 400
"""What the ratchet of the demand charge looks back over: the longest history that is planned on."""
FIRMS = 3000
BEGIN = datetime(2025, 1, 1, tzinfo=UTC)
END = BEGIN + timedelta(days=DAYS)
ASKED = 31
"""Firms asked for in each ledger, a figure being the median over them."""
APPENDED = 9
"""Quarter hours of all firms appended to each."""
AT_MOST = 1.5
"""The large ledger's time by the small one's."""
SEED = 20261122
_FILLED_AT_ONCE = 2
"""Months of PostgreSQL: each has a partition, and so an order, of its own."""
_STEP_S = int(STEP.astype(np.int64))

_ROWS = """
INSERT INTO readings (meter_id, period_start, known_at, kwh, quality, recorded_at, import_id)
SELECT 'firm-' || meter, start, start + {step} + meter % 60,
  ((meter * 13 + start / {step}) % 400) / 4.0, 0, start + {step} + meter % 60,
  (start - {begin}) / {step} + 1
FROM {pairs}
"""
_POSTGRES_PAIRS = """generate_series({first}::bigint, {last}, {step}) AS start,
LATERAL generate_series(start * 0, {meters} - 1) AS meter"""
_SQLITE_PAIRS = """(WITH RECURSIVE every(start) AS (VALUES ({first}) UNION ALL
  SELECT start + {step} FROM every WHERE start < {last}) SELECT start FROM every)
CROSS JOIN (WITH RECURSIVE every(meter) AS (VALUES (0) UNION ALL
  SELECT meter + 1 FROM every WHERE meter < {meters} - 1) SELECT meter FROM every)"""


@dataclass(frozen=True, kw_only=True)
class Grown:
    """A filled ledger."""

    ledger: LedgerStore
    meters: int
    filled_in_s: float


def main(
    readings: int = LARGE, databases: Sequence[str] = ("postgresql", "sqlite")
) -> list[Figure]:
    """Measure the databases named; only the whole size is written down."""
    figures = [figure for name in databases for figure in _measured(name, readings)]
    if readings == LARGE:
        write("growth", (__doc__ or "").partition("\n\n``python")[0].strip(), figures)
    return figures


def _measured(database: str, readings: int) -> list[Figure]:
    with _places(database) as place:
        small, large = (_grown(place(), number) for number in (SMALL, readings))
        figures = _compared(small, large)
        for one in (small, large):
            one.ledger.close()
    name = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}[database]
    rows = large.meters * DAYS * STEPS_PER_DAY
    return [
        Figure(name=f"{name}: readings of the large ledger", value=rows),
        Figure(name=f"{name}: filled in", value=large.filled_in_s, unit="s"),
        *(
            Figure(
                name=f"{name}: {one.name}",
                value=one.value,
                unit=one.unit,
                at_most=one.at_most,
            )
            for one in figures
        ),
    ]


@contextmanager
def _places(database: str) -> Iterator[Callable[[], str]]:
    """Give URLs of new databases, which are gone afterwards."""
    if database == "postgresql":
        with private_postgres(safe=False) as server:
            yield server.new_database
        return
    with tempfile.TemporaryDirectory() as folder:
        names = iter(("small", "large"))
        yield lambda: f"sqlite:///{Path(folder) / next(names)}.db"


def _grown(url: str, readings: int) -> Grown:
    """Declare the firms and fill in the readings of as many of them as there are."""
    ledger = open_store(Settings(database_url=url))
    meters = readings // (DAYS * STEPS_PER_DAY)
    _declare(ledger)
    began = time.perf_counter()
    if url.startswith("sqlite"):
        _fill_sqlite(ledger, meters)
    else:
        _fill_postgres(ledger, meters)
    return Grown(ledger=ledger, meters=meters, filled_in_s=time.perf_counter() - began)


def _declare(ledger: LedgerStore) -> None:
    """Declare all firms at once; one after another, each in a transaction, it takes minutes."""
    names = [f"firm-{number}" for number in range(FIRMS)]
    contract = Contract(power_kw=500)
    firms = [Firm(firm_id=one, name_ko=one, name_en=one, contract=contract) for one in names]
    known_at = int(BEGIN.timestamp())
    with ledger.engine.begin() as connection:
        connection.execute(
            insert(FIRM_ROWS),
            [
                {"firm_id": one.firm_id, "known_at": known_at, "document": one.model_dump_json()}
                for one in firms
            ],
        )
        connection.execute(
            insert(METERS),
            [{"meter_id": one, "firm_id": one, "declared": True} for one in names],
        )


def _statements(pairs: str, meters: int) -> Iterator[str]:
    """One statement a day."""
    for day in range(DAYS):
        first = int((BEGIN + timedelta(days=day)).timestamp())
        last = first + (STEPS_PER_DAY - 1) * _STEP_S
        told = pairs.format(first=first, last=last, step=_STEP_S, meters=meters)
        yield _ROWS.format(step=_STEP_S, begin=int(BEGIN.timestamp()), pairs=told)


def _imports(meters: int) -> Iterator[tuple[int, str, str, str, str, int, int]]:
    for number in range(1, DAYS * STEPS_PER_DAY + 1):
        at = int((BEGIN + number * INTERVAL).timestamp())
        yield (number, "made", "made", str(number), str(number), meters, at)


_IMPORT_COLUMNS = (
    "id, source_name, source_format, content_sha256, identity_sha256, rows_added, recorded_at"
)


def _fill_postgres(ledger: LedgerStore, meters: int) -> None:
    """Fill two months at a time, each in its order."""
    starts = [int((BEGIN + timedelta(days=day)).timestamp()) for day in range(DAYS + 31)]
    make_partitions(ledger.engine, pl.Series(starts))
    url = ledger.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET max_wal_size = '4GB'")  # or it waits for checkpoints
        connection.execute("SELECT pg_reload_conf()")
        with connection.cursor().copy(f"COPY imports ({_IMPORT_COLUMNS}) FROM STDIN") as copy:
            for row in _imports(meters):
                copy.write_row(row)
        connection.execute("SELECT setval('imports_id_seq', (SELECT max(id) FROM imports))")

    def fill(statements: list[str]) -> None:
        with psycopg.connect(url, autocommit=True) as own:
            for statement in statements:
                own.execute(statement.encode())

    months: dict[str, list[str]] = {}
    for day, statement in enumerate(_statements(_POSTGRES_PAIRS, meters)):
        months.setdefault(f"{BEGIN + timedelta(days=day):%Y-%m}", []).append(statement)
    with ThreadPoolExecutor(_FILLED_AT_ONCE) as pool:
        list(pool.map(fill, months.values()))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE) readings")  # as it does itself within a minute


def _fill_sqlite(ledger: LedgerStore, meters: int) -> None:
    ledger.close()
    with closing(sqlite3.connect(str(ledger.engine.url.database), isolation_level=None)) as filled:
        filled.execute("PRAGMA synchronous = OFF")
        filled.execute("PRAGMA cache_size = -1000000")  # a gigabyte: it is filled, not served
        marks = ", ".join("?" * len(_IMPORT_COLUMNS.split(",")))
        filled.execute("BEGIN")
        filled.executemany(
            f"INSERT INTO imports ({_IMPORT_COLUMNS}) VALUES ({marks})",  # noqa: S608  our own text
            _imports(meters),
        )
        filled.execute("COMMIT")
        for statement in _statements(_SQLITE_PAIRS, meters):
            filled.execute(statement)


def _compared(small: Grown, large: Grown) -> list[Figure]:
    random = np.random.default_rng(SEED)
    firms = {one.meters: random.integers(0, one.meters, ASKED) for one in (small, large)}

    def history(one: Grown, turn: int, days: int) -> object:
        return one.ledger.as_of(END).history(f"firm-{firms[one.meters][turn]}", days=days)

    def listed(one: Grown, turn: int) -> object:
        del turn
        return one.ledger.as_of(END).firms()

    steps = {one.meters: count() for one in (small, large)}

    def appended(one: Grown, turn: int) -> object:
        del turn
        step = next(steps[one.meters])  # the same again would add nothing
        return one.ledger.append(_step(step), recorded_at=END + step * INTERVAL)

    return [
        *_by_turns("a firm's history of 70 days", partial(history, days=70), small, large),
        *_by_turns("a firm's history of 400 days", partial(history, days=DAYS), small, large),
        *_by_turns("the list of 3,000 firms", listed, small, large),
        *_by_turns("3,000 firms x 1 step in one call", appended, small, large, turns=APPENDED),
    ]


def _by_turns(
    what: str,
    ask: Callable[[Grown, int], object],
    small: Grown,
    large: Grown,
    *,
    turns: int = ASKED,
) -> list[Figure]:
    """Ask both by turns, warm."""
    times_ms: dict[int, list[float]] = {id(small): [], id(large): []}
    for turn in range(turns):
        for one in (small, large):
            ask(one, turn)
            began = time.perf_counter()
            ask(one, turn)
            times_ms[id(one)].append(1e3 * (time.perf_counter() - began))
    of_small, of_large = (float(np.median(times_ms[id(one)])) for one in (small, large))
    return [
        Figure(name=f"{what}, small ledger", value=of_small, unit="ms"),
        Figure(name=f"{what}, large ledger", value=of_large, unit="ms"),
        Figure(name=f"{what}, large by small", value=of_large / of_small, at_most=AT_MOST),
    ]


def _step(number: int) -> ReadingBatch:
    start = END + number * INTERVAL
    name = f"step-{number}"
    rows = pl.DataFrame({"firm_id": [f"firm-{number}" for number in range(FIRMS)]}).with_columns(
        period_start=pl.lit(start),
        kwh=pl.lit(1.0),
        known_at=pl.lit(start + INTERVAL),
        lagging_kvarh=None,
        leading_kvarh=None,
    )
    return ReadingBatch(
        rows=rows.select(pl.col(name).cast(kind) for name, kind in READING_COLUMNS.items()),
        source_format="canonical",
        source_name=name,
        content_sha256=hashlib.sha256(name.encode()).hexdigest(),
    )


if __name__ == "__main__":
    asked_readings = int(sys.argv[1]) if sys.argv[1:] else LARGE
    print_figures(main(asked_readings, sys.argv[2:] or ("postgresql", "sqlite")))
