"""A billing month: from one meter-reading day to the day before the next."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from models.tariffs.dated import LocalDates
from models.tariffs.errors import UnknownMonthError

MONTHS_PER_YEAR = 12
WRITTEN_PATTERN = "(20[0-9]{2})-(0[1-9]|1[0-2])"
"""A billing month as it is written; meters of 15 minutes are no older than the century."""


@dataclass(frozen=True, order=True)
class BillingMonth:
    """The month that a bill is about, named by the month in which its last day lies.

    With the meter read on the 1st it is the calendar month; with the 15th, July runs from
    15 June to 14 July. Source of the period: KEPCO terms of supply, 기본공급약관 제70조. The
    name for readings after the 1st is inferred from KEPCO's monthly statements.

    Example:
        >>> month = BillingMonth.of(date(2026, 6, 20), meter_reading_day=15)
        >>> str(month), month.first_day(15).isoformat(), str(month.earlier(7))
        ('2026-07', '2026-06-15', '2025-12')
    """

    year: int
    month: int
    """1 to 12."""

    def __str__(self) -> str:
        return f"{self.year:04}-{self.month:02}"

    @classmethod
    def parse(cls, text: str) -> BillingMonth:
        """Read a month as ``str`` writes it; anything else is a :class:`UnknownMonthError`.

        Example:
            >>> BillingMonth.parse("2026-07")
            BillingMonth(year=2026, month=7)
        """
        written = re.fullmatch(WRITTEN_PATTERN, text)
        if written is None:
            raise UnknownMonthError(f"{text!r} is not a billing month; write it like 2026-07")
        return cls(int(written[1]), int(written[2]))

    @classmethod
    def of_number(cls, number: int) -> BillingMonth:
        """Return the month of a running number as in :attr:`number`."""
        return cls(number // MONTHS_PER_YEAR, number % MONTHS_PER_YEAR + 1)

    @classmethod
    def of(cls, day: date, meter_reading_day: int) -> BillingMonth:
        """Return the billing month that ``day`` is billed in."""
        dates = np.array([day], dtype="datetime64[D]")
        return cls.of_number(int(billing_month_numbers(dates, meter_reading_day)[0]))

    @property
    def number(self) -> int:
        """Months since year 0: what months are counted and compared by."""
        return self.year * MONTHS_PER_YEAR + self.month - 1

    def earlier(self, months: int) -> BillingMonth:
        """Return the billing month ``months`` before this one."""
        return BillingMonth.of_number(self.number - months)

    def first_day(self, meter_reading_day: int) -> date:
        """Return the first day of the period."""
        start = self if meter_reading_day == 1 else self.earlier(1)
        return date(start.year, start.month, meter_reading_day)


def billing_month_numbers(dates: LocalDates, meter_reading_day: int) -> npt.NDArray[np.int64]:
    """Return the running number of the billing month of each date, the same shape."""
    months = dates.astype("datetime64[M]")
    day_of_month = (dates - months.astype("datetime64[D]")).astype(np.int64) + 1
    number = months.astype(np.int64) + 1970 * MONTHS_PER_YEAR  # numpy counts from 1970-01
    if meter_reading_day == 1:
        return number
    return number + (day_of_month >= meter_reading_day)
