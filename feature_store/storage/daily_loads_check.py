"""Whether kept daily loads tell what the readings do: a sample of them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date

from sqlalchemy import Connection, func, select

from feature_store.entities.daily_load import DailyLoad
from feature_store.storage.daily_loads import kept_loads, touched_days
from feature_store.storage.load_of_days import DAY, Summed, loads_of_days
from feature_store.storage.tables import DAILY_LOAD_MARKS, DAILY_LOADS

FIRMS_LOOKED_AT = 20
"""Others each time. A month of each takes about a tenth of a second."""
DAYS_LOOKED_AT = 31
"""A month around a day of the firm, in one piece, so that a row that is missing shows too."""


def differing_days(connection: Connection) -> list[str]:
    """Return which days of a random sample differ from the readings, each with its next step."""
    firm_ids = select(DAILY_LOAD_MARKS.c.firm_id).order_by(func.random()).limit(FIRMS_LOOKED_AT)
    return [
        f"the daily load of {firm_id} on {day} is not what its readings say; "
        "run 'sandan db rollup --rebuild'"
        for firm_id in connection.execute(firm_ids).scalars().all()
        for day in _differing(connection, firm_id)
    ]


def _differing(connection: Connection, firm_id: str) -> Iterator[date]:
    any_day = (
        select(DAILY_LOADS.c.day)
        .where(DAILY_LOADS.c.firm_id == firm_id)
        .order_by(func.random())
        .limit(1)
    )
    middle = connection.execute(any_day).scalar_one_or_none()
    if middle is None:
        return
    first = middle - DAYS_LOOKED_AT // 2 * DAY
    last = first + (DAYS_LOOKED_AT - 1) * DAY
    summed = Summed.of(connection, firm_id)
    kept = kept_loads(connection, firm_id, first, last)
    if kept is None or kept.identity != summed.identity:
        return  # its meters were declared otherwise since: no row of it is read
    told = kept.loads(summed.zone)
    days = {first + number * DAY for number in range(DAYS_LOOKED_AT)}
    days -= touched_days(connection, summed, kept.up_to_import)  # nor of these
    said = {one.load.day: one.load for one in loads_of_days(connection, summed, days)}
    for day in sorted(days & (told.keys() | said.keys())):
        if not _alike(told.get(day), said.get(day)):
            yield day


def _alike(told: DailyLoad | None, said: DailyLoad | None) -> bool:
    if told is None or said is None:
        return told is said
    return (
        told.steps_known == said.steps_known
        and told.highest_at == said.highest_at
        and told.highest_by_hour_kw == said.highest_by_hour_kw
        and math.isclose(told.kwh, said.kwh, abs_tol=1e-9)
    )
