"""An option is free to change a year after its last change, and not a day earlier."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.diagnosis.option_change import OptionRule

DAYS = st.dates(date(2013, 1, 1), date(2040, 12, 31))


@pytest.mark.parametrize(
    ("last_change", "day", "free_from"),
    [
        (date(2025, 11, 22), date(2026, 11, 22), date(2026, 11, 22)),
        (date(2025, 11, 23), date(2026, 11, 22), date(2026, 11, 23)),
        (date(2024, 2, 29), date(2025, 2, 28), date(2025, 3, 1)),
        (None, date(2026, 11, 22), date(2026, 11, 22)),
    ],
)
def test_a_year_must_have_passed(last_change, day, free_from):
    rule = OptionRule(day=day, last_change=last_change)
    assert rule.free_from == free_from
    assert rule.free == (free_from == day)


@given(last_change=DAYS, day=DAYS)
def test_the_wait_is_never_longer_than_a_year_and_never_in_the_past(last_change, day):
    rule = OptionRule(day=day, last_change=last_change)
    assert rule.free_from >= day
    assert rule.free or rule.free_from - last_change <= timedelta(days=366)
    assert (
        rule.free == (day - last_change >= timedelta(days=366))
        or abs((day - last_change).days - 365) <= 1
    )
