"""The named rules by which a value stands in for a reading that is missing or not believed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from feature_store.quality.meter_record import MeterRecord, Run, median_of_known
from feature_store.time_grid import STEPS_PER_HOUR, KilowattArray

STRAIGHT_STEPS = STEPS_PER_HOUR
"""Up to an hour, the readings on both sides tell more than other days do."""


class FillingRule(IntEnum):
    """By which rule an interval was filled; the number is what an array holds."""

    MEASURED = 0
    """Not filled: the reading as received."""
    STRAIGHT_LINE = 1
    """On the line between the readings before and after."""
    ALIKE_DAYS = 2
    """What is usual at that clock step on days of the same kind."""
    ENERGY_SPREAD = 3
    """The energy that arrived late in one interval, spread by the usual shape; none is lost."""
    COUNTER_SIZE = 4
    """The reading with the size of the counter added or taken away."""
    UNKNOWN = 5
    """Not believed, and nothing is known that could stand in: NaN."""


@dataclass(frozen=True, kw_only=True)
class Replacement:
    """Values in place of the readings of one run."""

    kw: KilowattArray
    """Shape (run.steps,); NaN where nothing can be said."""
    rule: FillingRule


def interpolated(record: MeterRecord, run: Run) -> Replacement:
    """Fill a short run on a straight line, a longer one as on alike days.

    The line is drawn only where both neighbours were measured.
    """
    inside = run.first > 0 and run.after < record.grid.steps
    if run.steps > STRAIGHT_STEPS or not inside:
        return as_on_alike_days(record, run)
    before, after = record.kw[run.first - 1], record.kw[run.after]
    kw = np.linspace(before, after, run.steps + 2)[1:-1]
    if not np.isfinite(kw).all():
        return as_on_alike_days(record, run)
    return Replacement(kw=kw, rule=FillingRule.STRAIGHT_LINE)


def as_on_alike_days(record: MeterRecord, run: Run) -> Replacement:
    """Fill with what is usual at each step; what cannot be told stays NaN."""
    return Replacement(kw=usual_kw(record, run), rule=FillingRule.ALIKE_DAYS)


def usual_kw(record: MeterRecord, run: Run) -> KilowattArray:
    """What is usual in a run, shape (run.steps,).

    Of earlier days; where too few are known, of all alike days that the record holds beside those
    of the run. NaN where there is none.
    """
    expected = record.expected_kw[run.slice].copy()
    for step in np.flatnonzero(~np.isfinite(expected)):
        day, at = record.day[run.first + step], record.step_of_day[run.first + step]
        others = (record.kinds == record.kinds[day]) & ~np.isin(
            np.arange(len(record.kinds)), record.day[run.slice]
        )
        values = record.by_day_kw[others, at]
        if np.isfinite(values).any():
            expected[step] = median_of_known(values[None], least=1)[0]
    return expected
