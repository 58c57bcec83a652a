"""The days that KEPCO meters as off-peak from midnight to midnight."""

from __future__ import annotations

from datetime import date
from functools import cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt
import yaml
from pydantic import BaseModel, ConfigDict

from feature_store.calendar.public_holidays import LocalDates, as_local_dates, holiday_dates

_SUNDAY = 6


class ExcludedHoliday(BaseModel):
    """A holiday of the calendar that the tariff counts as an ordinary day."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    day: date
    reason: str
    confirmed: bool
    """False where the rule's wording says so but no bill or notice has shown it."""


@cache
def excluded_holidays() -> tuple[ExcludedHoliday, ...]:
    """Return the temporary holidays that the tariff does not count, by date."""
    text = (
        files("feature_store.calendar").joinpath("kepco_excluded_holidays.yaml").read_text("utf-8")
    )
    return tuple(ExcludedHoliday.model_validate(entry) for entry in yaml.safe_load(text)["days"])


def off_peak_days(dates: LocalDates, *, exclude_unconfirmed: bool = True) -> npt.NDArray[np.bool_]:
    """Say for each local date whether all of it is off-peak; the same shape as ``dates``.

    Off-peak are Sundays and Korean public holidays, but not the temporary holidays that the
    government designates from time to time. A Saturday that is no holiday is not among them.
    With ``exclude_unconfirmed`` false, a day whose exclusion no bill has shown is a holiday.

    Source: KEPCO Terms and Conditions for Electricity Supply, annex 3, on public holidays
    (관공서의 공휴일에 관한 규정).
    """
    weekday = (dates.astype("datetime64[D]").astype(np.int64) + 3) % 7  # 1970-01-01: a Thursday
    excluded = as_local_dates(
        entry.day for entry in excluded_holidays() if entry.confirmed or exclude_unconfirmed
    )
    holiday = np.isin(dates, holiday_dates("KR", dates)) & ~np.isin(dates, excluded)
    return (weekday == _SUNDAY) | holiday
