"""The wall calendar over a span of quarter hours: which slot is which clock step of which day.

A *slot* is a quarter hour counted from 1970-01-01 UTC: the one clock on which the readings of many
firms and many issue times meet.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from feature_store.entities.firm import Firm
from feature_store.entities.work_calendar import WorkPeriod
from feature_store.features.load_table import PLANNED_DAY, IntArray, kinds_of_days
from feature_store.time_grid import (
    DAYS_PER_WEEK,
    STEP,
    STEPS_PER_DAY,
    SUNDAY,
    Instants,
    local_clock,
    weekdays,
)

NOWHERE = -(2**40)
"""Slot of a clock step that a clock change leaves out: older than any reading."""
NO_DAY = -1
"""Day that is not there; it indexes the row of ``slot_of`` that lies nowhere."""
PROFILE_DAYS = 12
"""Days of one kind that make a profile; faded as they are, an older one would not be noticed."""
GROUP_DAYS = 4
"""Days of one weekday that tell what is its own: a month, as operators compare."""
PROFILE_REACH_DAYS = 112
"""How far back days of a kind are looked for: twelve Saturdays, and four more for those that fall
on closure days. The bound makes the same row of a long history and of a recent window."""
_CALENDARS_AT_MOST = 64
"""Calendars whose days are kept: a quarter of a megabyte each. Firms mostly share a handful, and a
calendar takes a millisecond to read."""
_SPAN_DAYS = 32
"""Spans are widened to whole multiples of this, so that one calendar serves a month of asking."""


def slots(instants: Instants) -> IntArray:
    """Slots in which UTC instants lie."""
    return instants.astype("datetime64[s]").astype(np.int64) // STEP.astype(np.int64)


def instants(slot: IntArray) -> Instants:
    """UTC instants at which slots start."""
    return (slot * STEP.astype(np.int64)).astype("datetime64[s]")


@dataclass(frozen=True, kw_only=True)
class LocalDays:
    """Consecutive local days of one zone, whole ones, counted from the first."""

    dates: npt.NDArray[np.datetime64]
    """Date of each day."""
    first_slot: int
    """Slot from which on ``day`` and ``step`` tell."""
    day: IntArray
    """Day of each slot."""
    step: IntArray
    """Clock step of each slot."""
    slot_of: IntArray
    """Shape (days + 1, 96): slot of a day's clock step, of the two that a clock change makes the
    first (the second may lie after an issue time in between); ``NOWHERE`` in the last row."""
    unbroken: npt.NDArray[np.bool_]
    """Whether the clock steps of each row of ``slot_of`` follow each other, or lie nowhere."""

    def slot_on(self, day: IntArray, step: IntArray) -> IntArray:
        """Slot of clock steps on days, ``NOWHERE`` where there is none."""
        return self.slot_of.take(day * STEPS_PER_DAY + step)

    def day_at(self, slot: IntArray) -> IntArray:
        """Day of slots within the span."""
        return self.day[slot - self.first_slot]

    def step_at(self, slot: IntArray) -> IntArray:
        """Clock step of slots within the span."""
        return self.step[slot - self.first_slot]


def local_days(zone: ZoneInfo, first_slot: int, last_slot: int) -> LocalDays:
    """Return the local days that hold all slots from the first to the last."""
    first = first_slot // STEPS_PER_DAY // _SPAN_DAYS * _SPAN_DAYS
    last = (last_slot // STEPS_PER_DAY // _SPAN_DAYS + 1) * _SPAN_DAYS
    return _local_days(zone.key, first, last)


@lru_cache(maxsize=16)  # a zone's clock over a quarter of a year takes a millisecond to read
def _local_days(zone: str, first_utc_day: int, last_utc_day: int) -> LocalDays:
    """Lay out the UTC days from the first to the last, with a day to spare at both ends."""
    first_slot = (first_utc_day - 1) * STEPS_PER_DAY
    every = np.arange(first_slot, (last_utc_day + 1) * STEPS_PER_DAY)
    clock = local_clock(instants(every), ZoneInfo(zone))
    dates = np.arange(clock.date[0], clock.date[-1] + 1)
    day = (clock.date - dates[0]).astype(np.int64)
    step = clock.step_of_day.astype(np.int64)
    slot_of = np.full((len(dates) + 1) * STEPS_PER_DAY, NOWHERE)
    told, first_time = np.unique(day * STEPS_PER_DAY + step, return_index=True)
    slot_of[told] = every[first_time]
    by_day = slot_of.reshape(-1, STEPS_PER_DAY)
    unbroken = (np.diff(by_day, axis=1) == 1).all(axis=1)
    unbroken[NO_DAY] = True
    return LocalDays(
        dates=dates,
        first_slot=first_slot,
        day=day,
        step=step,
        slot_of=by_day,
        unbroken=unbroken,
    )


@dataclass(frozen=True, kw_only=True)
class FirmDays:
    """What the days of a :class:`LocalDays` are to each of many firms' calendars."""

    weekday: IntArray
    """Of each day, Monday 0; the same for every firm."""
    kind: IntArray
    """One of ``DAY_KINDS``, shape (calendars, days)."""
    group: IntArray
    """Weekday that a day is like, closed days like Sundays, planned days like others of the same
    plan, shape (calendars, days)."""
    of_kind: IntArray
    """The last ``PROFILE_DAYS`` days of each kind before each day, newest first, ``NO_DAY`` where
    there is none within reach; shape (calendars, kinds, days, PROFILE_DAYS)."""
    of_group: IntArray
    """The last ``GROUP_DAYS`` of each group likewise, shape (calendars, groups, days, GROUP_DAYS).
    """


