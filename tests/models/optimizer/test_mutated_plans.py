"""No plan that was tampered with passes the verifier; every plan that was not, does.

``SANDAN_SOAK=1`` runs the long form.
"""

import os
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from models.optimizer.base_load import base_load
from models.optimizer.plan import plan
from models.optimizer.pricing import Pricing
from models.optimizer.rebill import rebill
from models.optimizer.schedule import Schedule, Solved
from models.optimizer.verify import UnsafeScheduleError, verify_schedule
from models.site import site_of
from models.tariffs.grid_prices import grid_prices
from models.tariffs.later_demand import DemandCuts, later_months
from tests.models.optimizer.example_works import (
    EVERYTHING,
    a_day_shape,
    forecast_of,
    history_of,
    works,
)
from tests.models.optimizer.test_later_months import JULY_WEDNESDAY

MUTANTS = 1000 if os.environ.get("SANDAN_SOAK") else 120
LOADS = 5


def a_plan(seed: int) -> tuple[Pricing, Schedule]:
    """A plan of the works with all equipment for a load drawn from the seed, and its prices."""
    load_kw = np.maximum(a_day_shape() + np.random.default_rng(seed).normal(0, 40, 96), 60)
    firm, forecast = works(*EVERYTHING), forecast_of(load_kw, spread_kw=100)
    outcome = plan(firm, history_of(), forecast)
    assert isinstance(outcome, Solved)
    site = site_of(firm)
    pricing = Pricing(
        site=site,
        prices=grid_prices(site.contract, forecast.grid, site.zone),
        base=base_load(site, forecast),
        demand_floor_kw=np.array([outcome.schedule.demand_floor_kw]),
    )
    return pricing, outcome.schedule


def with_power(schedule: Schedule, name: str, power_kw: np.ndarray) -> Schedule:
    return replace(schedule, equipment_kw=schedule.equipment_kw | {name: power_kw})


def shifted_run(schedule: Schedule, rng: np.random.Generator) -> Schedule:
    name = str(rng.choice(["kiln", "mixer"]))
    by = int(rng.choice([-2, -1, 1, 2]))
    return with_power(schedule, name, np.roll(schedule.equipment_kw[name], by))


def broken_run(schedule: Schedule, rng: np.random.Generator) -> Schedule:
    name = str(rng.choice(["kiln", "mixer"]))
    power_kw = schedule.equipment_kw[name].copy()
    power_kw[rng.choice(np.flatnonzero(power_kw))] *= rng.choice([0.0, 0.5, 1.1])
    return with_power(schedule, name, power_kw)


def overcharged(schedule: Schedule, rng: np.random.Generator) -> Schedule:
    power_kw = schedule.equipment_kw["ESS"].copy()
    power_kw[rng.integers(96)] = rng.uniform(100.1, 400)
    return with_power(schedule, "ESS", power_kw)


def emptied(schedule: Schedule, rng: np.random.Generator) -> Schedule:
    power_kw = schedule.equipment_kw["ESS"].copy()
    first = rng.integers(0, 80)
    power_kw[first : first + 16] = -rng.uniform(81, 100)  # more than the window holds
    return with_power(schedule, "ESS", power_kw)


def exporting(schedule: Schedule, rng: np.random.Generator) -> Schedule:
    power_kw = schedule.equipment_kw["chiller"].copy()
    power_kw[rng.integers(96)] = -rng.uniform(900, 2000)
    return with_power(schedule, "chiller", power_kw)


def nudged(schedule: Schedule, rng: np.random.Generator) -> Schedule:
    name = str(rng.choice(list(schedule.equipment_kw)))
    power_kw = schedule.equipment_kw[name].copy()
    power_kw[rng.integers(96)] += rng.choice([-1, 1]) * rng.uniform(0.01, 50)
    return with_power(schedule, name, power_kw)


def no_number(schedule: Schedule, rng: np.random.Generator) -> Schedule:
    name = str(rng.choice(list(schedule.equipment_kw)))
    power_kw = schedule.equipment_kw[name].copy()
    power_kw[rng.integers(96)] = rng.choice([np.nan, np.inf])
    return with_power(schedule, name, power_kw)


