"""Whole months worked out by hand, every line to the won: hours, reform, holidays, Saturdays.

Each load is flat or a few hours long, so that the kWh of a band are hours counted on a calendar.
Rates: KEPCO's tables since 2021 (기본공급약관 2024-10-24, annex 1, and those before and after).
"""

from datetime import date
from decimal import Decimal

import pytest

from feature_store.entities.firm import Contract
from models.tariffs.bill.line import LineKind
from models.tariffs.bill.monthly_bill import bill, bills
from models.tariffs.bill.ratchet import Origin
from models.tariffs.bill.statement import PastMonths
from models.tariffs.switches import Switches
from tests.models.tariffs.bill.metered import flat, kwh_of, month_of, printed, pulses

A1 = Contract(power_kw=400, option="I")
A2 = Contract(power_kw=400, option="II")
DEFERRED = Contract(power_kw=400, option="I", reform_deferred=True)


def test_december_2022_has_the_old_hours_and_the_old_rates():
    # 22 working days, 5 Saturdays, 4 Sundays (Christmas is one). Night 10 h, mid 8 h, peak 6 h:
    # off-peak 4 x 24 + 27 x 10 = 366 h, mid 22 x 8 + 5 x 14 = 246 h, peak 22 x 6 = 132 h.
    made = bill(A2, flat("2022-12", 100), month_of("2022-12"))
    assert printed(made) == [
        ("basic", 998_400),  # 30 % of 400 kW are 120 kW, x 8,320
        ("energy off_peak", 2_741_340),  # 36,600 x 74.9
        ("energy mid", 2_976_600),  # 24,600 x 121.0
        ("energy peak", 2_356_200),  # 13,200 x 178.5
        ("climate", 543_120),  # 74,400 x 7.3
        ("fuel", 372_000),  # 74,400 x 5.0
        ("power_factor", 0),
        ("subtotal", 9_987_660),
        ("vat", 998_766),
        ("fund", 369_540),  # 3.7 %: 369,543.42
        ("cut", -6),
        ("total", 11_355_960),
    ]


def test_january_2023_has_the_new_hours_rates_and_climate_charge():
    # Seollal 21-24 with its substitute: 20 working days, 3 Saturdays, 8 off-peak days.
    # off-peak 8 x 24 + 23 x 10 = 422 h, mid 20 x 8 + 3 x 14 = 202 h, peak 20 x 6 = 120 h.
    made = bill(A2, flat("2023-01", 100), month_of("2023-01"))
    assert printed(made)[1:6] == [
        ("energy off_peak", 3_641_860),  # 42,200 x 86.3
        ("energy mid", 2_674_480),  # 20,200 x 132.4
        ("energy peak", 2_278_800),  # 12,000 x 189.9
        ("climate", 669_600),  # 74,400 x 9.0
        ("fuel", 372_000),
    ]
    assert made.subtotal_krw == 10_635_140
    assert made.total_krw == 12_092_150  # 10,635,140 + 1,063,514 + 393,500, cut


def test_a_month_read_on_the_15th_is_split_at_new_year():
    # 15-31 December: 12 working days, 3 Saturdays, 2 Sundays: 198, 138 and 72 h.
    # 1-14 January: 10 working days, 2 Saturdays, 2 Sundays: 168, 108 and 60 h.
    contract = A2.model_copy(update={"meter_reading_day": 15})
    made = bill(contract, flat("2023-01", 100, reading_day=15), month_of("2023-01"))
    assert printed(made) == [
        ("basic", 998_400),
        ("energy off_peak", 1_483_020),  # 19,800 x 74.9
        ("energy mid", 1_669_800),  # 13,800 x 121.0
        ("energy peak", 1_285_200),  # 7,200 x 178.5
        ("energy off_peak", 1_449_840),  # 16,800 x 86.3
        ("energy mid", 1_429_920),  # 10,800 x 132.4
        ("energy peak", 1_139_400),  # 6,000 x 189.9
        ("climate", 297_840),  # 40,800 x 7.3
        ("climate", 302_400),  # 33,600 x 9.0
        ("fuel", 372_000),
        ("power_factor", 0),
        ("subtotal", 10_427_820),
        ("vat", 1_042_782),
        ("fund", 385_820),
        ("cut", -2),
        ("total", 11_856_420),
    ]
    energy = [line for line in made.lines if line.kind is LineKind.ENERGY]
    assert energy[0].days == (date(2022, 12, 15), date(2022, 12, 31))
    assert energy[-1].days == (date(2023, 1, 1), date(2023, 1, 14))


