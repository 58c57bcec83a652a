"""One firm's known load laid out by day and clock step: what every feature reads."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from feature_store.calendar.closed_days import closed_days
from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.time_grid import (
    SATURDAY,
    STEP,
    STEPS_PER_DAY,
    SUNDAY,
    Instants,
    KilowattArray,
    local_clock,
    weekdays,
)

IntArray = npt.NDArray[np.int64]

WORKDAY, HALF_DAY, REST_DAY = 0, 1, 2
"""Kinds of day that load shapes follow: working days, Saturdays (many firms work half of them),
Sundays with the days on which the firm is closed."""
DAY_KINDS = (WORKDAY, HALF_DAY, REST_DAY)

PROFILE_DAYS = 8
"""Days of one kind that make a profile. Nested backtests on the sample's firms could not tell 6
from 10 apart; 8 Saturdays are two months, short enough to follow the season."""


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
class Profile:
    """What the last ``PROFILE_DAYS`` days of one kind looked like, before any given day."""

    days: IntArray
    """Positions of the days of this kind, ascending."""
    mean_kw: KilowattArray
    """Mean of the window before the j-th day of the kind, shape (len(days) + 1, 96)."""
    low_kw: KilowattArray
    """Second smallest of the window (about its 0.15 quantile), same shape."""
    high_kw: KilowattArray
    """Second largest of the window (about its 0.85 quantile), same shape."""
    last_kw: KilowattArray
    """The newest day of the window, same shape."""

    def before(self, day: IntArray) -> IntArray:
        """Row of the tables that knows only the days before ``day``."""
        return np.searchsorted(self.days, day)


@dataclass(frozen=True, kw_only=True)
class LoadTable:
    """A history on its grid, extended by the horizon so that targets have a place in it."""

    firm: Firm
    first: np.datetime64
    """Instant of position 0."""
    demand_kw: KilowattArray
    """Shape (positions,); NaN where nothing is known, so in the whole horizon."""
    weekday: npt.NDArray[np.int8]
    """Of each position's local day."""
    step_of_day: IntArray
    day: IntArray
    """Local day of each position, counted from the first."""
    kind_of_day: IntArray
    """One of ``DAY_KINDS`` for each day."""
    closed: npt.NDArray[np.bool_]
    """Whether the firm is closed, for each day."""
    by_day_kw: KilowattArray = field(repr=False)
    """``demand_kw`` by day and clock step, shape (days, 96). A clock step that a clock change
    doubles keeps its first interval: the second may lie after an issue time in between."""

    def position(self, instants: Instants) -> IntArray:
        """Positions of UTC instants."""
        return ((instants - self.first) // STEP).astype(np.int64)

    def instant(self, positions: IntArray) -> Instants:
        """UTC instants of positions."""
        return self.first + positions * STEP

    @cached_property
    def profiles(self) -> dict[int, Profile]:
        """The profile of each kind of day."""
        return {kind: _profile(self.by_day_kw, self.kind_of_day == kind) for kind in DAY_KINDS}

    @cached_property
    def expected_kw(self) -> KilowattArray:
        """The mean profile of its day's kind from the days before, for each position."""
        expected_kw = np.full(self.demand_kw.shape, np.nan)
        for kind, profile in self.profiles.items():
            at = np.flatnonzero(self.kind_of_day[self.day] == kind)
            expected_kw[at] = profile.mean_kw[profile.before(self.day[at]), self.step_of_day[at]]
        return expected_kw

    def newest_day_knowing(self, rows: Rows) -> IntArray:
        """The day after the last one whose value at the target's clock step is known."""
        known_today = self.step_of_day[rows.target] < self.step_of_day[rows.issue]
        return self.day[rows.issue] + known_today

    def trailing_mean(self, values: KilowattArray, rows: Rows, steps: int) -> KilowattArray:
        """Mean of the known ones among the last ``steps`` values before each row's issue."""
        known = np.isfinite(values)
        total = np.concatenate([[0.0], np.cumsum(np.where(known, values, 0.0))])
        count = np.concatenate([[0], np.cumsum(known)])
        start = np.maximum(rows.issue - steps, 0)
        number = count[rows.issue] - count[start]
        with np.errstate(invalid="ignore"):  # 0 / 0: nothing known is NaN
            return (total[rows.issue] - total[start]) / np.where(number, number, np.nan)


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
    by_day_kw = np.full((len(dates), STEPS_PER_DAY), np.nan)
    by_day_kw[day[::-1], step_of_day[::-1]] = demand_kw[::-1]  # the first of a doubled step stays
    closed = closed_days(firm, dates)
    weekday = weekdays(dates)
    kind = np.select([closed | (weekday == SUNDAY), weekday == SATURDAY], [REST_DAY, HALF_DAY])
    return LoadTable(
        firm=firm,
        first=first,
        demand_kw=demand_kw,
        weekday=clock.weekday,
        step_of_day=step_of_day,
        day=day,
        kind_of_day=kind.astype(np.int64),
        closed=closed,
        by_day_kw=by_day_kw,
    )


def _profile(by_day_kw: KilowattArray, of_kind: npt.NDArray[np.bool_]) -> Profile:
    days = np.flatnonzero(of_kind)
    padded = np.concatenate([np.full((PROFILE_DAYS, STEPS_PER_DAY), np.nan), by_day_kw[days]])
    windows = np.lib.stride_tricks.sliding_window_view(padded, PROFILE_DAYS, axis=0)
    known = np.isfinite(windows)
    number = known.sum(axis=2)
    total = np.where(known, windows, 0.0).sum(axis=2)
    ordered = np.sort(windows, axis=2)  # NaN last
    low = np.take_along_axis(ordered, np.minimum(1, number - 1).clip(0)[..., None], axis=2)
    high = np.take_along_axis(ordered, np.maximum(number - 2, 0)[..., None], axis=2)
    return Profile(
        days=days,
        mean_kw=total / np.where(number, number, np.nan),
        low_kw=low[..., 0],
        high_kw=high[..., 0],
        last_kw=_newest(windows),
    )


def _newest(windows: KilowattArray) -> KilowattArray:
    """Last finite value along the window axis; NaN where there is none."""
    known = np.isfinite(windows)
    last = PROFILE_DAYS - 1 - np.argmax(known[..., ::-1], axis=2)
    return np.take_along_axis(windows, last[..., None], axis=2)[..., 0]