def wrong_cost(schedule: Schedule, rng: np.random.Generator) -> Schedule:
    part = str(rng.choice(["energy_krw", "demand_krw", "wear_krw", "later_demand_krw"]))
    cost = schedule.planned_cost
    off = rng.choice([-1, 1]) * rng.uniform(1.01, 10_000)
    return replace(schedule, planned_cost=replace(cost, **{part: getattr(cost, part) + off}))


def wrong_import(schedule: Schedule, rng: np.random.Generator) -> Schedule:
    import_kw = schedule.planned_import_kw.copy()
    import_kw[rng.integers(96)] += rng.uniform(0.01, 100)
    return replace(schedule, planned_import_kw=import_kw)


def wrong_peak(schedule: Schedule, rng: np.random.Generator) -> Schedule:
    return replace(schedule, planned_peak_kw=schedule.planned_peak_kw - rng.uniform(0.01, 50))


def wrong_state(schedule: Schedule, rng: np.random.Generator) -> Schedule:
    soc_kwh = schedule.soc_kwh["ESS"].copy()
    soc_kwh[rng.integers(97)] -= rng.uniform(0.01, 400)
    return replace(schedule, soc_kwh={"ESS": soc_kwh})


def missing(schedule: Schedule, rng: np.random.Generator) -> Schedule:
    gone = str(rng.choice(list(schedule.equipment_kw)))
    return replace(
        schedule, equipment_kw={k: v for k, v in schedule.equipment_kw.items() if k != gone}
    )


MUTATIONS: tuple[Callable[[Schedule, np.random.Generator], Schedule], ...] = (
    shifted_run,
    broken_run,
    overcharged,
    emptied,
    exporting,
    nudged,
    no_number,
    wrong_cost,
    wrong_import,
    wrong_peak,
    wrong_state,
    missing,
)


def is_caught(pricing: Pricing, schedule: Schedule) -> bool:
    try:
        verify_schedule(pricing, schedule)
    except UnsafeScheduleError:
        return True
    return False


def test_mutated_plans_are_caught_and_the_plans_themselves_pass():
    rng = np.random.default_rng(0)
    plans = [a_plan(seed) for seed in range(LOADS)]
    for pricing, schedule in plans:
        verify_schedule(pricing, schedule)
    passed = []
    for number in range(MUTANTS):
        pricing, schedule = plans[number % LOADS]
        mutate = MUTATIONS[number % len(MUTATIONS)]
        if not is_caught(pricing, mutate(schedule, rng)):
            passed.append(mutate.__name__)
    assert len(passed) <= MUTANTS // 1000, passed


def test_what_is_untrue_is_told_with_its_size():
    pricing, schedule = a_plan(0)
    cost = schedule.planned_cost
    cheaper = replace(schedule, planned_cost=replace(cost, energy_krw=cost.energy_krw - 1000))
    with pytest.raises(
        UnsafeScheduleError, match=r"works: .*the planned energy charge of [\d,]+ won is"
    ):
        verify_schedule(pricing, cheaper)


def test_the_second_bill_is_the_first_with_excess_floors_and_later_months():
    rng = np.random.default_rng(1)
    site = site_of(works(*EVERYTHING, power_kw=450))
    forecast = forecast_of(np.r_[a_day_shape(), a_day_shape() + 200], start=JULY_WEDNESDAY)
    prices = grid_prices(site.contract, forecast.grid, site.zone)
    later = later_months(site.contract, prices)
    assert later
    for _ in range(50):
        cuts = [
            DemandCuts(
                krw_per_kw=np.cumsum(rng.uniform(0, 9000, len(group.months))),
                intercept_krw=-np.cumsum(rng.uniform(0, 4e6, len(group.months))),
            )
            for group in later
        ]
        pricing = Pricing(
            site=site,
            prices=prices,
            base=base_load(site, forecast),
            demand_floor_kw=rng.uniform(0, 700, len(prices.months)),
            later=later,
            later_cuts=tuple(cuts),
        )
        powers = {asset.name: rng.uniform(-80, 80, 192) for asset in site.assets}
        first, second = pricing.cost(powers), rebill(pricing, powers)
        for part in ("energy_krw", "demand_krw", "wear_krw", "later_demand_krw"):
            assert getattr(second, part) == pytest.approx(getattr(first, part), abs=1e-3)
