"""A meter's readings laid out by day, with what is usual at each moment of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from functools import cached_property

import numpy as np
import numpy.typing as npt

from feature_store.calendar.closed_days import closed_days
from feature_store.calendar.shift_days import shift_days
from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.entities.meter import Meter
from feature_store.time_grid import (
    SATURDAY,
    STEP,
    STEPS_PER_DAY,
    SUNDAY,
    Instants,
    KilowattArray,
    LocalClock,
    TimeGrid,
    utc_instant,
    weekdays,
)

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

USUAL_DAYS = 8
"""Earlier days of the same kind that say what is usual: under two working weeks follow a season,
and the median still stands when three of them are at fault."""
LEAST_DAYS = 3
"""Fewer known days of a kind make no median that one bad day cannot move."""
LEARNING_DAYS = 14
"""Readings of two weeks hold each weekday twice; a meter with fewer has nothing to be judged by."""
STANDBY_QUANTILE = 0.1
"""A tenth of the time, nearly every plant is at rest: one in seven days is a Sunday."""
REST_SHARE = 0.4
"""Of the load that is exceeded a tenth of the time, what a plant draws at rest at most. The
sample's plants that rest every night draw up to 0.27 of it, the one that never does 0.4 to 1."""
LEAST_REST_SHARE = 0.02
"""Of the time, a week a year, for which a low load is a mode of the plant and not a bad day."""
MOST_REST_QUANTILE = 0.75
"""Of the low loads: those above are a plant on its way down or up."""
MOST_OF_CONTRACT = 3.0
"""Times the contract power, what is believed of a supply at most: our own choice, from no rule. It
leaves room for a firm that doubled its plant before it raised its contract, and lies below four,
which is what kW make of a full load when they are taken for the kWh of a quarter hour."""
_MAD_TO_SIGMA = 1.4826
"""Median absolute deviation to standard deviation, for a normal distribution."""
_LEAST_SPREAD_SHARE = 0.02
"""Of the median load: meters tell it in steps, and eight alike days would have no spread."""


