"""The days on which a firm declared to work other hours than its usual ones."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from feature_store.calendar.public_holidays import LocalDates
from feature_store.calendar.work_periods import days_of
from feature_store.entities.firm import Firm

USUAL_HOURS = 0
"""Number of the days on which the firm works its usual hours."""


def shift_days(firm: Firm, dates: LocalDates) -> npt.NDArray[np.bool_]:
    """Say for each local date whether a declared shift or a planned outage covers it.

    The shape is that of ``dates``. So a check compares such days with each other alone, and takes
    no planned standstill for a meter that fell silent.
    """
    return days_of(firm, dates, "shift", "outage")


def shift_numbers(firm: Firm, dates: LocalDates) -> npt.NDArray[np.int64]:
    """Return for each local date which declared hours are worked, the shape that of ``dates``.

    Days of the same hours have the same number, above ``USUAL_HOURS``; where periods overlap, the
    one that is declared later in the calendar holds.
    """
    shifts = [period for period in firm.work_calendar if period.kind == "shift"]
    hours = sorted({str(period.hours) for period in shifts})
    numbers = np.full(dates.shape, USUAL_HOURS, dtype=np.int64)
    for period in shifts:
        first, last = np.datetime64(period.first_day, "D"), np.datetime64(period.last_day, "D")
        numbers[(dates >= first) & (dates <= last)] = 1 + hours.index(str(period.hours))
    return numbers
