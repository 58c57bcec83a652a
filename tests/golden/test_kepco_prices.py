"""Prices, bands and counted demand of single hours, worked out by hand from the published tables.

Source of the figures: KEPCO terms of supply of 2024-10-24 (기본공급약관, annexes 1 and 3), the
tariff table of 2026-06-01 and the announcement of 2026-03-13.
"""

from datetime import datetime

import numpy as np
import pytest

from feature_store.entities.firm import Contract
from feature_store.time_grid import TimeGrid
from models.tariffs.band import Band
from models.tariffs.demand_charge import demand_cost_krw, excess_cost_krw
from models.tariffs.grid_prices import GridPrices, grid_prices
from models.tariffs.time_of_use import energy_cost_krw
from tests.builders import SEOUL

A1 = Contract(power_kw=1000, option="I")
A2 = Contract(power_kw=1000, option="II")
DEFERRED = Contract(power_kw=1000, option="II", reform_deferred=True)
GAB2 = Contract(tariff_class="industrial_gab_2", power_kw=250, option="II")
LIVED_AGAIN = Contract(power_kw=1000, option="II", tariff_date="2026-06-01")
LOW = Contract(tariff_class="industrial_gab_1", voltage="low", option="none", power_kw=90)


def hour(start: str, contract: Contract = A2) -> GridPrices:
    moment = datetime.fromisoformat(start).replace(tzinfo=SEOUL)
    return grid_prices(contract, TimeGrid(moment, steps=4), SEOUL)


@pytest.mark.parametrize(
    ("start", "contract", "band", "energy", "addition"),
    [
        # Rates, hours and climate charge change with the year; 22-23 h was peak in winter until
        # then, and its Saturday energy was billed as mid.
        ("2022-12-30T22:00", A2, Band.PEAK, 178.5, 7.3 + 5.0),
        ("2022-12-31T22:00", A2, Band.MID, 121.0, 7.3 + 5.0),
        ("2023-01-01T22:00", A2, Band.OFF_PEAK, 86.3, 9.0 + 5.0),
        ("2023-01-02T22:00", A2, Band.OFF_PEAK, 86.3, 9.0 + 5.0),
        # The reform of 16 April 2026 moves the peak from the afternoon to the evening.
        ("2026-04-15T14:00", A2, Band.PEAK, 164.1, 14.0),
        ("2026-04-16T14:00", A2, Band.MID, 133.4, 14.0),
        ("2026-04-15T18:00", A2, Band.MID, 133.4, 14.0),
        ("2026-04-16T18:00", A2, Band.PEAK, 150.9, 14.0),
        # Who put it off keeps rates and hours until 30 September.
        ("2026-04-16T14:00", DEFERRED, Band.PEAK, 164.1, 14.0),
        ("2026-09-30T14:00", DEFERRED, Band.PEAK, 164.1, 14.0),
        ("2026-10-01T14:00", DEFERRED, Band.MID, 133.4, 14.0),
        # A year from before every table, billed as if the table of 2026-06-01 had held: 18 h in
        # July is dear now, 14 h is not, and a Sunday is cheap in 2018 as in any year.
        ("2018-07-03T18:00", LIVED_AGAIN, Band.PEAK, 229.0, 14.0),
        ("2018-07-03T14:00", LIVED_AGAIN, Band.MID, 163.8, 14.0),
        ("2018-07-01T18:00", LIVED_AGAIN, Band.OFF_PEAK, 116.0, 14.0),
        # Class (갑)Ⅱ changes its hours on 1 June and not its rates.
        ("2026-05-29T16:00", GAB2, Band.PEAK, 114.8, 14.0),
        ("2026-05-29T19:00", GAB2, Band.MID, 95.6, 14.0),
        ("2026-06-01T19:00", GAB2, Band.PEAK, 150.1, 14.0),
        # Class (갑)Ⅰ has one price a season.
        ("2026-07-01T19:00", LOW, Band.MID, 116.2, 14.0),
        ("2026-07-02T03:00", LOW, Band.MID, 116.2, 14.0),
    ],
)
def test_an_hour_costs_what_the_table_says(start, contract, band, energy, addition):
    prices = hour(start, contract)
    assert prices.band.tolist() == [band] * 4
    assert prices.energy_krw_per_kwh == pytest.approx([energy] * 4)
    assert prices.addition_krw_per_kwh == pytest.approx([addition] * 4)


@pytest.mark.parametrize(
    ("start", "contract", "band", "energy"),
    [
        # Half of 133.4 is 66.7; of 138.9 69.45, cut to 69.4; of 121.5 60.75, cut to 60.7.
        ("2026-05-02T11:00", A2, Band.MID, 133.4 - 66.7),
        ("2026-05-02T13:00", A1, Band.MID, 138.9 - 69.4),
        ("2026-05-03T11:00", A1, Band.OFF_PEAK, 121.5 - 60.7),
        ("2026-05-05T12:00", A1, Band.OFF_PEAK, 121.5 - 60.7),
        # Outside of 11-14 h, in summer, before the reform and for who put it off: nothing off.
        ("2026-05-02T10:00", A2, Band.MID, 133.4),
        ("2026-05-02T14:00", A2, Band.MID, 133.4),
        ("2026-06-06T12:00", A2, Band.OFF_PEAK, 116.0),
        ("2026-06-13T12:00", A2, Band.MID, 163.8),
        ("2026-04-11T12:00", A2, Band.MID, 133.4),
        ("2026-05-02T12:00", DEFERRED, Band.MID, 133.4),
    ],
)
def test_the_weekend_discount_is_half_the_rate_cut_to_a_tenth_of_a_won(
    start, contract, band, energy
):
    prices = hour(start, contract)
    assert prices.band.tolist() == [band] * 4
    assert prices.energy_krw_per_kwh == pytest.approx([energy] * 4)


