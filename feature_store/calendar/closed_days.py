"""The days on which a firm does not work, weekends apart."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from feature_store.calendar.public_holidays import LocalDates, as_local_dates, holiday_dates
from feature_store.entities.firm import Firm


def closed_days(firm: Firm, dates: LocalDates) -> npt.NDArray[np.bool_]:
    """Say for each local date whether the firm is closed; the same shape as ``dates``.

    Closed are the public holidays of the firm's ``holiday_country`` and its ``closure_days``.
    Weekends are not: whether a firm works on them is for its readings to show.
    """
    closed = np.isin(dates, as_local_dates(firm.closure_days))
    if firm.holiday_country is not None:
        closed |= np.isin(dates, holiday_dates(firm.holiday_country, dates))
    return closed
