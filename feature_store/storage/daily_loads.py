"""Firms' loads by day, kept beside the readings that they are made of: pages read a year of them.

What is answered always equals what the readings say: days that the kept rows do not tell rightly,
because of later imports or of the moment asked about, are worked out again. Keeping them up to date
saves that work and changes no answer.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import Connection, Row, delete, insert, select

from feature_store.entities.daily_load import DailyLoad
from feature_store.storage.database import lock_name, with_write_lock
from feature_store.storage.ledger_store import LedgerStore
from feature_store.storage.load_of_days import (
    DAY,
    KnownLoad,
    Summed,
    loads_of_days,
)
from feature_store.storage.moments import epoch_seconds, moment_of_seconds
from feature_store.storage.tables import DAILY_LOAD_MARKS, DAILY_LOADS, METERS, READINGS
from feature_store.time_grid import local_clock

_DAYS_AT_ONCE = 500
"""Deleted in one statement: SQLite takes 32,766 values in one."""


@dataclass(frozen=True, kw_only=True)
class DailyLoadStore:
    """Daily loads in the ledger's database."""

    ledger: LedgerStore

    def known(
        self, moment: datetime, firm_id: str, *, first: date, last: date
    ) -> tuple[DailyLoad, ...]:
        """Return a firm's daily loads from ``first`` to ``last`` as known at ``moment``, in order.

        Days of which nothing is known are left out. The work does not grow with the readings
        where the rows are up to date and the moment is now.
        """
        known_by = epoch_seconds(moment)
        with self.ledger.engine.connect() as connection:
            summed = Summed.of(connection, firm_id, known_by=known_by)
            last = min(last, moment.astimezone(summed.zone).date())  # known once it is over
            wanted = {first + number * DAY for number in range((last - first).days + 1)}
            kept = kept_loads(connection, firm_id, first, last)
            if kept is None or kept.identity != summed.identity:
                told, wrong = {}, wanted
            else:
                told = kept.loads(summed.zone)
                later = {row.day for row in kept.rows if row.known_at > known_by}
                wrong = wanted & (later | touched_days(connection, summed, kept.up_to_import))
            said = {
                one.load.day: one.load
                for one in loads_of_days(connection, summed, wrong, known_by=known_by)
            }
        right = {day: load for day, load in told.items() if day not in wrong} | said
        return tuple(right[day] for day in sorted(right))

    def refresh(self, firm_id: str, *, rebuild: bool = False) -> int:
        """Bring a firm's rows up to date and return how many days were worked out.

        Only days that imports since the last time tell of are; all of them with ``rebuild``, and
        where the firm's meters or its zone were declared otherwise meanwhile. Nobody is kept
        waiting where there are none.
        """
        engine = self.ledger.engine
        with engine.connect() as connection:
            if not rebuild and _behind(connection, firm_id) == set():
                return 0
        newest = self.ledger.last_import_id()  # before the readings: what comes meanwhile is later
        with with_write_lock(engine).begin() as connection:
            lock_name(connection, f"sandan: daily loads of {firm_id}")
            summed = Summed.of(connection, firm_id)
            days = None if rebuild else _behind(connection, firm_id)
            loads = list(loads_of_days(connection, summed, days))
            _replace(connection, firm_id, days, loads)
            mark = {
                "firm_id": firm_id,
                "up_to_import": newest,
                "services_sha256": summed.identity,
            }
            of_firm = DAILY_LOAD_MARKS.c.firm_id == firm_id
            connection.execute(delete(DAILY_LOAD_MARKS).where(of_firm))
            connection.execute(insert(DAILY_LOAD_MARKS), mark)
        return len(loads)

    def firm_ids(self) -> tuple[str, ...]:
        """Return every firm that has a meter, by id."""
        wanted = select(METERS.c.firm_id).distinct().order_by(METERS.c.firm_id)
        with self.ledger.engine.connect() as connection:
            return tuple(connection.execute(wanted).scalars())


