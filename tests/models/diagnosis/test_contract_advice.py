"""Advice names the contract that bills the year cheapest, and the won are the bills' own."""

from datetime import date
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feature_store.entities.firm import Contract
from feature_store.errors import NotEnoughReadingsError
from models.diagnosis.billed_year import billed_year, last_year_of
from models.diagnosis.contract_advice import Advice, advise
from models.tariffs.bill.line import LineKind
from models.tariffs.billing_month import BillingMonth
from tests.models.diagnosis.metered_year import metered

TODAY = date(2026, 11, 22)
VAT_AND_FUND = 1 + 0.1 + 0.027
MONTHS = 12
CUTS_KRW = 12 * 40
"""Lines are cut to a won, fund and total to ten: at most some tens of won a month."""


def asked(readings, contract: Contract, *, last_change: date | None = None) -> Advice:
    return advise(contract, readings, day=TODAY, last_change=last_change)


def by_option(advice: Advice) -> dict[str, int]:
    return {one.contract.option: one.saved_krw for one in advice.options}


def test_long_hours_call_for_option_two_and_short_ones_for_option_one():
    """(8,320 - 7,220) / 5.5 = 200 hours a month: the energy that each kW has to draw."""
    long_hours = asked(metered(working_kw=400, resting_kw=100), Contract(power_kw=500, option="I"))
    assert by_option(long_hours)["II"] > 0
    short_hours = asked(metered(working_kw=400), Contract(power_kw=500, option="II"))
    assert by_option(short_hours)["I"] > 0
    assert short_hours.best.contract.option == "I"
    assert short_hours.best.changes == ("option",)


def test_the_difference_of_two_options_is_their_basic_charges_less_their_rates():
    # All bands of option II are 5.5 won below option I. On public holidays of spring and autumn
    # half of it is discounted from 11 to 14 h: 60.7 of 121.5 won, 58.0 of 116.0.
    advice = asked(metered(working_kw=400), Contract(power_kw=500, option="II"))
    year = billed_year(advice.current.contract, metered(working_kw=400), advice.months, TODAY)
    kwh = sum(bill.kwh for bill in year.bills)
    discounted_kwh = 8 * 3 * 400
    assert discounted_kwh == sum(
        line.quantity
        for bill in year.bills
        for line in bill.lines
        if line.kind is LineKind.WEEKEND_DISCOUNT
    )
    charges_krw = MONTHS * 400 * (8320 - 7220) - 5.5 * kwh + (60.7 - 58.0) * discounted_kwh
    by_hand = charges_krw * VAT_AND_FUND
    assert by_option(advice)["I"] == pytest.approx(by_hand, abs=CUTS_KRW)
    assert by_option(advice)["II"] == 0


def test_the_year_is_the_sum_of_its_twelve_bills_under_the_tables_of_the_day():
    readings = metered(working_kw=400)
    advice = asked(readings, Contract(power_kw=500))
    assert [str(advice.months[0]), str(advice.months[-1])] == ["2025-11", "2026-10"]
    year = billed_year(Contract(power_kw=500), readings, advice.months, TODAY)
    assert advice.current.year_krw == sum(bill.total_krw for bill in year.bills)
    # December 2025 with the rates of 2026: 123.0, 164.0 and 204.6 won.
    rates = {line.rate for line in year.bills[1].lines if line.kind is LineKind.ENERGY}
    assert {float(rate) for rate in rates} == {123.0, 164.0, 204.6}


def test_a_contract_power_that_makes_the_floor_too_high_is_lowered_to_the_largest_demand():
    # 30 % of 2,000 kW are billed while 400 are drawn: 200 kW too many, every month.
    advice = asked(metered(working_kw=400), Contract(power_kw=2000))
    cheapest = advice.powers[0]
    assert cheapest.contract.power_kw == 400
    assert cheapest.changes == ("power",)
    by_hand = MONTHS * 200 * 8320 * VAT_AND_FUND
    assert cheapest.saved_krw == pytest.approx(by_hand, abs=CUTS_KRW)


def test_a_contract_power_that_the_floor_does_not_bind_saves_nothing_and_stays():
    advice = asked(metered(working_kw=400), Contract(power_kw=1000, option="I"))
    assert {one.saved_krw for one in advice.powers} == {0}
    assert advice.powers[0].contract == advice.current.contract
    assert advice.best == advice.current


def test_a_contract_power_that_is_exceeded_is_raised_to_what_the_nights_draw_too():
    # 550 kW at night against 500: 50 kW x 8,320 x 1.5 a month; what came before was the notice.
    readings = metered(working_kw=400, night_peak_kw=550)
    advice = asked(readings, Contract(power_kw=500))
    assert advice.largest_kw == 550
    assert advice.powers[0].contract.power_kw == 550
    by_hand = MONTHS * 50 * 8320 * 1.5 * VAT_AND_FUND
    assert advice.powers[0].saved_krw == pytest.approx(by_hand, abs=CUTS_KRW)
    assert all(one.contract.power_kw >= 500 for one in advice.powers)


