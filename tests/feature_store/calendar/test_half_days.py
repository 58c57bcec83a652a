"""The half days of a country are told on every weekday, and of no other country."""

import numpy as np
import pytest

from feature_store.calendar.half_days import half_days, half_days_of_countries
from feature_store.features.load_table import HALF_DAY, REST_DAY, WORKDAY, kinds_of_days
from tests.builders import a_firm

DAYS = np.arange("2016-12-20", "2017-01-03", dtype="datetime64[D]")


@pytest.mark.parametrize(("country", "expected"), [("DE", {"2016-12-24", "2016-12-31"})])
def test_they_are_told_by_date(country, expected):
    assert {str(day) for day in DAYS[half_days(country, DAYS)]} == expected


@pytest.mark.parametrize("country", ["KR", None])
def test_other_countries_have_none(country):
    assert not half_days(country, DAYS).any()


@pytest.mark.parametrize(
    ("day", "kind"),
    [("2010-12-24", HALF_DAY), ("2010-12-23", WORKDAY), ("2017-12-24", REST_DAY)],
)
def test_a_half_day_is_like_a_saturday_unless_it_is_a_sunday(day, kind):
    """24 December was a Friday in 2010 and a Sunday in 2017."""
    told, _ = kinds_of_days(a_firm(holiday_country="DE"), np.array([day], dtype="datetime64[D]"))
    assert told.tolist() == [kind]


def test_every_country_says_where_it_is_stated():
    assert all(one.source for one in half_days_of_countries().values())
