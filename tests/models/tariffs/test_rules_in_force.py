"""Which version of a rule holds on a day, to the day, and what it makes of prices."""

from datetime import date, datetime

import numpy as np
import pytest

from feature_store.entities.firm import Contract
from feature_store.time_grid import TimeGrid
from models.tariffs.billed_demand import billed_demand_rule, remembered_months
from models.tariffs.dated import Dated, dates_in_force, in_order, version_of
from models.tariffs.errors import NoTariffError, TariffTableError
from models.tariffs.expected_peaks import expected_peak, months_measured_for
from models.tariffs.grid_prices import basic_krw_per_kw, grid_prices
from models.tariffs.hours import SEASONS, HoursFile
from models.tariffs.kepco_tables import ClassTable, class_table, kepco_tables
from models.tariffs.switches import Switches
from models.tariffs.time_of_use import energy_cost_krw
from models.tariffs.value_of_kw import ValueOfKw, value_of_kw
from tests.builders import SEOUL
from tests.models.tariffs.bill.metered import month_of
from tests.models.tariffs.monthly_levels import history_of_levels

CONTRACT = Contract(power_kw=400, option="II")


def version(start: str, until: str | None) -> Dated:
    return Dated.model_validate(
        {"from": start, "until": until, "confidence": "one_source", "source": "made up"}
    )


def days(*texts: str) -> np.ndarray:
    return np.array(texts, dtype="datetime64[D]")


def ended() -> tuple[Dated, ...]:
    return in_order(
        [version("2021-01-01", "2021-01-01"), version("2021-01-02", "2022-12-31")], "made up"
    )


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (("2021-01-01",), [0]),
        (("2021-01-02", "2022-12-31"), [1, 1]),
        (("2021-01-01", "2021-01-02"), [0, 1]),
        ((), []),
    ],
)
def test_a_table_that_has_ended_answers_up_to_its_last_day(asked, found):
    assert version_of(days(*asked), ended(), "made up").tolist() == found


@pytest.mark.parametrize("outside", ["2020-12-31", "2023-01-01"])
def test_a_day_outside_of_a_table_that_has_ended_is_refused(outside):
    with pytest.raises(NoTariffError, match=rf"{outside}.*2021-01-01 until 2022-12-31"):
        version_of(days("2022-01-01", outside), ended(), "made up")


def test_a_version_holds_from_its_first_day_on():
    versions = in_order([version("2021-01-01", "2022-12-31"), version("2023-01-01", None)], "x")
    assert version_of(days("2023-01-01"), versions, "x").tolist() == [1]
    assert version_of(days("2022-12-31"), versions, "x").tolist() == [0]


def test_a_version_covers_both_of_its_days_and_an_open_one_all_that_follow():
    asked = days("2020-12-31", "2021-01-01", "2022-12-31", "2023-01-01")
    ended_one = version("2021-01-01", "2022-12-31")
    assert ended_one.covers(asked).tolist() == [False, True, True, False]
    assert version("2021-01-01", None).covers(asked).tolist() == [False, True, True, True]


def test_a_contract_that_names_a_day_is_billed_by_the_tables_of_that_day():
    asked = days("2026-05-01", "2026-05-02")
    assert dates_in_force(CONTRACT, asked).tolist() == asked.tolist()
    then = CONTRACT.model_copy(update={"tariff_date": date(2022, 5, 1)})
    assert dates_in_force(then, asked).tolist() == [date(2022, 5, 1)] * 2


def test_a_reform_that_was_put_off_leaves_the_eve_in_force_while_it_could_be():
    table = kepco_tables().classes["industrial_eul"]
    asked = days("2026-04-15", "2026-04-16", "2026-09-30", "2026-10-01")
    eve = date(2026, 4, 15)
    deferred = table.rules_date(asked, deferred=True)
    assert deferred.tolist() == [eve, eve, eve, date(2026, 10, 1)]
    assert table.rules_date(asked, deferred=False).tolist() == asked.tolist()


def test_the_demand_charge_is_that_of_voltage_and_option():
    asked = days("2021-01-01", "2026-05-01")
    assert basic_krw_per_kw(CONTRACT, asked).tolist() == [8320, 8320]
    other = Contract(power_kw=400, option="I")
    assert basic_krw_per_kw(other, asked).tolist() == [7220, 7220]


def test_energy_costs_its_band_with_climate_and_fuel_for_each_path():
    # Wednesday 1 July 2026, 14-16 h: an hour of mid at 163.8 won, one of peak at 229.0; 9 + 5 more.
    grid = TimeGrid(datetime(2026, 7, 1, 14, tzinfo=SEOUL), steps=8)
    prices = grid_prices(CONTRACT, grid, SEOUL)
    assert prices.krw_per_kwh.tolist() == pytest.approx([177.8] * 4 + [243.0] * 4)
    flat, late = np.full(8, 100.0), np.repeat([0.0, 40.0], 4)
    assert float(energy_cost_krw(flat, prices).value) == pytest.approx(100 * (177.8 + 243.0))
    both = energy_cost_krw(np.stack([flat, late], axis=1), prices).value
    assert both.tolist() == pytest.approx([100 * (177.8 + 243.0), 40 * 243.0])