def test_a_works_below_three_hundred_kilowatts_may_leave_the_large_class():
    advice = asked(metered(working_kw=250), Contract(power_kw=320, option="III"))
    (small,) = advice.classes
    assert (small.contract.tariff_class, small.contract.power_kw) == ("industrial_gab_2", 299)
    assert small.contract.option in {"I", "II"}
    assert small.saved_krw > 0
    assert advice.best.contract.tariff_class == "industrial_gab_2"
    assert "class" in advice.best.changes
    assert advice.closed == ()


def test_a_class_that_the_demand_outgrows_is_closed_and_says_why():
    advice = asked(metered(working_kw=400), Contract(power_kw=500))
    (closed,) = advice.closed
    assert closed.tariff_class == "industrial_gab_2"
    assert closed.reason == (
        "the largest demand of the year, 400 kW, exceeds the contract power of at most 299 kW; "
        "hold the demand below it first"
    )
    assert advice.classes == ()


def test_a_low_voltage_customer_has_one_class_and_no_option():
    low = Contract(tariff_class="industrial_gab_1", voltage="low", option="none", power_kw=90)
    advice = asked(metered(working_kw=60), low)
    assert (advice.classes, advice.closed, len(advice.options)) == ((), (), 1)
    # Without a demand meter the contract power itself is billed.
    assert advice.best.contract.power_kw == 60
    assert advice.best.saved_krw == pytest.approx(MONTHS * 30 * 5550 * VAT_AND_FUND, abs=CUTS_KRW)


def test_an_option_may_not_be_changed_again_within_a_year():
    readings, contract = metered(working_kw=400), Contract(power_kw=500, option="II")
    early = asked(readings, contract, last_change=date(2026, 1, 15))
    assert "option" in early.best.changes
    assert not early.option_rule.free
    assert early.best_from == date(2027, 1, 15)
    assert asked(readings, contract, last_change=date(2025, 1, 15)).best_from == TODAY
    assert asked(readings, contract).best_from == TODAY


def test_a_change_of_contract_power_alone_does_not_wait():
    readings, contract = metered(working_kw=400), Contract(power_kw=2000, option="I")
    advice = asked(readings, contract, last_change=date(2026, 1, 15))
    assert advice.best.changes == ("power",)
    assert advice.best_from == TODAY


def test_a_year_that_begins_inside_a_month_is_billed_for_its_eleven_whole_ones():
    advice = asked(metered(working_kw=400, days=350), Contract(power_kw=500))
    assert len(advice.months) == 11
    assert advice.months[0] == BillingMonth(2025, 12)
    assert advice.unknown_peaks[-1] == BillingMonth(2025, 9)


def test_less_than_a_year_is_no_ground_for_advice():
    with pytest.raises(NotEnoughReadingsError, match=r"advice needs 11 whole .* hold 10; import"):
        asked(metered(working_kw=400, days=310), Contract(power_kw=500))


@settings(max_examples=5, deadline=None)
@given(
    working_kw=st.integers(80, 900),
    resting_share=st.floats(0, 1),
    power_kw=st.integers(300, 3000),
    option=st.sampled_from(["I", "II", "III"]),
)
def test_no_contract_that_is_not_exceeded_would_have_been_cheaper(
    working_kw, resting_share, power_kw, option
):
    readings = metered(
        working_kw=working_kw, resting_kw=working_kw * resting_share, night_peak_kw=working_kw
    )
    contract = Contract(power_kw=power_kw, option=option)
    advice = asked(readings, contract)
    assert advice.best.year_krw <= advice.current.year_krw
    assert advice.best.saved_krw == advice.current.year_krw - advice.best.year_krw
    months = last_year_of(contract, readings)
    tried = [
        Contract(tariff_class=tariff_class, power_kw=kw, option=chosen)
        for tariff_class, least, most in [
            ("industrial_gab_2", 4, 299),
            ("industrial_eul", 300, 3000),
        ]
        for kw, chosen in product(
            {least, most, min(max(working_kw + 37, least), most)}, ["I", "II"]
        )
        if kw >= working_kw
    ]
    for other in tried:
        assert advice.best.year_krw <= billed_year(other, readings, months, TODAY).total_krw


def test_without_a_demand_meter_no_power_is_advised_that_the_months_use_would_exceed():
    # 80 kW without pause are 59,520 kWh in a month of 31 days: at 450 kWh per kW, 133 kW.
    contract = Contract(tariff_class="industrial_gab_1", voltage="low", option="none", power_kw=140)
    advice = asked(metered(working_kw=80, resting_kw=80), contract)
    assert {one.contract.power_kw for one in advice.powers} == {133, 140}
    assert advice.best.contract.power_kw == 133
