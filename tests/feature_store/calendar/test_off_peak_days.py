"""KEPCO's off-peak days are Sundays and public holidays, but not designated temporary holidays."""

import numpy as np
import pytest

from feature_store.calendar.off_peak_days import excluded_holidays, off_peak_days


def is_off_peak(day):
    return bool(off_peak_days(np.array([day], dtype="datetime64[D]"))[0])


@pytest.mark.parametrize(
    ("day", "why"),
    [
        ("2026-11-22", "a Sunday"),
        ("2026-10-05", "a substitute holiday on a Monday"),
        ("2026-06-03", "an election at the end of a term"),
        ("2026-05-01", "Labour Day, public from 2026"),
        ("2026-07-17", "Constitution Day, public again from 2026"),
    ],
)
def test_off_peak_all_day(day, why):
    assert is_off_peak(day), why


@pytest.mark.parametrize(
    ("day", "why"),
    [
        ("2026-11-20", "a Friday"),
        ("2026-11-21", "a Saturday"),
        ("2025-05-01", "Labour Day before 2026 binds employers, not public offices"),
        ("2025-07-17", "Constitution Day before 2026"),
    ],
)
def test_ordinary_by_the_tariff(day, why):
    assert not is_off_peak(day), why


@pytest.mark.parametrize("day", ["2015-08-14", "2016-05-06", "2017-10-02", "2020-08-17"])
def test_the_temporary_holidays_of_older_years_are_ordinary_days(day):
    assert not is_off_peak(day)


@pytest.mark.parametrize("entry", excluded_holidays(), ids=lambda entry: entry.day.isoformat())
def test_a_temporary_holiday_is_an_ordinary_day(entry):
    assert not is_off_peak(entry.day)


def test_the_uncertain_exclusions_are_marked_alike():
    uncertain = [str(entry.day) for entry in excluded_holidays() if not entry.confirmed]
    assert uncertain == ["2017-05-09", "2025-06-03"]  # both elections after a vacancy


def test_a_year_has_its_sundays_and_its_weekday_holidays():
    year_2026 = np.arange("2026-01-01", "2027-01-01", dtype="datetime64[D]")
    # 52 Sundays; 22 holidays of 2026, of which 2026-03-01 and 2026-05-24 are Sundays
    assert off_peak_days(year_2026).sum() == 52 + 22 - 2
