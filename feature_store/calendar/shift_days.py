"""The days on which a firm declared to work other hours than its usual ones."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from feature_store.calendar.public_holidays import LocalDates
from feature_store.calendar.work_periods import days_of
from feature_store.entities.firm import Firm


def shift_days(firm: Firm, dates: LocalDates) -> npt.NDArray[np.bool_]:
    """Say for each local date whether a declared shift or a planned outage covers it.

    The shape is that of ``dates``. So a check compares such days with each other alone, and takes
    no planned standstill for a meter that fell silent.
    """
    return days_of(firm, dates, "shift", "outage")