@dataclass(frozen=True, kw_only=True)
class KeptLoads:
    """What is kept of a firm's days."""

    up_to_import: int
    """Days that later imports tell of are not told rightly."""
    identity: str
    """Of :class:`feature_store.storage.load_of_days.Summed`: of which meters the days are."""
    rows: tuple[Row[Any], ...]

    def loads(self, zone: ZoneInfo) -> dict[date, DailyLoad]:
        """Return the loads by day."""
        return {row.day: _load(row, zone) for row in self.rows}


def kept_loads(connection: Connection, firm_id: str, first: date, last: date) -> KeptLoads | None:
    """Return what is kept of the days from ``first`` to ``last``; None if nothing ever was.

    Mark and rows come from one statement, so that they are of one moment.
    """
    marks, loads = DAILY_LOAD_MARKS.c, DAILY_LOADS.c
    wanted = (
        select(marks.up_to_import, marks.services_sha256, DAILY_LOADS)
        .select_from(DAILY_LOAD_MARKS)
        .outerjoin(
            DAILY_LOADS,
            (loads.firm_id == marks.firm_id) & loads.day.between(first, last),
        )
        .where(marks.firm_id == firm_id)
    )
    found = list(connection.execute(wanted))
    if not found:
        return None
    return KeptLoads(
        up_to_import=found[0].up_to_import,
        identity=found[0].services_sha256,
        rows=tuple(row for row in found if row.day is not None),
    )


def _behind(connection: Connection, firm_id: str) -> set[date] | None:
    """Return the days to work out, None for all of them."""
    summed = Summed.of(connection, firm_id)
    marks = DAILY_LOAD_MARKS.c
    mark = connection.execute(
        select(DAILY_LOAD_MARKS).where(marks.firm_id == firm_id)
    ).one_or_none()
    if mark is None or mark.services_sha256 != summed.identity:
        return None
    return touched_days(connection, summed, mark.up_to_import)


def touched_days(connection: Connection, summed: Summed, up_to_import: int) -> set[date]:
    """Return the local days of which later imports tell something."""
    table = READINGS.c
    wanted = (
        select(table.period_start)
        .distinct()
        .where(table.meter_id.in_(sorted(summed.meter_ids)), table.import_id > up_to_import)
    )
    starts = list(connection.execute(wanted).scalars())
    instants = np.array(starts, dtype="datetime64[s]")
    return set(np.unique(local_clock(instants, summed.zone).date).tolist()) if starts else set()


def _load(row: Row[Any], zone: ZoneInfo) -> DailyLoad:
    return DailyLoad(
        day=row.day,
        steps_known=row.steps_known,
        kwh=row.kwh,
        highest_kw=row.highest_kw,
        highest_at=moment_of_seconds(row.highest_at).astimezone(zone),
        highest_by_hour_kw=tuple(json.loads(row.highest_by_hour_kw)),
    )


def _replace(
    connection: Connection, firm_id: str, days: set[date] | None, loads: list[KnownLoad]
) -> None:
    """Put ``loads`` in the place of what is kept of some days, or of all."""
    of_firm = delete(DAILY_LOADS).where(DAILY_LOADS.c.firm_id == firm_id)
    if days is None:
        connection.execute(of_firm)
    else:
        for some in _portions(sorted(days)):
            connection.execute(of_firm.where(DAILY_LOADS.c.day.in_(some)))
    if loads:
        connection.execute(insert(DAILY_LOADS), [_row(firm_id, one) for one in loads])


def _portions(days: list[date]) -> Iterator[list[date]]:
    for first in range(0, len(days), _DAYS_AT_ONCE):
        yield days[first : first + _DAYS_AT_ONCE]


def _row(firm_id: str, one: KnownLoad) -> dict[str, object]:
    return {
        "firm_id": firm_id,
        "day": one.load.day,
        "steps_known": one.load.steps_known,
        "kwh": one.load.kwh,
        "highest_kw": one.load.highest_kw,
        "highest_at": epoch_seconds(one.load.highest_at),
        "highest_by_hour_kw": json.dumps(one.load.highest_by_hour_kw),
        "known_at": one.known_at,
    }
