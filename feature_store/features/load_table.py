"""One firm's known load laid out by day and clock step: what simple rules forecast from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from feature_store.calendar.closed_days import closed_days
from feature_store.calendar.half_days import half_days
from feature_store.calendar.planned_output import OUTPUTS, UNPLANNED, planned_output
from feature_store.calendar.shift_days import shift_numbers
from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.time_grid import (
    SATURDAY,
    STEP,
    STEPS_PER_DAY,
    Instants,
    KilowattArray,
    local_clock,
    weekdays,
)

IntArray = npt.NDArray[np.int64]

WORKDAY, HALF_DAY, REST_DAY = 0, 1, 2
"""Kinds of day that load shapes follow: working days, Saturdays with the half days of the country
(many firms work half of them), Sundays with the days on which the firm is closed."""
PLANNED_DAY = 3
"""The first of the kinds that a production plan makes, one an output: days so planned are alike,
whatever their weekday."""
DAY_KINDS = (WORKDAY, HALF_DAY, REST_DAY, *(PLANNED_DAY + place for place in range(len(OUTPUTS))))


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Pairs of an issue time and a lead time, as positions in a :class:`LoadTable`."""

    issue: IntArray
    """Position of the first unknown interval: only intervals before it may be read."""
    lead: IntArray
    """Steps from the issue time to the start of the target interval, 0 and up."""

    @property
    def target(self) -> IntArray:
        """Position of the interval that the row is about."""
        return self.issue + self.lead


@dataclass(frozen=True, kw_only=True)
class LoadTable:
    """A history on its grid, extended by the horizon so that targets have a place in it."""

    first: np.datetime64
    """Instant of position 0."""
    demand_kw: KilowattArray
    """Shape (positions,); NaN where nothing is known, so in the whole horizon."""
    step_of_day: IntArray
    day: IntArray
    """Local day of each position, counted from the first."""
    kind_of_day: IntArray
    """One of ``DAY_KINDS`` for each day."""
    shift_of_day: IntArray
    """Number of the hours that each day's declared shift works, 0 for the usual ones."""
    by_day_kw: KilowattArray = field(repr=False)
    """``demand_kw`` by day and clock step, shape (days, 96). A clock step that a clock change
    doubles keeps its first interval: the second may lie after an issue time in between."""

    def position(self, instants: Instants) -> IntArray:
        """Positions of UTC instants."""
        return ((instants - self.first) // STEP).astype(np.int64)

    def instant(self, positions: IntArray) -> Instants:
        """UTC instants of positions."""
        return self.first + positions * STEP

    def newest_day_knowing(self, rows: Rows) -> IntArray:
        """The day after the last one whose value at the target's clock step is known."""
        known_today = self.step_of_day[rows.target] < self.step_of_day[rows.issue]
        return self.day[rows.issue] + known_today


def load_table(firm: Firm, history: LoadHistory, horizon_steps: int) -> LoadTable:
    """Lay out what ``history`` knows of ``firm``, with room for ``horizon_steps`` more."""
    ahead = horizon_steps + STEPS_PER_DAY  # the kind of the day after the last target is asked for
    positions = history.grid.steps + ahead
    first = history.grid.starts[0]
    clock = local_clock(first + np.arange(positions) * STEP, firm.zone)
    dates = np.arange(clock.date[0], clock.date[-1] + 1)
    day = (clock.date - clock.date[0]).astype(np.int64)
    step_of_day = clock.step_of_day.astype(np.int64)
    demand_kw = np.concatenate([history.demand_kw, np.full(ahead, np.nan)])
    by_day_kw = np.full(len(dates) * STEPS_PER_DAY, np.nan)
    told, first_time = np.unique(day * STEPS_PER_DAY + step_of_day, return_index=True)
    by_day_kw[told] = demand_kw[first_time]
    kind, _ = kinds_of_days(firm, dates)
    return LoadTable(
        first=first,
        demand_kw=demand_kw,
        step_of_day=step_of_day,
        day=day,
        kind_of_day=kind,
        shift_of_day=shift_numbers(firm, dates),
        by_day_kw=by_day_kw.reshape(-1, STEPS_PER_DAY),
    )


def kinds_of_days(
    firm: Firm, dates: npt.NDArray[np.datetime64]
) -> tuple[IntArray, npt.NDArray[np.bool_]]:
    """Return the kind of each local date for ``firm``, and whether it is closed."""
    closed = closed_days(firm, dates)
    usual = kinds_of_weekdays(weekdays(dates))
    usual = np.where(half_days(firm.holiday_country, dates), np.maximum(usual, HALF_DAY), usual)
    kind = np.where(closed, REST_DAY, usual)
    planned = planned_output(firm, dates)
    return np.where(planned == UNPLANNED, kind, PLANNED_DAY + planned), closed


def kinds_of_weekdays(weekday: npt.NDArray[np.integer[Any]]) -> IntArray:
    """Return the kind of days on which a firm is not closed, by weekday, Monday 0."""
    kind: IntArray = np.array([*[WORKDAY] * SATURDAY, HALF_DAY, REST_DAY])[weekday]
    return kind
