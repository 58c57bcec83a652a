"""The days on which a firm does not work, weekends apart."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from feature_store.calendar.public_holidays import LocalDates, as_local_dates, holiday_dates
from feature_store.calendar.work_periods import days_of
from feature_store.entities.firm import Firm


def closed_days(firm: Firm, dates: LocalDates) -> npt.NDArray[np.bool_]:
    """Say for each local date whether the firm is closed; the same shape as ``dates``.

    Closed are the public holidays of the firm's ``holiday_country``, its ``closure_days``, and the
    closures and summer shutdowns of its ``work_calendar``. A declared shift opens no closed day.
    Weekends are not: whether a firm works on them is for its readings to show.
    """
    closed = np.isin(dates, as_local_dates(firm.closure_days))
    closed |= days_of(firm, dates, "closure", "summer_shutdown")
    if firm.holiday_country is not None:
        closed |= np.isin(dates, holiday_dates(firm.holiday_country, dates))
    return closed