def test_april_2026_is_split_at_the_reform():
    # 11 working days, 2 Saturdays and 2 Sundays on either side of the 16th: 178, 116, 66 h each.
    # After it 11-14 h on 2 Sundays and 2 Saturdays is 6 h each at half price.
    made = bill(A1, flat("2026-04", 100), month_of("2026-04"))
    assert printed(made) == [
        ("basic", 866_400),  # 120 x 7,220
        ("energy off_peak", 2_071_920),  # 17,800 x 116.4
        ("energy mid", 1_611_240),  # 11,600 x 138.9
        ("energy peak", 1_119_360),  # 6,600 x 169.6
        ("energy off_peak", 2_162_700),  # 17,800 x 121.5
        ("weekend_discount off_peak", -36_420),  # 600 x 60.7, half of 121.5 cut
        ("energy mid", 1_611_240),
        ("weekend_discount mid", -41_640),  # 600 x 69.4, half of 138.9 cut
        ("energy peak", 1_032_240),  # 6,600 x 156.4
        ("climate", 648_000),
        ("fuel", 360_000),
        ("power_factor", 0),
        ("subtotal", 11_405_040),
        ("vat", 1_140_504),
        ("fund", 307_930),
        ("cut", -4),
        ("total", 12_853_470),
    ]


def test_a_deferred_customer_keeps_rates_hours_and_no_discount_until_the_end_of_september():
    made = bill(DEFERRED, flat("2026-04", 100), month_of("2026-04"))
    assert printed(made)[:4] == [
        ("basic", 866_400),
        ("energy off_peak", 4_143_840),  # 35,600 x 116.4
        ("energy mid", 3_222_480),  # 23,200 x 138.9
        ("energy peak", 2_238_720),  # 13,200 x 169.6
    ]
    assert made.total_krw == 12_937_320
    for month, same in (("2026-09", False), ("2026-10", True)):
        september = [
            bill(one, flat(month, 100), month_of(month)).total_krw for one in (A1, DEFERRED)
        ]
        assert (september[0] == september[1]) == same


def test_a_temporary_holiday_is_billed_as_a_working_day_and_seollal_is_not():
    # 27 January 2025 was designated for the one year; 28 January is Seollal. 9-12 h is peak.
    for day, band, demand_kw in (("27", "peak", 500), ("28", "off_peak", 120)):
        readings = pulses("2025-01", (f"2025-01-{day}T09:00", 3), kw=500)
        made = bill(A2, readings, month_of("2025-01"))
        assert kwh_of(made, LineKind.ENERGY) == {band: 1500}
        assert made.demand.kw == demand_kw


def test_the_election_of_june_2025_is_an_ordinary_day_unless_the_switch_says_otherwise():
    readings = pulses("2025-06", ("2025-06-03T13:00", 5), kw=300)
    as_usual = bill(A2, readings, month_of("2025-06"))
    switched = bill(
        A2, readings, month_of("2025-06"), switches=Switches(unconfirmed_holidays="off_peak")
    )
    assert kwh_of(as_usual, LineKind.ENERGY) == {"peak": 1500}
    assert kwh_of(switched, LineKind.ENERGY) == {"off_peak": 1500}
    assert (as_usual.demand.kw, switched.demand.kw) == (300, 120)


def test_a_saturday_noon_in_may_2026_is_mid_at_half_price_and_its_demand_counts():
    made = bill(A1, pulses("2026-05", ("2026-05-02T11:00", 3), kw=300), month_of("2026-05"))
    assert printed(made)[:6] == [
        ("basic", 2_166_000),  # 300 x 7,220
        ("energy off_peak", 0),
        ("energy mid", 125_010),  # 900 x 138.9
        ("weekend_discount mid", -62_460),  # 900 x 69.4
        ("energy peak", 0),
        ("climate", 8_100),
    ]


def test_half_a_rate_can_be_taken_exactly_by_a_switch():
    made = bill(
        A1,
        pulses("2026-05", ("2026-05-02T11:00", 3), kw=300),
        month_of("2026-05"),
        switches=Switches(weekend_discount="exact_half"),
    )
    assert made.krw(LineKind.WEEKEND_DISCOUNT) == -62_505  # 900 x 69.45
    assert [choice.name for choice in made.switches.choices() if not choice.usual] == [
        "weekend_discount"
    ]


