"""The dates that a firm's declared periods of work or rest cover."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from feature_store.calendar.public_holidays import LocalDates
from feature_store.entities.firm import Firm
from feature_store.entities.work_calendar import WorkPeriod, WorkPeriodKind


def days_of(firm: Firm, dates: LocalDates, *kinds: WorkPeriodKind) -> npt.NDArray[np.bool_]:
    """Say for each local date whether a period of ``kinds`` covers it; the shape of ``dates``."""
    covered = np.zeros(dates.shape, dtype=np.bool_)
    for period in firm.work_calendar:
        if period.kind in kinds:
            covered |= (dates >= np.datetime64(period.first_day, "D")) & (
                dates <= np.datetime64(period.last_day, "D")
            )
    return covered


def with_periods(firm: Firm, periods: Iterable[WorkPeriod], *, replacing: bool = False) -> Firm:
    """Return the firm with further periods, in the order of time; equal ones are kept once.

    With ``replacing`` those declared before are left out: so a period is taken back.
    """
    kept = () if replacing else firm.work_calendar
    every = dict.fromkeys((*kept, *periods))
    ordered = sorted(every, key=lambda period: (period.first_day, period.last_day, period.kind))
    return firm.model_copy(update={"work_calendar": tuple(ordered)})


def keeping_calendar(firm: Firm, before: Firm | None) -> Firm:
    """Return the firm with the calendar it had, if its declaration says nothing of one.

    Calendars are uploaded apart: a file that changes a contract must not drop them.
    """
    if before is None or "work_calendar" in firm.model_fields_set:
        return firm
    return firm.model_copy(update={"work_calendar": before.work_calendar})
