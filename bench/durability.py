"""What is left of acknowledged readings when the writer, or PostgreSQL itself, is killed?

A process appends deliveries one after another - first readings, repetitions, corrections, many
meters at once - and tells the number of each that was acknowledged. It is killed by SIGKILL at a
random moment; what the ledger holds then is compared row by row with what plain lists hold after
the same deliveries. The next process sends the delivery again that was not acknowledged, under the
same key, and goes on. The same is done to the PostgreSQL server under the writer.
"""

from __future__ import annotations

import faulthandler
import hashlib
import multiprocessing
import os
import random
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

import polars as pl
import psutil
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from bench.figures import Figure, write
from bench.private_postgres import PrivatePostgres, private_postgres
from feature_store.entities.reading_batch import READING_COLUMNS, ReadingBatch
from feature_store.settings import Settings
from feature_store.storage.ledger_store import open_store
from feature_store.storage.tables import IMPORTS, READINGS
from feature_store.time_grid import INTERVAL, STEPS_PER_DAY

SEED = 20261122
KILLS_OF_WRITERS = 100
KILLS_OF_POSTGRES = 10
METERS_AT_ONCE = 40
"""Meters of a delivery of many: enough that storing it takes longer than telling of it."""
MOST_DELIVERIES = 8
"""Deliveries that a writer is left to store before it is killed, at most."""
LONGEST_WAIT_S = 0.05
"""As long as a delivery takes: the moment of the kill lies anywhere in one."""
ANSWERS_WITHIN_S = 120
STACKS_WITHIN_S = 5
"""A writer that hangs, and not only waits for the processor, has written its stacks by then."""
PRELOADED = [
    "alembic.command",
    "psycopg",
    "pydantic_settings",
    "sqlalchemy.dialects.postgresql",
    "sqlalchemy.dialects.sqlite",
    "yaml",
]
"""What a writer is forked with, to start soon: libraries that start no thread. Polars and NumPy do
when they are imported, and a lock that such a thread holds at the fork is held in the writer for
good."""
BEGIN = datetime(2026, 3, 1, tzinfo=UTC)

Row = tuple[str, int, int, float]
"""Meter, period start and known at in epoch seconds, kWh."""


class HangingWriterError(Exception):
    """A writer neither stores anything nor ends."""


@dataclass
class Damage:
    """What was found after all kills."""

    kills: int = 0
    acknowledged_deliveries: int = 0
    acknowledged_rows: int = 0
    lost_rows: int = 0
    """Acknowledged, but not there."""
    surplus_rows: int = 0
    """There, but neither acknowledged nor the whole of the one delivery under way."""
    doubled_imports: int = 0
    stored_unacknowledged: int = 0
    """Deliveries that were on disk when the kill came before the answer; no damage."""


def main() -> list[Figure]:
    """Kill writers and servers and write down what was damaged."""
    with tempfile.TemporaryDirectory() as folder:
        sqlite = kill_writers(f"sqlite:///{Path(folder) / 'sandan.db'}", KILLS_OF_WRITERS)
    with private_postgres(safe=True) as server:
        postgres = kill_writers(server.new_database(), KILLS_OF_WRITERS)
        servers = kill_servers(server, KILLS_OF_POSTGRES)
    figures = [
        *_figures("SQLite, its writer killed", sqlite),
        *_figures("PostgreSQL, its writer killed", postgres),
        *_figures("PostgreSQL, the server itself killed", servers),
    ]
    write("durability", (__doc__ or "").strip(), figures)
    return figures


def kill_writers(url: str, kills: int, seed: int = SEED) -> Damage:
    """Kill one writer after another at random moments; return what was damaged."""
    chance, damage = random.Random(seed), Damage()  # noqa: S311  moments, no secrets
    for _ in range(kills):
        with _writer(url, damage.acknowledged_deliveries) as writer:
            _wait(chance, writer, damage)
            writer.process.kill()
            _count_acknowledged(writer, damage)
        _look(url, damage)
    return damage


