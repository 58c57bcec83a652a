"""Each line of the paper says its quantity, rate, days and note, computed by hand."""

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from feature_store.entities.firm import Contract
from models.tariffs.bill.line import Line, LineKind, Note
from models.tariffs.bill.monthly_bill import bill, bills
from models.tariffs.bill.statement import Bill, PastMonths
from models.tariffs.switches import Switches
from tests.models.tariffs.bill.metered import flat, month_of, pulses

CONTRACT = Contract(power_kw=400, option="II")
MAY = month_of("2026-05")
NOTICED = PastMonths(excess_noticed=True)
ROOT = np.sqrt(100**2 - 80**2) / 80  # kvarh per kWh of a power factor of 80 %


def line(made: Bill, kind: LineKind) -> Line:
    (found,) = [line for line in made.lines if line.kind is kind]
    return found


def told(one: Line) -> tuple:
    days = one.days and tuple(map(str, one.days))
    return one.quantity, one.rate, one.amount_krw, days, one.note


def test_the_demand_charge_is_kilowatts_at_their_rate():
    made = bill(CONTRACT, flat("2026-05", 200), MAY)
    assert told(line(made, LineKind.BASIC)) == (200, 8320, 1_664_000, None, None)


@pytest.mark.parametrize(
    ("kw", "multiple"),
    [(401, 1.5), (479, 1.5), (480, 2), (520, 2.5), (560, 3), (600, 3.5), (640, 4)],
)
def test_an_excess_is_charged_by_its_step_once_it_was_noticed(kw, multiple):
    # 5 May 2026, 3 h: a holiday night, when no demand counts for the demand charge.
    readings = pulses("2026-05", ("2026-05-05T03:00", 0.25), kw=kw)
    noticed = line(bill(CONTRACT, readings, MAY, past=NOTICED), LineKind.EXCESS)
    rate = Decimal(str(8320 * multiple)).normalize()
    assert told(noticed) == (kw - 400, rate, int((kw - 400) * 8320 * multiple), None, None)
    first = line(bill(CONTRACT, readings, MAY), LineKind.EXCESS)
    assert told(first) == (kw - 400, rate, 0, None, Note.NOTICE_ONLY)


def test_demand_up_to_the_contract_power_has_no_line_and_neither_has_a_night_if_bands_count():
    night = pulses("2026-05", ("2026-05-05T03:00", 0.25), kw=450)
    counted = Switches(excess_hours="counted")
    for made in (
        bill(CONTRACT, pulses("2026-05", ("2026-05-06T14:00", 0.25), kw=400.4), MAY, past=NOTICED),
        bill(CONTRACT, night, MAY, past=NOTICED, switches=counted),
    ):
        assert made.krw(LineKind.EXCESS) == 0
        assert LineKind.EXCESS not in {one.kind for one in made.lines}
    day = pulses("2026-05", ("2026-05-06T14:00", 0.25), kw=450)
    charged = bill(CONTRACT, day, MAY, past=NOTICED, switches=counted)
    assert charged.krw(LineKind.EXCESS) == 50 * 8320 * 1.5


def test_without_a_demand_meter_there_is_no_excess():
    low = Contract(tariff_class="industrial_gab_1", voltage="low", option="none", power_kw=90)
    made = bill(low, pulses("2026-05", ("2026-05-06T14:00", 1), kw=200), MAY, past=NOTICED)
    assert LineKind.EXCESS not in {one.kind for one in made.lines}
    assert told(line(made, LineKind.BASIC))[:3] == (90, 5550, 90 * 5550)


def test_the_first_month_above_the_contract_power_is_a_notice_and_the_next_is_charged():
    readings = flat("2026-05", 450, months=2)
    first, second = bills(CONTRACT, readings)
    assert (first.krw(LineKind.EXCESS), second.krw(LineKind.EXCESS)) == (0, 50 * 8320 * 1.5)
    told_before = PastMonths(peaks_kw={month_of("2026-04"): 401.0})
    (charged,) = bills(CONTRACT, flat("2026-05", 450), past=told_before)
    assert charged.krw(LineKind.EXCESS) == 50 * 8320 * 1.5
    not_above = PastMonths(peaks_kw={month_of("2026-04"): 400.0})
    (spared,) = bills(CONTRACT, flat("2026-05", 450), past=not_above)
    assert spared.krw(LineKind.EXCESS) == 0
    entered = PastMonths(peaks_kw={MAY: 450.0})  # the peak of the month itself is no notice of it
    (spared,) = bills(CONTRACT, flat("2026-05", 450), past=entered)
    assert spared.krw(LineKind.EXCESS) == 0


def lagging(share: float, *, month: str = "2026-05", reading_day: int = 1):
    readings = flat(month, 100, reading_day=reading_day)
    nothing = np.zeros_like(readings.kwh)
    return replace(readings, lagging_kvarh=share * readings.kwh, leading_kvarh=nothing)


def test_a_power_factor_line_says_points_share_and_won():
    # 80 % is 12 below 92: 12 x 0.2 % of 120 kW x 8,320.
    made = bill(CONTRACT, lagging(ROOT), MAY)
    assert told(line(made, LineKind.POWER_FACTOR)) == (12, Decimal("0.002"), 23_961, None, None)
    first = Switches(power_factor_notice="first_month")
    spared = bill(CONTRACT, lagging(ROOT), MAY, switches=first)
    assert told(line(spared, LineKind.POWER_FACTOR))[2:] == (0, None, Note.NOTICE_ONLY)


