"""How much a firm plans to make on each day, where its production plan says."""

from __future__ import annotations

from typing import get_args

import numpy as np
import numpy.typing as npt

from feature_store.calendar.public_holidays import LocalDates
from feature_store.entities.firm import Firm
from feature_store.entities.work_calendar import PlannedOutput

OUTPUTS: tuple[PlannedOutput, ...] = get_args(PlannedOutput)
UNPLANNED = -1


def planned_output(firm: Firm, dates: LocalDates) -> npt.NDArray[np.int64]:
    """Return the place in ``OUTPUTS`` of each local date, ``UNPLANNED`` where no plan covers it."""
    planned = np.full(dates.shape, UNPLANNED, dtype=np.int64)
    for period in firm.work_calendar:
        if period.output is not None:
            first, last = np.datetime64(period.first_day, "D"), np.datetime64(period.last_day, "D")
            planned[(dates >= first) & (dates <= last)] = OUTPUTS.index(period.output)
    return planned