@pytest.mark.parametrize(
    ("start", "contract", "counted"),
    [
        ("2026-07-01T16:00", A2, True),
        ("2026-07-01T09:00", A2, True),
        ("2026-07-01T23:00", A2, False),  # night
        ("2026-07-04T16:00", A2, True),  # Saturday: billed as mid, yet the demand counts
        ("2026-07-05T16:00", A2, False),  # Sunday
        ("2026-05-01T10:00", A2, False),  # a public holiday from 2026 on
        ("2025-05-01T14:00", A2, True),  # no public holiday yet
        ("2025-01-27T09:00", A2, True),  # a temporary holiday is an ordinary day
        ("2024-10-01T14:00", A2, True),  # another one
        ("2026-07-01T16:00", LOW, False),  # no demand meter
    ],
)
def test_demand_counts_in_mid_and_peak_hours_of_days_that_are_not_off_peak(
    start, contract, counted
):
    assert hour(start, contract).counted.tolist() == [counted] * 4


def test_a_temporary_holiday_is_billed_as_an_ordinary_day():
    prices = hour("2025-01-27T09:00")
    assert prices.band.tolist() == [Band.PEAK] * 4
    assert prices.energy_krw_per_kwh == pytest.approx([221.5] * 4)


@pytest.mark.parametrize(
    ("start", "contract", "rates", "basic"),
    [
        # Rates printed on bills of December 2023 and May 2026, and of three worked ones.
        ("2023-12-06T00:00", A2, {101.0, 147.1, 204.6}, 8320),
        ("2025-08-06T00:00", A2, {110.9, 163.8, 245.9}, 8320),
        ("2026-05-06T00:00", A1, {121.5, 138.9, 156.4}, 7220),
        ("2026-01-07T00:00", GAB2, {98.2, 115.1, 144.5}, 7470),
    ],
)
def test_a_working_day_pays_the_three_rates_that_bills_show(start, contract, rates, basic):
    day = TimeGrid(datetime.fromisoformat(start).replace(tzinfo=SEOUL), steps=96)
    prices = grid_prices(contract, day, SEOUL)
    assert set(prices.energy_krw_per_kwh.round(1)) == rates
    assert [month.basic_krw_per_kw for month in prices.months] == [basic]


def test_a_flat_day_is_billed_to_the_won():
    # 1 July 2026, a Wednesday, A II, 100 kW all day: 10 h x 116.0 + 8 h x 163.8 + 6 h x 229.0,
    # and 24 h x 14 for climate and fuel.
    day = TimeGrid(datetime(2026, 7, 1, tzinfo=SEOUL), steps=96)
    prices = grid_prices(A2, day, SEOUL)
    import_kw = np.full(96, 100.0)
    assert energy_cost_krw(import_kw, prices).value == pytest.approx(
        100 * (10 * 116.0 + 8 * 163.8 + 6 * 229.0 + 24 * 14.0)
    )


def test_billed_demand_is_the_peak_or_the_floor_whichever_is_larger():
    prices = hour("2026-07-01T16:00")
    for peak_kw, floor_kw, billed_kw in [(400, 580, 580), (640, 580, 640)]:
        import_kw = np.array([100.0, peak_kw, 100.0, 100.0])
        cost = demand_cost_krw(import_kw, np.array([floor_kw]), prices)
        assert cost.value == pytest.approx(billed_kw * 8320)


def test_a_sunday_peak_costs_no_demand_charge():
    prices = hour("2026-07-05T16:00")
    cost = demand_cost_krw(np.full(4, 900.0), np.array([300.0]), prices)
    assert cost.value == pytest.approx(300 * 8320)


def test_a_peak_in_july_is_billed_in_august_too_but_one_in_may_not_in_june():
    july = TimeGrid(datetime(2026, 7, 31, 12, tzinfo=SEOUL), steps=96)
    may = TimeGrid(datetime(2026, 5, 29, 12, tzinfo=SEOUL), steps=4 * 96)
    for grid, in_next_month_kw in [(july, 700), (may, 300)]:
        prices = grid_prices(A2, grid, SEOUL)
        import_kw = np.full(grid.steps, 100.0)
        import_kw[4] = 700.0  # 13:00 on the first day, a Friday
        cost = demand_cost_krw(import_kw, np.array([300.0, 300.0]), prices)
        assert cost.value == pytest.approx((700 + in_next_month_kw) * 8320)


def test_demand_above_the_contract_power_costs_half_again_as_much_in_any_hour():
    # 500 kW contract, 550 kW drawn, even at night: 50 x 8,320 x 1.5 = 624,000.
    for start in ("2026-07-01T16:00", "2026-07-01T23:00"):
        import_kw = np.array([100.0, 550.0, 100.0, 100.0])
        assert excess_cost_krw(import_kw, 500, hour(start)).value == pytest.approx(624_000)