class DayKind(IntEnum):
    """Days that are alike enough to be compared."""

    WORKING = 0
    SATURDAY = 1
    REST = 2
    """Sundays, public holidays, closures."""
    CHANGED_HOURS = 3
    """Declared shifts: working hours other than the usual ones."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """Neighbouring intervals: ``first`` up to, not including, ``after``."""

    first: int
    after: int

    @property
    def steps(self) -> int:
        """Number of intervals."""
        return self.after - self.first

    @property
    def slice(self) -> slice:
        """The run as an index."""
        return slice(self.first, self.after)


@dataclass(frozen=True, kw_only=True)
class MeterRecord:
    """Readings from the first known one to the last, as known at one moment."""

    firm: Firm
    grid: TimeGrid
    kw: KilowattArray
    """Mean demand, shape (grid.steps,); NaN where unknown, but known at both ends."""
    known_at: Instants
    """Shape (grid.steps,); NaT where unknown."""
    meter: Meter | None = None
    """Whose readings they are; None for the sum over the firm's counted meters."""

    @cached_property
    def clock(self) -> LocalClock:
        """The firm's wall clock at each interval."""
        return self.grid.clock(self.firm.zone)

    @cached_property
    def dates(self) -> npt.NDArray[np.datetime64]:
        """Every local date from the first interval's to the last's, shape (days,)."""
        first, last = self.clock.date[0], self.clock.date[-1]
        return np.arange(first, last + np.timedelta64(1, "D"))

    @cached_property
    def day(self) -> IntArray:
        """Position in ``dates`` of each interval, shape (grid.steps,)."""
        return (self.clock.date - self.clock.date[0]).astype(np.int64)

    @cached_property
    def step_of_day(self) -> IntArray:
        """Quarter hours since local midnight of each interval, shape (grid.steps,)."""
        return self.clock.step_of_day.astype(np.int64)

    @cached_property
    def closed(self) -> BoolArray:
        """Whether the firm is known to be closed on each date, shape (days,)."""
        return closed_days(self.firm, self.dates)

    @cached_property
    def kinds(self) -> IntArray:
        """:class:`DayKind` of each date, shape (days,)."""
        weekday = weekdays(self.dates)
        kinds = np.full(len(self.dates), int(DayKind.WORKING))
        kinds[weekday == SATURDAY] = DayKind.SATURDAY
        kinds[shift_days(self.firm, self.dates)] = DayKind.CHANGED_HOURS
        kinds[(weekday == SUNDAY) | self.closed] = DayKind.REST
        return kinds

    def by_day(self, values: KilowattArray) -> KilowattArray:
        """Lay out values of the intervals as shape (days, steps of a day).

        Of an hour that autumn repeats the second stands; one that spring leaves out is NaN.
        """
        laid_out = np.full((len(self.dates), STEPS_PER_DAY), np.nan)
        laid_out[self.day, self.step_of_day] = values
        return laid_out

    @cached_property
    def by_day_kw(self) -> KilowattArray:
        """The readings, shape (days, steps of a day)."""
        return self.by_day(self.kw)

    @cached_property
    def expected_kw(self) -> KilowattArray:
        """What is usual at each interval: the median of the same step on earlier alike days.

        Shape (grid.steps,); NaN where fewer than ``LEAST_DAYS`` such days are known.
        """
        return self._usual[0]

    @cached_property
    def spread_kw(self) -> KilowattArray:
        """Robust standard deviation of the readings around what is usual, shape (grid.steps,)."""
        return self._usual[1]

    @cached_property
    def _usual(self) -> tuple[KilowattArray, KilowattArray]:
        expected = np.full(self.by_day_kw.shape, np.nan)
        spread = np.full(self.by_day_kw.shape, np.nan)
        for kind in np.unique(self.kinds):
            days = np.flatnonzero(self.kinds == kind)
            before = earlier_days(self.by_day_kw[days])
            middle = median_of_known(before, least=LEAST_DAYS)
            expected[days] = middle
            spread[days] = median_of_known(np.abs(before - middle[..., None]), least=LEAST_DAYS)
        least = _LEAST_SPREAD_SHARE * float(np.nanmedian(self.kw))
        place = (self.day, self.step_of_day)
        return expected[place], np.maximum(_MAD_TO_SIGMA * spread[place], least)

    @cached_property
    def standby_kw(self) -> float:
        """Load at and below which the plant is at rest; 0 for one that never rests.

        Only a low mode apart from the everyday is rest: a tenth of the time every load is below
        its own lowest tenth, also that of a furnace that never stops. Of a repeated reading
        only the first counts, or ten days of a stuck meter would be a mode.
        """
        known = self.kw[np.isfinite(self.kw) & (np.diff(self.kw, prepend=np.nan) != 0.0)]
        lowest_tenth, high = np.quantile(known, [STANDBY_QUANTILE, 1 - STANDBY_QUANTILE])
        low = known[known < REST_SHARE * high]
        if low.size < LEAST_REST_SHARE * known.size:
            return 0.0
        return float(min(lowest_tenth, np.quantile(low, MOST_REST_QUANTILE)))

    @property
    def most_possible_kw(self) -> float:
        """What the supply can carry at most; infinite for a meter of what is fed back.

        What a plant generates has no bound in the contract of what it draws.
        """
        if self.meter is not None and self.meter.role == "export":
            return float("inf")
        return MOST_OF_CONTRACT * self.firm.contract.power_kw

    @cached_property
    def possible_kw(self) -> KilowattArray:
        """The readings, NaN where the supply could not carry them; shape (grid.steps,).

        What is usual and what is rare is learnt from these: a day of impossible readings would
        else be the highest that the meter shows.
        """
        return np.where(self.kw <= self.most_possible_kw, self.kw, np.nan)

    @property
    def judgeable(self) -> bool:
        """Whether there is enough of it to say what is usual."""
        return bool(np.isfinite(self.kw).sum() >= LEARNING_DAYS * STEPS_PER_DAY)

    def span(self, run: Run) -> tuple[datetime, datetime]:
        """Start and end of a run, in the firm's zone."""
        zone = self.firm.zone
        return self.grid.at(run.first).astimezone(zone), self.grid.at(run.after).astimezone(zone)

    def run_of(self, start: datetime, end: datetime) -> Run:
        """Return the run between two instants of the grid; the inverse of :meth:`span`."""
        origin = self.grid.starts[0]
        first, after = (int((utc_instant(moment) - origin) // STEP) for moment in (start, end))
        return Run(first=first, after=after)


def record_of(history: LoadHistory, firm: Firm, meter: Meter | None = None) -> MeterRecord | None:
    """Lay out what is known of a meter; None where nothing is.

    ``meter`` is left out where ``history`` is the sum over the firm's meters.

    Intervals after the last known one are left out: whether they are late is for
    :mod:`feature_store.quality.freshness` to say.
    """
    known = np.flatnonzero(np.isfinite(history.demand_kw))
    if not known.size:
        return None
    inside = slice(int(known[0]), int(known[-1]) + 1)
    return MeterRecord(
        firm=firm,
        grid=TimeGrid(history.grid.at(inside.start), inside.stop - inside.start),
        kw=history.demand_kw[inside],
        known_at=history.known_at[inside],
        meter=meter,
    )


def runs_of(mask: BoolArray, *, least: int = 1) -> Iterator[Run]:
    """Yield the runs of at least ``least`` true intervals, in order."""
    edges = np.diff(np.concatenate(([False], mask, [False])).astype(np.int8))
    firsts, afters = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    long = afters - firsts >= least
    for first, after in zip(firsts[long], afters[long], strict=True):
        yield Run(first=int(first), after=int(after))


def earlier_days(alike_kw: KilowattArray) -> KilowattArray:
    """The ``USUAL_DAYS`` days before each of some alike days.

    Takes shape (days, steps of a day), returns (days, steps of a day, USUAL_DAYS); NaN before the
    first day.
    """
    padding = np.full((USUAL_DAYS, alike_kw.shape[1]), np.nan)
    padded = np.concatenate([padding, alike_kw])
    return np.lib.stride_tricks.sliding_window_view(padded, USUAL_DAYS, axis=0)[:-1]


def median_of_known(values: KilowattArray, *, least: int) -> KilowattArray:
    """Median along the last axis without NaN; NaN where fewer than ``least`` values are known."""
    ordered = np.sort(values, axis=-1)  # NaN goes last
    number = np.isfinite(values).sum(axis=-1)
    low, high = np.maximum(number - 1, 0) // 2, np.minimum(number // 2, values.shape[-1] - 1)
    middle = sum(
        np.take_along_axis(ordered, place[..., None], axis=-1)[..., 0] for place in (low, high)
    )
    return np.where(number >= least, middle / 2, np.nan)