@pytest.mark.parametrize(("reading", "off_krw"), [("rate_cut", 60.7), ("exact_half", 60.75)])
def test_half_of_an_odd_price_is_cut_to_a_tenth_or_taken_exactly(reading, off_krw):
    contract = Contract(power_kw=400, option="I")
    # Sunday 3 May 2026, 10-15 h: off-peak at 121.5, discounted from 11 to 14 h.
    grid = TimeGrid(datetime(2026, 5, 3, 10, tzinfo=SEOUL), steps=20)
    prices = grid_prices(contract, grid, SEOUL, Switches(weekend_discount=reading))
    assert set(prices.listed_krw_per_kwh) == {121.5}
    expected = [0.0] * 4 + [off_krw] * 12 + [0.0] * 4
    assert prices.discount_krw_per_kwh.tolist() == pytest.approx(expected, abs=1e-9)
    friday = TimeGrid(datetime(2026, 5, 8, 10, tzinfo=SEOUL), steps=20)
    assert not grid_prices(contract, friday, SEOUL).discount_krw_per_kwh.any()
    july = TimeGrid(datetime(2026, 7, 5, 10, tzinfo=SEOUL), steps=20)
    assert not grid_prices(contract, july, SEOUL).discount_krw_per_kwh.any()


def test_the_ratchet_remembers_winter_and_summer_of_the_last_eleven_months():
    rule = billed_demand_rule(CONTRACT, month_of("2026-05"))
    assert [str(month) for month in remembered_months(rule, month_of("2026-05"))] == [
        "2025-07",
        "2025-08",
        "2025-09",
        "2025-12",
        "2026-01",
        "2026-02",
    ]
    assert [str(month) for month in remembered_months(rule, month_of("2026-07"))] == [
        "2025-08",
        "2025-09",
        "2025-12",
        "2026-01",
        "2026-02",
    ]


def test_a_coming_month_is_expected_to_be_like_its_last_year_then_its_season_then_any():
    july, june, winter = month_of("2025-07"), month_of("2025-06"), month_of("2026-01")
    measured_kw = {june: 500.0, july: 400.0, winter: 700.0}
    for month, peak_kw, ground, seen_in in [
        ("2026-07", 400.0, "same_month_last_year", july),
        ("2026-08", 500.0, "same_season", june),
        ("2026-04", 700.0, "any_month", winter),
    ]:
        expected = expected_peak(month_of(month), measured_kw)
        assert expected is not None
        assert expected.month == month_of(month)
        assert (expected.peak_kw, expected.ground, expected.seen_in) == (peak_kw, ground, seen_in)
    assert expected_peak(month_of("2026-07"), {}) is None
    alike = expected_peak(month_of("2026-08"), {june: 400.0, july: 400.0})
    assert alike is not None
    assert alike.seen_in == july
    assert months_measured_for(month_of("2026-07")) == (july, month_of("2026-06"))


FIRST = {"from": "2021-01-01", "until": "2021-12-31", "confidence": "derived", "source": "made up"}
LATER = FIRST | {"from": "2023-01-01", "until": None}
NEXT = FIRST | {"from": "2022-01-01", "until": None}
ALL_DAY = {"off_peak": [], "mid": [[0, 24]], "peak": []}
OFF = {"months": [3], "hours": [11, 14], "share": 0.5}


def a_class(**parts: list[dict]) -> ClassTable:
    hours = {"tables": {"plain": dict.fromkeys(SEASONS, ALL_DAY)}, "seasons": {}}
    declared = {
        "tariff_class": "industrial_eul",
        "demand_metered": True,
        "contract_power_kw": {"least": 300, "most": None},
        "checked_until": "2026-06-01",
        "hours": [one | {"table": "plain"} for one in parts.get("hours", [FIRST, NEXT])],
        "rates": [one | {"prices": {}} for one in parts.get("rates", [FIRST, NEXT])],
        "deferrals": parts.get("deferrals", []),
        "weekend_discounts": [one | OFF for one in parts.get("discounts", [])],
    }
    return class_table(declared, HoursFile.model_validate(hours))


@pytest.mark.parametrize("part", ["hours", "rates"])
def test_hours_and_rates_of_a_class_leave_no_day_out(part):
    assert len(a_class().hours) == len(a_class().rates) == 2
    with pytest.raises(TariffTableError, match=rf"{part}: no version covers 2022-01-01 to 2022-12"):
        a_class(**{part: [FIRST, LATER]})


def test_deferrals_and_discounts_of_a_class_may_leave_days_out_and_are_put_in_order():
    table = a_class(
        hours=[NEXT, FIRST], rates=[NEXT, FIRST], deferrals=[LATER, FIRST], discounts=[LATER, FIRST]
    )
    for versions in (table.hours, table.rates):
        assert [one.from_day.year for one in versions] == [2021, 2022]
    for versions in (table.deferrals, table.weekend_discounts):
        assert [one.from_day.year for one in versions] == [2021, 2023]
    with pytest.raises(TariffTableError, match=r"deferrals.*overlap"):
        a_class(deferrals=[NEXT, LATER])
    with pytest.raises(TariffTableError, match=r"weekend discounts.*overlap"):
        a_class(discounts=[NEXT, LATER])


def test_the_value_of_a_kilowatt_names_its_month_and_later_months_have_their_floor():
    level_kw = {month_of("2026-01").earlier(back): 100.0 for back in range(12)}
    history, january = history_of_levels(level_kw), month_of("2026-01")
    worth = value_of_kw(Contract(power_kw=2000), history, january, SEOUL)
    assert worth.month == january
    assert len(worth.charges) > 1
    assert {charge.anyway_kw for charge in worth.charges} == {600.0}  # 30 % of 2,000 kW
    low = Contract(tariff_class="industrial_gab_1", voltage="low", option="none", power_kw=90)
    assert value_of_kw(low, history, january, SEOUL) == ValueOfKw(month=january, charges=())
