"""Every Korean holiday of 2021 to 2027 by date: public, substitute, election, and the excluded."""

from datetime import date

import numpy as np
import pytest

from feature_store.calendar.off_peak_days import off_peak_days
from feature_store.calendar.public_holidays import public_holidays

SUNDAY = 6

# Written from the government's notices, Sundays left out: they are off-peak by themselves.
# T: temporary, an ordinary day for KEPCO; S: substitute; E: election.
GOLDEN = {
    2021: "01-01 02-11 02-12 02-13 03-01 05-05 05-19 08-16S 09-20 09-21 09-22 10-04S 10-09 10-11S "
    "12-25",
    2022: "01-01 01-31 02-01 02-02 03-01 03-09E 05-05 06-01E 06-06 08-15 09-09 09-10 09-12S 10-03 "
    "10-10S",
    2023: "01-21 01-23 01-24S 03-01 05-05 05-27 05-29S 06-06 08-15 09-28 09-29 09-30 10-02T 10-03 "
    "10-09 12-25",
    2024: "01-01 02-09 02-10 02-12S 03-01 04-10E 05-06S 05-15 06-06 08-15 09-16 09-17 09-18 10-01T "
    "10-03 10-09 12-25",
    2025: "01-01 01-27T 01-28 01-29 01-30 03-01 03-03S 05-05 05-06S 06-03T 06-06 08-15 10-03 10-06 "
    "10-07 10-08S 10-09 12-25",
    2026: "01-01 02-16 02-17 02-18 03-02S 05-01 05-05 05-25S 06-03E 06-06 07-17 08-15 08-17S 09-24 "
    "09-25 09-26 10-03 10-05S 10-09 12-25",
    2027: "01-01 02-06 02-08 02-09S 03-01 05-01 05-03S 05-05 05-13 07-17 07-19S 08-16S 09-14 09-15 "
    "09-16 10-04S 10-09 10-11S 12-25 12-27S",
}


def days(year, *, temporary):
    return {
        date.fromisoformat(f"{year}-{told[:5]}")
        for told in GOLDEN[year].split()
        if temporary or not told.endswith("T")
    }


@pytest.mark.parametrize("year", GOLDEN)
def test_the_public_holidays_are_those_of_the_notices(year):
    known = {day for day in public_holidays("KR", year, year) if day.weekday() != SUNDAY}
    assert known == days(year, temporary=True)


@pytest.mark.parametrize("year", GOLDEN)
def test_kepco_counts_all_of_them_as_off_peak_but_the_temporary_ones(year):
    every = np.arange(f"{year}-01-01", f"{year + 1}-01-01", dtype="datetime64[D]")
    off_peak = {day for day in every[off_peak_days(every)].tolist() if day.weekday() != SUNDAY}
    assert off_peak == days(year, temporary=False)


@pytest.mark.parametrize(
    ("country", "day"),
    [("DE", date(2026, 10, 3)), ("US", date(2026, 7, 4)), ("JP", date(2026, 2, 11))],
)
def test_other_countries_are_known_by_name(country, day):
    assert day in public_holidays(country, 2026, 2026)