def test_a_peak_on_a_sunday_does_not_count():
    sunday = bill(A1, pulses("2026-05", ("2026-05-03T16:00", 1), kw=390), month_of("2026-05"))
    monday = bill(A1, pulses("2026-05", ("2026-05-04T16:00", 1), kw=390), month_of("2026-05"))
    assert (sunday.demand.kw, sunday.demand.origin) == (120, Origin.FLOOR)
    assert (monday.demand.kw, monday.demand.origin) == (390, Origin.THIS_MONTH)
    assert sunday.krw(LineKind.BASIC) == 866_400


def test_the_fund_is_weighted_by_days_across_a_change():
    # 10 June to 9 July 2025: 21 days at 3.2 % and 9 days at 2.7 % are 3.05 %.
    contract = A2.model_copy(update={"meter_reading_day": 10})
    made = bill(contract, flat("2025-07", 100, reading_day=10), month_of("2025-07"))
    fund = next(line for line in made.lines if line.kind is LineKind.FUND)
    assert fund.rate == Decimal("0.0305")
    assert fund.amount_krw == made.subtotal_krw * 305 // 10_000 // 10 * 10


def test_demand_is_rounded_half_up_to_a_kilowatt():
    readings = pulses("2026-05", ("2026-05-04T16:00", 1), kw=300.5)
    assert bill(A1, readings, month_of("2026-05")).demand.kw == 301
    readings = pulses("2026-05", ("2026-05-04T16:00", 1), kw=300.48)
    assert bill(A1, readings, month_of("2026-05")).demand.kw == 300


def test_the_bill_says_whose_peak_it_bills_and_which_it_does_not_know():
    past = PastMonths(peaks_kw={month_of("2025-08"): 255.4, month_of("2026-03"): 399.0})
    made = bill(A1, flat("2026-05", 100), month_of("2026-05"), past=past)
    assert (made.demand.kw, made.demand.origin) == (255, Origin.EARLIER_MONTH)
    assert made.demand.month == month_of("2025-08")
    assert made.demand.looked_at_kw == {month_of("2025-08"): 255, month_of("2026-05"): 100}
    assert [str(month) for month in made.demand.unknown] == [
        "2025-07",
        "2025-09",
        "2025-12",
        "2026-01",
        "2026-02",
    ]


def test_a_peak_from_a_statement_replaces_what_the_readings_say():
    past = PastMonths(peaks_kw={month_of("2026-05"): 212.0})
    made = bill(A1, flat("2026-05", 200), month_of("2026-05"), past=past)
    assert (made.demand.kw, made.demand.origin) == (212, Origin.THIS_MONTH)
    assert made.formula.demand_krw == pytest.approx(212 * 7220)


def test_the_ratchet_looks_back_over_readings_older_than_every_table_of_rates():
    # 14 July 2020, 14-15 h, was peak by the hours in force then; no rates of 2020 are known.
    readings = pulses("2020-06", ("2020-07-14T14:00", 1), kw=350, months=10)
    made = bills(A2, readings, months=[month_of("2021-01")])
    assert made[0].demand.kw == 350
    assert made[0].demand.month == month_of("2020-07")


def test_the_first_month_above_the_contract_power_is_a_notice_and_the_second_is_charged():
    # 500 kW at a contract of 400 is 25 % above: 100 kW x 7,220 x 2.0. Nights count too.
    readings = pulses("2026-05", ("2026-05-04T23:00", 1), ("2026-06-04T23:00", 1), kw=500, months=2)
    may, june = bills(A1, readings)
    assert (may.krw(LineKind.EXCESS), june.krw(LineKind.EXCESS)) == (0, 1_444_000)
    assert "첫 달은 안내만" in next(
        line.name.ko for line in may.lines if line.kind is LineKind.EXCESS
    )
    counted = bills(A1, readings, switches=Switches(excess_hours="counted"))
    assert [one.krw(LineKind.EXCESS) for one in counted] == [0, 0]


def test_class_gab_1_is_billed_by_its_contract_power_and_one_price():
    contract = Contract(tariff_class="industrial_gab_1", voltage="low", option="none", power_kw=15)
    made = bill(contract, flat("2026-07", 10), month_of("2026-07"))
    assert printed(made)[:4] == [
        ("basic", 83_250),  # 15 x 5,550
        ("energy", 864_528),  # 7,440 x 116.2
        ("climate", 66_960),
        ("fuel", 37_200),
    ]
    assert made.demand.origin is Origin.CONTRACT_POWER
    assert LineKind.POWER_FACTOR not in {line.kind for line in made.lines}  # below 20 kW
