"""A firm is closed on its country's public holidays and its announced days, not on weekends."""

from datetime import date

import numpy as np
import pytest
from pydantic import ValidationError

from feature_store.calendar.closed_days import closed_days
from feature_store.calendar.public_holidays import UnknownCountryError, public_holidays
from feature_store.entities.firm import Contract, Firm


def firm(**changes):
    declared = {
        "firm_id": "kiln_works",
        "name_ko": "가마",
        "name_en": "Kiln works",
        "contract": Contract(power_kw=500),
    }
    return Firm(**declared | changes)


def closed_on(subject, *days):
    return closed_days(subject, np.array(days, dtype="datetime64[D]")).tolist()


def test_public_holidays_of_the_country_are_closed():
    assert closed_on(firm(), "2026-09-24", "2026-09-23") == [True, False]


def test_weekends_are_left_to_the_readings():
    assert closed_on(firm(), "2026-11-21", "2026-11-22") == [False, False]


def test_announced_days_are_closed_beside_the_public_ones():
    summer_break = firm(closure_days=(date(2026, 8, 3),))
    assert closed_on(summer_break, "2026-08-03", "2026-08-04", "2026-08-15") == [True, False, True]


def test_a_firm_without_a_country_is_closed_on_its_own_days_only():
    own_days = firm(holiday_country=None, closure_days=(date(2026, 3, 25),))
    assert closed_on(own_days, "2026-03-25", "2026-12-25") == [True, False]


def test_dates_of_several_years_keep_their_order():
    assert closed_on(firm(), "2027-01-01", "2025-01-02", "2026-01-01") == [True, False, True]


def test_no_dates_give_no_answers():
    assert closed_on(firm()) == []


def test_an_unknown_country_says_what_to_write():
    with pytest.raises(UnknownCountryError, match="write a two-letter code such as KR"):
        public_holidays("XX", 2026, 2026)


@pytest.mark.parametrize("country", ["XX", "kr", "Korea", ""])
def test_a_firm_of_an_unknown_country_is_refused_when_it_is_declared(country):
    with pytest.raises(ValidationError, match="write its ISO 3166 code such as KR, or null"):
        firm(holiday_country=country)


def test_korean_holidays_have_korean_names():
    assert public_holidays("KR", 2026, 2026)[date(2026, 3, 1)] == "삼일절"
