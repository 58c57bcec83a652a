"""What holds of every bill: lines add up, more costs more, parts make the whole, plan = bill."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feature_store.entities.firm import Contract
from models.tariffs.bill.line import LineKind
from models.tariffs.bill.metered_energy import MeteredEnergy
from models.tariffs.bill.monthly_bill import bill, bills
from models.tariffs.bill.ratchet import billed_demand
from models.tariffs.bill.statement import Bill, PastMonths
from models.tariffs.billing_month import BillingMonth
from tests.models.tariffs.bill.metered import flat, month_of

CONTRACTS = (
    Contract(power_kw=700, option="II"),
    Contract(power_kw=700, option="I", reform_deferred=True),
    Contract(power_kw=250, tariff_class="industrial_gab_2", option="I", meter_reading_day=15),
    Contract(power_kw=90, tariff_class="industrial_gab_1", voltage="low", option="none"),
)
MONTHS = ("2021-03", "2022-12", "2023-01", "2023-11", "2024-10", "2025-02", "2026-04", "2026-05")
NOTICED = PastMonths(excess_noticed=True)

ENERGY = (LineKind.ENERGY, LineKind.WEEKEND_DISCOUNT, LineKind.CLIMATE, LineKind.FUEL)

contracts = st.sampled_from(CONTRACTS)
months = st.sampled_from(MONTHS)
seeds = st.integers(0, 2**32 - 1)


def a_load(contract: Contract, month: str, seed: int) -> MeteredEnergy:
    """A month of readings to 0.01 kWh that sometimes exceed the contract power."""
    empty = flat(month, 0, reading_day=contract.meter_reading_day)
    drawn = np.random.default_rng(seed).gamma(2, contract.power_kw / 16, empty.grid.steps)
    return replace(empty, kwh=np.round(drawn, 2))


def energy_krw(made: Bill) -> int:
    return sum(map(made.krw, ENERGY))


def billed(contract: Contract, month: str, readings: MeteredEnergy) -> Bill:
    return bill(contract, readings, month_of(month), past=NOTICED)


@given(contract=contracts, month=months, seed=seeds)
@settings(max_examples=40, deadline=None)
def test_the_lines_add_up_to_the_total(contract, month, seed):
    made = billed(contract, month, a_load(contract, month, seed))
    charges = sum(line.amount_krw for line in made.lines if line.kind.charge)
    foot = [made.krw(kind) for kind in (LineKind.VAT, LineKind.FUND, LineKind.CUT)]
    assert made.subtotal_krw == charges
    assert made.total_krw == charges + sum(foot)
    assert made.total_krw % 10 == 0
    assert -10 < made.krw(LineKind.CUT) <= 0


@given(contract=contracts, month=months, seed=seeds)
@settings(max_examples=40, deadline=None)
def test_climate_and_fuel_are_charged_on_the_energy_lines_together(contract, month, seed):
    made = billed(contract, month, a_load(contract, month, seed))
    for kind in (LineKind.CLIMATE, LineKind.FUEL):
        assert sum(line.quantity for line in made.lines if line.kind is kind) == made.kwh


@given(
    contract=contracts,
    month=months,
    seed=seeds,
    more_kwh=st.integers(1, 50),
    share=st.floats(0, 1),
)
@settings(max_examples=40, deadline=None)
def test_more_use_never_lowers_the_bill(contract, month, seed, more_kwh, share):
    """Whole kWh more: fewer could round a discount up by one and the energy beside it not."""
    less = a_load(contract, month, seed)
    hit = np.random.default_rng(seed).random(less.grid.steps) < share
    more = replace(less, kwh=less.kwh + np.where(hit, more_kwh, 0))
    assert billed(contract, month, less).total_krw <= billed(contract, month, more).total_krw


@given(contract=contracts, month=months, seed=seeds, day=st.integers(1, 27))
@settings(max_examples=40, deadline=None)
def test_two_halves_of_a_month_equal_the_whole_up_to_rounding(contract, month, seed, day):
    """Rounding moves each line of energy by 1 kWh, the sums by one a line, cutting by 2 won."""
    whole = a_load(contract, month, seed)
    early = np.arange(whole.grid.steps) < day * 96
    halves = [replace(whole, kwh=np.where(half, whole.kwh, 0)) for half in (early, ~early)]
    one, *parts = [billed(contract, month, readings) for readings in (whole, *halves)]
    lines = [line for line in one.lines if line.kind in ENERGY]
    bound_krw = sum(abs(float(line.rate)) * len(lines) + 2 for line in lines)
    assert one.demand.kw == max(part.demand.kw for part in parts)
    assert abs(one.kwh - sum(part.kwh for part in parts)) <= len(lines)
    assert abs(energy_krw(one) - sum(map(energy_krw, parts))) <= bound_krw


def rounding_bound_krw(made: Bill) -> float:
    """How far the printed energy may lie from the unrounded formula.

    Each of n energy and discount lines is off by half a kWh at its rate, and cut by less than
    1 won. The kWh of climate and fuel are the sum of the n rounded lines, off by n / 2; a line
    that is not the last of its kind is rounded once more, which the last takes back.
    """
    priced = [
        line for line in made.lines if line.kind in (LineKind.ENERGY, LineKind.WEEKEND_DISCOUNT)
    ]
    added = [line for line in made.lines if line.kind in (LineKind.CLIMATE, LineKind.FUEL)]
    lines_krw = sum(abs(float(line.rate)) / 2 + 1 for line in priced)
    off_kwh = (len(priced) + len(added)) / 2
    return lines_krw + sum(abs(float(line.rate)) * off_kwh + 1 for line in added)


@given(contract=contracts, month=months, seed=seeds)
@settings(max_examples=60, deadline=None)
def test_the_printed_energy_is_the_plans_formula_up_to_rounding(contract, month, seed):
    made = billed(contract, month, a_load(contract, month, seed))
    assert abs(energy_krw(made) - made.formula.energy_krw) <= rounding_bound_krw(made)


@given(contract=contracts, month=months, seed=seeds)
@settings(max_examples=60, deadline=None)
def test_the_printed_demand_charge_is_the_plans_formula_up_to_half_a_kilowatt(
    contract, month, seed
):
    made = billed(contract, month, a_load(contract, month, seed))
    basic = next(line for line in made.lines if line.kind is LineKind.BASIC)
    assert abs(basic.amount_krw - made.formula.demand_krw) <= float(basic.rate) / 2 + 1


@given(
    contract_kw=st.floats(1, 5000),
    month=st.builds(BillingMonth, st.integers(2021, 2027), st.integers(1, 12)),
    peaks=st.dictionaries(st.integers(-24, 12), st.floats(0, 6000)),
)
def test_the_ratchet_is_never_below_the_floor_nor_above_every_peak(contract_kw, month, peaks):
    contract = Contract(power_kw=contract_kw)
    peaks_kw = {month.earlier(-ahead): kw for ahead, kw in peaks.items()}
    demand = billed_demand(contract, month, peaks_kw)
    assert demand.kw >= 0.3 * contract_kw - 0.5
    assert demand.kw >= peaks_kw.get(month, 0) - 0.5
    assert demand.kw <= max([0.3 * contract_kw, *peaks_kw.values()]) + 0.5
    remembered = {12, 1, 2, 7, 8, 9}
    for at, kw in peaks_kw.items():
        back = month.number - at.number
        looked_at = back == 0 or (0 < back < 12 and at.month in remembered)
        assert (at in demand.looked_at_kw) == looked_at
        assert not looked_at or demand.kw >= kw - 0.5


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.tariff_class)
def test_a_year_billed_at_once_equals_its_months_billed_one_by_one(contract):
    empty = flat("2025-11", 0, reading_day=contract.meter_reading_day, months=12)
    drawn = np.random.default_rng(7).gamma(2, contract.power_kw / 16, empty.grid.steps)
    year = replace(empty, kwh=np.round(drawn, 2))
    together = bills(contract, year)
    assert [str(made.month) for made in together][:2] == ["2025-11", "2025-12"]
    assert len(together) == 12
    peaks_kw: dict[BillingMonth, float] = {}
    for position, made in enumerate(together):
        readings = year.on(flat(str(made.month), 0, reading_day=contract.meter_reading_day).grid)
        past = PastMonths(peaks_kw=dict(peaks_kw), excess_noticed=position > 0)
        alone = bill(contract, readings, made.month, past=past)
        assert alone.lines == made.lines
        assert alone.formula.energy_krw == pytest.approx(made.formula.energy_krw)
        peaks_kw |= {
            at: float(kw) for at, kw in made.demand.looked_at_kw.items() if at == made.month
        }
