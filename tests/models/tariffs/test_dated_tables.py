"""A table that contradicts itself is refused by name, and a day without a version is an error."""

from datetime import date, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feature_store.entities.firm import Contract
from feature_store.errors import SandanError
from feature_store.time_grid import TimeGrid
from models.tariffs.billing_month import BillingMonth, billing_month_numbers
from models.tariffs.dated import Dated, in_order, version_of
from models.tariffs.errors import NoTariffError, TariffTableError
from models.tariffs.grid_prices import grid_prices
from models.tariffs.hours import HoursFile, HoursOfBands
from models.tariffs.kepco_tables import ExcessRule, class_table
from tests.builders import SEOUL

DAYS = st.dates(date(2015, 1, 1), date(2035, 12, 31))


def version(start: str, until: str | None) -> Dated:
    return Dated.model_validate(
        {"from": start, "until": until, "confidence": "one_source", "source": "made up"}
    )


def days(*texts: str) -> np.ndarray:
    return np.array(texts, dtype="datetime64[D]")


def test_each_day_gets_the_version_in_force():
    versions = in_order([version("2023-01-01", None), version("2021-01-01", "2022-12-31")], "rates")
    found = version_of(days("2021-01-01", "2022-12-31", "2023-01-01", "2030-06-01"), versions, "x")
    assert found.tolist() == [0, 0, 1, 1]


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        (
            ("2021-01-01", "2023-01-01"),
            ("2023-01-01", None),
            "overlap; end the first on 2022-12-31",
        ),
        (("2021-01-01", None), ("2023-01-01", None), "overlap"),
        (("2021-01-01", "2022-12-30"), ("2023-01-01", None), "2022-12-31 to 2022-12-31"),
        (("2021-01-01", "2020-12-31"), ("2023-01-01", None), "write the later day second"),
    ],
)
def test_overlapping_and_missing_dates_are_refused_with_the_days(first, second, said):
    with pytest.raises(TariffTableError, match=said):
        in_order([version(*first), version(*second)], "rates")


def test_an_exception_to_a_rule_may_leave_days_uncovered():
    rules = [version("2021-01-01", "2021-12-31"), version("2023-01-01", "2023-12-31")]
    assert len(in_order(rules, "discounts", gaps=True)) == 2


def test_a_class_whose_rates_overlap_is_refused():
    rate = {"confidence": "one_source", "source": "made up", "prices": {}}
    span = {"confidence": "one_source", "source": "made up", "table": "all_day"}
    all_day = {"off_peak": [], "mid": [[0, 24]], "peak": []}
    seasons = ("summer", "spring_autumn", "winter")
    hours = HoursFile.model_validate(
        {"seasons": {}, "tables": {"all_day": dict.fromkeys(seasons, all_day)}}
    )
    declared = {
        "tariff_class": "industrial_eul",
        "demand_metered": True,
        "contract_power_kw": {"least": 300, "most": None},
        "checked_until": "2026-06-01",
        "hours": [span | {"from": "2021-01-01", "until": None}],
        "rates": [
            rate | {"from": "2021-01-01", "until": None},
            rate | {"from": "2022-01-01", "until": None},
        ],
    }
    with pytest.raises(TariffTableError, match="industrial_eul rates"):
        class_table(declared, hours)
    with pytest.raises(TariffTableError, match="'night' does not exist"):
        class_table(declared | {"hours": [declared["hours"][0] | {"table": "night"}]}, hours)


@pytest.mark.parametrize("mid", [[[9, 22]], [[7, 22]]])
def test_an_hour_in_two_bands_or_in_none_is_refused(mid):
    table = HoursOfBands.model_validate({"off_peak": [[22, 24], [0, 8]], "mid": mid, "peak": []})
    with pytest.raises(TariffTableError, match="put it into exactly one"):
        table.band_by_hour("made up, summer")


def test_a_month_without_a_season_is_refused():
    with pytest.raises(TariffTableError, match="every month"):
        HoursFile.model_validate({"seasons": {"summer": [6, 7]}, "tables": {}}).season_by_month()


def test_a_day_before_the_first_version_is_an_error_that_says_what_is_covered():
    grid = TimeGrid(datetime(2020, 12, 31, 23, tzinfo=SEOUL), steps=8)
    with pytest.raises(NoTariffError, match=r"2020-12-31.*from 2021-01-01 until further notice"):
        grid_prices(Contract(power_kw=500), grid, SEOUL)


def test_an_option_that_the_class_does_not_have_is_an_error_that_lists_them():
    contract = Contract(tariff_class="industrial_gab_2", option="III", power_kw=200)
    grid = TimeGrid(datetime(2026, 7, 1, tzinfo=SEOUL), steps=8)
    with pytest.raises(NoTariffError, match="high_a/I, high_a/II") as refused:
        grid_prices(contract, grid, SEOUL)
    assert isinstance(refused.value, SandanError)


@given(day=DAYS, reading_day=st.integers(1, 28))
def test_every_day_lies_between_the_first_days_of_its_billing_month_and_the_next(day, reading_day):
    month = BillingMonth.of(day, reading_day)
    assert month.first_day(reading_day) <= day < month.earlier(-1).first_day(reading_day)
    numbers = billing_month_numbers(np.array([day], dtype="datetime64[D]"), reading_day)
    assert numbers.tolist() == [month.number]
    assert BillingMonth.of_number(month.number) == month


def test_read_on_the_first_a_billing_month_is_the_calendar_month():
    assert str(BillingMonth.of(date(2026, 1, 31), 1)) == "2026-01"
    assert str(BillingMonth.of(date(2025, 12, 20), 15)) == "2026-01"


@pytest.mark.parametrize(
    ("ladder", "said"),
    [
        ([(0.2, 1.5)], "the last step"),
        ([(None, 1.5), (None, 2.0)], "the last step"),
        ([(0.3, 1.5), (0.2, 2.0), (None, 4.0)], "the steps rise"),
    ],
)
def test_a_ladder_of_excess_that_does_not_rise_to_an_open_end_is_refused(ladder, said):
    steps = [{"below_share": share, "basic_multiple": multiple} for share, multiple in ladder]
    span = {"from": "2021-01-01", "until": None, "confidence": "one_source", "source": "made up"}
    with pytest.raises(ValueError, match=said):
        ExcessRule.model_validate(span | {"ladder": steps})
