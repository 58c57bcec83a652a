"""Faults of meters, put into measured readings at a known place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.entities.reading_batch import ReadingBatch
from feature_store.time_grid import (
    HOURS_PER_STEP,
    STEP,
    STEPS_PER_DAY,
    STEPS_PER_HOUR,
    STEPS_PER_WEEK,
    KilowattArray,
    TimeGrid,
    to_datetime,
)

COUNTER_KWH = 1e5
"""A register of five digits."""


@dataclass(frozen=True, kw_only=True)
class Injected:
    """A history with one fault in it, or with something that looks like one and is none."""

    history: LoadHistory
    first: int
    after: int
    """The intervals that were changed: ``first`` up to, not including, ``after``."""


Injector = Callable[[LoadHistory, np.random.Generator], Injected]


def history_of(firm: Firm, batch: ReadingBatch) -> LoadHistory:
    """A firm's readings of a batch on their grid, each known when its interval ended."""
    rows = batch.rows.filter(firm_id=firm.firm_id).sort("period_start")
    starts = rows["period_start"].to_numpy().astype("datetime64[s]")
    places = ((starts - starts[0]) // STEP).astype(np.int64)
    grid = TimeGrid(to_datetime(starts[0], firm.zone), int(places[-1]) + 1)
    demand_kw = np.full(grid.steps, np.nan)
    demand_kw[places] = rows["kwh"].to_numpy() / HOURS_PER_STEP
    return with_readings(
        LoadHistory(
            firm_id=firm.firm_id, grid=grid, demand_kw=demand_kw, known_at=grid.starts + STEP
        ),
        demand_kw,
    )


def with_readings(history: LoadHistory, demand_kw: KilowattArray) -> LoadHistory:
    """The same history with other values; what is NaN is not known."""
    ends = history.grid.starts + STEP
    known_at = np.where(np.isnan(demand_kw), np.datetime64("NaT", "s"), ends)
    return replace(history, demand_kw=demand_kw, known_at=known_at)


def _place(history: LoadHistory, steps: int, random: np.random.Generator) -> int:
    """A stretch of known, positive readings in the second half of the record."""
    while True:
        first = int(random.integers(history.grid.steps // 2, history.grid.steps - steps - 2))
        if (history.demand_kw[first - 1 : first + steps + 2] > 0).all():
            return first


def _at_midnight(history: LoadHistory, days: int, random: np.random.Generator) -> int:
    """The same, whole local days from a midnight on (the zone must keep its offset)."""
    first = _place(history, (days + 2) * STEPS_PER_DAY, random)
    local = history.grid.at(first)
    return first + STEPS_PER_DAY - (local.hour * STEPS_PER_HOUR + local.minute // 15)


def _changed(history: LoadHistory, first: int, kw: KilowattArray) -> Injected:
    demand_kw = history.demand_kw.copy()
    demand_kw[first : first + len(kw)] = kw
    return Injected(history=with_readings(history, demand_kw), first=first, after=first + len(kw))


def gap(history: LoadHistory, random: np.random.Generator) -> Injected:
    """Nothing arrives for one interval to two days."""
    steps = int(random.integers(1, 2 * STEPS_PER_DAY))
    return _changed(history, _place(history, steps, random), np.full(steps, np.nan))


def catch_up(history: LoadHistory, random: np.random.Generator) -> Injected:
    """Nothing for half an hour to a day, then all of its energy in one interval."""
    steps = int(random.integers(STEPS_PER_HOUR // 2, STEPS_PER_DAY))
    first = _place(history, steps + 1, random)
    kw = np.full(steps + 1, np.nan)
    kw[-1] = history.demand_kw[first : first + steps + 1].sum()
    return _changed(history, first, kw)


def false_zero(history: LoadHistory, random: np.random.Generator) -> Injected:
    """Zeros in place of one interval to half a day."""
    steps = int(random.integers(1, STEPS_PER_DAY // 2))
    return _changed(history, _place(history, steps, random), np.zeros(steps))


def negative(history: LoadHistory, random: np.random.Generator) -> Injected:
    """An hour with the wrong sign."""
    first = _place(history, STEPS_PER_HOUR, random)
    return _changed(history, first, -history.demand_kw[first : first + STEPS_PER_HOUR])


def rollover(history: LoadHistory, random: np.random.Generator) -> Injected:
    """One difference of a counter that ran over: too low by the register, or too high by it."""
    first = _place(history, 1, random)
    size_kw = COUNTER_KWH / HOURS_PER_STEP
    sign = random.choice([-1.0, 1.0])
    return _changed(history, first, history.demand_kw[first : first + 1] + sign * size_kw)


def stuck(history: LoadHistory, random: np.random.Generator) -> Injected:
    """The value of any moment for six hours to two days."""
    steps = int(random.integers(6 * STEPS_PER_HOUR, 2 * STEPS_PER_DAY))
    first = _place(history, steps, random)
    return _changed(history, first, np.full(steps, history.demand_kw[first]))


def duplicate_day(history: LoadHistory, random: np.random.Generator) -> Injected:
    """A day's readings are those of a day up to two weeks before."""
    first = _at_midnight(history, 1, random)
    earlier = first - int(random.integers(1, 15)) * STEPS_PER_DAY
    return _changed(history, first, history.demand_kw[earlier : earlier + STEPS_PER_DAY].copy())


def spike(history: LoadHistory, random: np.random.Generator) -> Injected:
    """One interval at two to ten times the highest reading."""
    highest = float(np.nanmax(history.demand_kw)) * random.uniform(2.0, 10.0)
    return _changed(history, _place(history, 1, random), np.array([highest]))


def implausible(history: LoadHistory, random: np.random.Generator) -> Injected:
    """One hour to a day of a register's state in place of the energy it advanced by."""
    steps = int(random.integers(STEPS_PER_HOUR, STEPS_PER_DAY))
    first = _place(history, steps, random)
    advanced_kwh = np.cumsum(history.demand_kw[first : first + steps] * HOURS_PER_STEP)
    return _changed(history, first, (COUNTER_KWH + advanced_kwh) / HOURS_PER_STEP)


def level_step(history: LoadHistory, random: np.random.Generator) -> Injected:
    """A unit or multiplier that is wrong for four weeks, either way."""
    steps = 28 * STEPS_PER_DAY
    first = int(random.integers(history.grid.steps // 2, history.grid.steps - steps))
    factor = random.choice([0.25, 4.0, 10.0, 60.0, 1000.0])
    return _changed(history, first, history.demand_kw[first : first + steps] * factor)


def copied_hours(history: LoadHistory, random: np.random.Generator) -> Injected:
    """Six hours that are those of a week before."""
    steps = 6 * STEPS_PER_HOUR
    first = _place(history, steps, random)
    earlier = first - STEPS_PER_WEEK
    return _changed(history, first, history.demand_kw[earlier : earlier + steps].copy())


def expansion(history: LoadHistory, random: np.random.Generator) -> Injected:
    """No fault: from some day of the third quarter on the plant draws half as much again."""
    steps = history.grid.steps
    first = int(random.integers(steps // 2, steps * 3 // 4)) // STEPS_PER_DAY * STEPS_PER_DAY
    return _changed(history, first, history.demand_kw[first:] * 1.5)


def clock_shift(history: LoadHistory, random: np.random.Generator, *, steps: int) -> Injected:
    """Two weeks with stamps that are late by some steps (early where negative)."""
    days = 14
    first = _at_midnight(history, days, random)
    return _changed(
        history,
        first,
        history.demand_kw[first - steps : first - steps + days * STEPS_PER_DAY].copy(),
    )


def planned_shutdown(history: LoadHistory, random: np.random.Generator) -> Injected:
    """No fault: five days at a constant load just below what the plant draws at rest."""
    days = 5
    first = _at_midnight(history, days, random)
    rest_kw = float(np.nanquantile(history.demand_kw, 0.05)) * random.uniform(0.3, 1.0)
    return _changed(history, first, np.full(days * STEPS_PER_DAY, rest_kw))


FAULTS: Mapping[str, Injector] = MappingProxyType(
    {
        "gap": gap,
        "catch_up": catch_up,
        "false_zero": false_zero,
        "negative": negative,
        "rollover": rollover,
        "stuck": stuck,
        "duplicate_day": duplicate_day,
        "spike": spike,
        "implausible": implausible,
        "level_step": level_step,
    }
)
"""By the kind of finding that each must lead to; clock shifts apart, of which sizes are tried."""