def firm_days(days: LocalDays, firms: Sequence[Firm]) -> tuple[FirmDays, IntArray]:
    """Return the distinct calendars of ``firms`` and which of them each firm keeps."""
    number: dict[_Calendar, int] = {}
    kept = [number.setdefault(_Calendar.of(firm), len(number)) for firm in firms]
    first = int(days.dates[0].astype(np.int64))
    distinct = [
        _days_of(calendar, first, len(days.dates), PROFILE_REACH_DAYS) for calendar in number
    ]
    return (
        FirmDays(
            weekday=distinct[0].weekday,
            kind=np.concatenate([one.kind for one in distinct]),
            group=np.concatenate([one.group for one in distinct]),
            of_kind=_stacked([one.of_kind for one in distinct]),
            of_group=_stacked([one.of_group for one in distinct]),
        ),
        np.array(kept),
    )


@dataclass(frozen=True, kw_only=True)
class _Calendar:
    """What of a firm tells its kinds of day: equal calendars make equal days."""

    holiday_country: str | None
    closure_days: tuple[date, ...]
    work_calendar: tuple[WorkPeriod, ...]
    firm: Firm = field(compare=False, repr=False)
    """One that keeps it."""

    @staticmethod
    def of(firm: Firm) -> _Calendar:
        """The calendar of a firm."""
        return _Calendar(
            holiday_country=firm.holiday_country,
            closure_days=firm.closure_days,
            work_calendar=firm.work_calendar,
            firm=firm,
        )


@lru_cache(maxsize=_CALENDARS_AT_MOST)
def _days_of(calendar: _Calendar, first_date: int, number: int, reach_days: int) -> FirmDays:
    """What so many days from a date on, counted from 1970, are to one calendar."""
    dates = np.arange(first_date, first_date + number).astype("datetime64[D]")
    kind, closed = kinds_of_days(calendar.firm, dates)
    weekday = weekdays(dates).astype(np.int64)
    group = np.where(closed, SUNDAY, weekday)
    group = np.where(kind >= PLANNED_DAY, DAYS_PER_WEEK + kind, group)
    return FirmDays(
        weekday=weekday,
        kind=kind[None],
        group=group[None],
        of_kind=_earlier(kind, PROFILE_DAYS, reach_days),
        of_group=_earlier(group, GROUP_DAYS, reach_days),
    )


def _stacked(tables: Sequence[IntArray]) -> IntArray:
    """Tables of one calendar each, (1, labels, days, back), as one with as many labels as any."""
    if len(tables) == 1:
        return tables[0]
    labels = max(table.shape[1] for table in tables)
    stacked = np.full((len(tables), labels, *tables[0].shape[2:]), NO_DAY)
    for calendar, table in zip(stacked, tables, strict=True):
        calendar[: table.shape[1]] = table[0]
    return stacked


def _earlier(label: IntArray, back: int, reach_days: int) -> IntArray:
    """The last days of each label before each day, shape (1, labels, days, back)."""
    labels = range(int(label.max()) + 1)
    return np.stack([_earlier_of(label == each, back, reach_days) for each in labels])[None]


def _earlier_of(wanted: npt.NDArray[np.bool_], back: int, reach_days: int) -> IntArray:
    """The last wanted days before each day, newest first, shape (days, back)."""
    chosen = np.concatenate([np.full(back, NO_DAY), np.flatnonzero(wanted)])
    last = np.lib.stride_tricks.sliding_window_view(chosen, back)[:, ::-1]
    found = last[np.cumsum(wanted) - wanted]
    days = np.arange(len(wanted))[:, None]
    return np.where(days - found <= reach_days, found, NO_DAY)