def kill_servers(server: PrivatePostgres, kills: int, seed: int = SEED) -> Damage:
    """Kill the server under a writer again and again; return what was damaged."""
    chance, damage = random.Random(seed), Damage()  # noqa: S311  moments, no secrets
    url = server.new_database()
    for _ in range(kills):
        with _writer(url, damage.acknowledged_deliveries) as writer:
            _wait(chance, writer, damage)
            server.kill()
            _count_acknowledged(writer, damage)
        server.start()
        _look(url, damage)
    return damage


def delivery(number: int) -> ReadingBatch:
    """Return the delivery of a number: a day of one meter, or an hour's step of many.

    Every third delivery comes as a correction of the one before it, every seventh repeats it.
    """
    if number % 7 == 6:  # noqa: PLR2004  said above
        return delivery(number - 1)
    corrects = number % 3 == 2  # noqa: PLR2004  said above
    told = number - 1 if corrects else number
    kwh = float(number)
    if told % 2:
        keys = [
            (f"meter-{told % 5}", told // 2 * STEPS_PER_DAY + at) for at in range(STEPS_PER_DAY)
        ]
    else:
        keys = [(f"many-{at}", told) for at in range(METERS_AT_ONCE)]
    starts = [BEGIN + step * INTERVAL for _, step in keys]
    rows = pl.DataFrame(
        {
            "firm_id": [meter for meter, _ in keys],
            "period_start": starts,
            "kwh": [kwh] * len(keys),
            "known_at": [start + INTERVAL for start in starts],
            "lagging_kvarh": [None] * len(keys),
            "leading_kvarh": [None] * len(keys),
        },
        schema=READING_COLUMNS,
    )
    return ReadingBatch(
        rows=rows,
        source_format="canonical",
        source_name=f"delivery-{number}.csv",
        content_sha256=hashlib.sha256(rows.write_csv().encode()).hexdigest(),
    )


def rows_after(deliveries: int) -> set[Row]:
    """Return what is to be stored after so many deliveries, by the ledger's promises alone."""
    versions: dict[tuple[str, int], list[Row]] = {}
    for number in range(deliveries):
        recorded_at = int(_recorded_at(number).timestamp())
        for row in delivery(number).rows.iter_rows(named=True):
            start = int(row["period_start"].timestamp())
            before = versions.setdefault((row["firm_id"], start), [])
            if before and before[-1][3] == row["kwh"]:
                continue
            first = int(row["known_at"].timestamp())
            known_at = max(recorded_at, before[-1][2] + 1) if before else first
            before.append((row["firm_id"], start, known_at, row["kwh"]))
    return {row for stored in versions.values() for row in stored}


def _recorded_at(number: int) -> datetime:
    return BEGIN + timedelta(days=3650, minutes=number)


def _deliver(url: str, first: int, told: Connection, stacks: Path) -> None:
    """Append deliveries without end and tell the number of each when it is acknowledged."""
    with stacks.open("w") as written:
        faulthandler.register(signal.SIGUSR1, file=written)
        _append_without_end(url, first, told)


def _append_without_end(url: str, first: int, told: Connection) -> None:
    with closing(open_store(Settings(database_url=url))) as ledger:
        number = first
        while True:
            try:
                ledger.append(
                    delivery(number),
                    recorded_at=_recorded_at(number),
                    idempotency_key=f"delivery-{number}",
                )
            except SQLAlchemyError:
                if "postgresql" not in url:
                    raise
                return  # the server was killed; the delivery is not acknowledged
            told.send(number)
            number += 1


@dataclass(frozen=True, kw_only=True)
class _Writer:
    """A process that stores deliveries."""

    process: BaseProcess
    told: Connection
    """Gives the numbers of those that were acknowledged, and ends with the process."""
    stacks: Path
    """Where it writes what it is doing when it gets SIGUSR1."""

    def next_acknowledged(self) -> int:
        """Wait for a number; a writer that hangs is an error that says where it does."""
        if not self.told.poll(ANSWERS_WITHIN_S):
            raise HangingWriterError(f"nothing is stored for {ANSWERS_WITHIN_S} s; {self._doing()}")
        return int(self.told.recv())

    def _doing(self) -> str:
        pid = self.process.pid
        if pid is None or not psutil.pid_exists(pid):
            return "the writer has ended"
        writer = psutil.Process(pid)
        spent = sum(writer.cpu_times()[:2])
        seen = f"the writer is {writer.status()} after {spent:.1f} s of the processor"
        if not self.stacks.exists():
            return f"{seen} and has not begun"
        os.kill(pid, signal.SIGUSR1)
        self.process.join(STACKS_WITHIN_S)
        return f"{seen}, in\n{self.stacks.read_text()}"


@contextmanager
def _writer(url: str, first: int) -> Iterator[_Writer]:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    receiver, sender = context.Pipe(duplex=False)
    with tempfile.TemporaryDirectory() as folder:
        stacks = Path(folder) / "stacks"
        process = context.Process(target=_deliver, args=(url, first, sender, stacks), daemon=True)
        process.start()
        sender.close()  # ours: the pipe then ends with the process
        try:
            yield _Writer(process=process, told=receiver, stacks=stacks)
        finally:
            process.kill()
            process.join()
            receiver.close()


def _wait(chance: random.Random, writer: _Writer, damage: Damage) -> None:
    """Wait for some acknowledgements and then for anything from nothing to a delivery's time."""
    for _ in range(chance.randint(1, MOST_DELIVERIES)):
        _acknowledge(writer.next_acknowledged(), damage)
    time.sleep(chance.uniform(0, LONGEST_WAIT_S))


def _count_acknowledged(writer: _Writer, damage: Damage) -> None:
    """Take what was told before the kill, to the last word."""
    damage.kills += 1
    try:
        while True:
            _acknowledge(writer.next_acknowledged(), damage)
    except EOFError:
        return


def _acknowledge(number: int, damage: Damage) -> None:
    damage.acknowledged_deliveries = number + 1


def _look(url: str, damage: Damage) -> None:
    """Compare what is stored with what was acknowledged and add up the damage."""
    acknowledged = rows_after(damage.acknowledged_deliveries)
    one_more = rows_after(damage.acknowledged_deliveries + 1)
    table, order = READINGS.c, IMPORTS.c.identity_sha256
    with (
        closing(open_store(Settings(database_url=url))) as ledger,
        ledger.engine.connect() as connection,
    ):
        wanted = select(table.meter_id, table.period_start, table.known_at, table.kwh)
        stored = [(row[0], row[1], row[2], row[3]) for row in connection.execute(wanted)]
        imports = list(connection.execute(select(order)).scalars())
    found = set(stored)
    under_way = one_more if found == one_more else acknowledged
    damage.stored_unacknowledged += found == one_more != acknowledged
    damage.acknowledged_rows = len(acknowledged)
    damage.lost_rows += len(acknowledged - found)
    damage.surplus_rows += len(found - under_way) + len(stored) - len(found)
    damage.doubled_imports += len(imports) - len(set(imports))


def _figures(what: str, damage: Damage) -> list[Figure]:
    return [
        Figure(name=f"{what}: kills", value=damage.kills),
        Figure(name=f"{what}: deliveries acknowledged", value=damage.acknowledged_deliveries),
        Figure(name=f"{what}: rows acknowledged", value=damage.acknowledged_rows),
        Figure(name=f"{what}: acknowledged rows lost", value=damage.lost_rows, at_most=0),
        Figure(name=f"{what}: rows doubled or torn", value=damage.surplus_rows, at_most=0),
        Figure(name=f"{what}: deliveries stored twice", value=damage.doubled_imports, at_most=0),
        Figure(
            name=f"{what}: deliveries stored whole, killed before the answer",
            value=damage.stored_unacknowledged,
        ),
    ]