def test_a_power_factor_one_point_below_the_standard_is_a_surcharge_and_at_it_is_none():
    first = Switches(power_factor_notice="first_month")
    at_91, at_92 = (np.tan(np.arccos(percent / 100)) for percent in (91, 92))
    one = line(bill(CONTRACT, lagging(at_91), MAY, switches=first), LineKind.POWER_FACTOR)
    assert (one.quantity, one.amount_krw, one.note) == (1, 0, Note.NOTICE_ONLY)
    none = line(bill(CONTRACT, lagging(at_92), MAY, switches=first), LineKind.POWER_FACTOR)
    assert (none.quantity, none.amount_krw, none.note) == (0, 0, None)


def test_without_a_reactive_meter_the_standard_is_deemed_and_costs_nothing():
    made = bill(CONTRACT, flat("2026-05", 100), MAY)
    assert told(line(made, LineKind.POWER_FACTOR)) == (
        0,
        Decimal("0.002"),
        0,
        None,
        Note.DEEMED_STANDARD,
    )


@pytest.mark.parametrize(("power_kw", "judged"), [(19, False), (20, True)])
def test_low_voltage_is_judged_from_twenty_kilowatts_of_contract_power_on(power_kw, judged):
    low = Contract(tariff_class="industrial_gab_1", voltage="low", option="none", power_kw=power_kw)
    made = bill(low, lagging(ROOT), MAY)
    assert (made.krw(LineKind.POWER_FACTOR) > 0) == judged
    high = Contract(tariff_class="industrial_gab_1", option="I", power_kw=power_kw)
    assert bill(high, lagging(ROOT), MAY).krw(LineKind.POWER_FACTOR) > 0


def test_two_rules_in_a_month_each_judge_their_own_days():
    contract = CONTRACT.model_copy(update={"meter_reading_day": 15})
    readings = lagging(0, month="2025-02", reading_day=15)
    edge = 17 * 96  # 1 February 2025
    kvarh = np.where(np.arange(readings.kwh.size) < edge, ROOT * readings.kwh, 0)
    made = bill(contract, replace(readings, lagging_kvarh=kvarh), month_of("2025-02"))
    old, new = (one for one in made.lines if one.kind is LineKind.POWER_FACTOR)
    # 80 % until 31 January, 10 below 90; then perfect, capped at 97: 5 above 92.
    assert (old.quantity, new.quantity) == (10, -5)
    assert old.days is not None
    assert new.days is not None
    assert [str(day) for day in (*old.days, *new.days)] == [
        "2025-01-15",
        "2025-01-31",
        "2025-02-01",
        "2025-02-14",
    ]


def test_climate_fuel_and_energy_lines_say_kilowatt_hours_and_rates():
    made = bill(CONTRACT, flat("2026-07", 100), month_of("2026-07"))
    assert told(line(made, LineKind.CLIMATE)) == (74_400, 9, 669_600, None, None)
    assert told(line(made, LineKind.FUEL)) == (74_400, 5, 372_000, None, None)
    energy = [one for one in made.lines if one.kind is LineKind.ENERGY]
    assert [one.rate for one in energy] == [Decimal(116), Decimal("163.8"), Decimal(229)]
    assert all(one.amount_krw == int(one.quantity * one.rate) for one in energy)
    assert {one.days for one in energy} == {None}


def test_the_foot_says_the_shares_of_vat_and_fund():
    made = bill(CONTRACT, flat("2026-05", 100), MAY)
    vat, fund = line(made, LineKind.VAT), line(made, LineKind.FUND)
    assert (vat.rate, fund.rate) == (Decimal("0.1"), Decimal("0.027"))
    assert vat.amount_krw == int(made.subtotal_krw / 10 + 0.5)
    assert fund.amount_krw == int(made.subtotal_krw * 0.0027) * 10


def test_a_fund_share_that_changed_in_the_month_is_weighted_by_its_days():
    # 3.7 % until June 2024, 3.2 % from July on: 16 and 14 days from the 15th.
    contract = CONTRACT.model_copy(update={"meter_reading_day": 15})
    made = bill(contract, flat("2024-07", 100, reading_day=15), month_of("2024-07"))
    fund = line(made, LineKind.FUND)
    assert fund.rate == round(Decimal(16 * 37 + 14 * 32) / 30_000, 6)


def test_a_meter_of_one_kind_is_taken_at_the_standard_of_the_other():
    # 80 % lagging by day is 12 below 92; leading is not told and costs nothing.
    made = bill(CONTRACT, replace(lagging(ROOT), leading_kvarh=None), MAY)
    assert line(made, LineKind.POWER_FACTOR).quantity == 12
    readings = flat("2026-05", 100)
    # 80 % leading at night is 15 below 95; lagging is not told and earns nothing.
    night = replace(readings, leading_kvarh=ROOT * readings.kwh)
    assert line(bill(CONTRACT, night, MAY), LineKind.POWER_FACTOR).quantity == 15


@pytest.mark.parametrize("day", ["2026-05-01", "2026-05-31"])
def test_the_power_factor_is_that_of_the_first_day_and_of_the_last_too(day):
    readings = pulses("2026-05", (f"{day}T14:00", 1))
    nothing = np.zeros_like(readings.kwh)
    alone = replace(readings, lagging_kvarh=ROOT * readings.kwh, leading_kvarh=nothing)
    assert line(bill(CONTRACT, alone, MAY), LineKind.POWER_FACTOR).quantity == 12


def test_the_power_factor_of_a_firm_that_draws_hardly_anything_is_judged_too():
    readings = flat("2026-05", 1)
    nothing = np.zeros_like(readings.kwh)
    small = replace(readings, lagging_kvarh=ROOT * readings.kwh, leading_kvarh=nothing)
    assert line(bill(CONTRACT, small, MAY), LineKind.POWER_FACTOR).quantity == 12
