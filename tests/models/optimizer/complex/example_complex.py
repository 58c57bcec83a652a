"""A small complex: works of one kind that differ in load, contract and windows."""

from dataclasses import replace

import cvxpy as cp
import numpy as np

from feature_store.entities.firm import Contract, Equipment
from feature_store.time_grid import STEPS_PER_HOUR, TimeGrid
from models.assets.battery import Battery, BatteryParameters
from models.optimizer.base_load import BaseLoad
from models.optimizer.complex.shared_part import battery_krw
from models.optimizer.complex.terms import Member, SharedTerms
from models.optimizer.pricing import Pricing
from models.optimizer.problem import SchedulingProblem, assemble
from models.site import site_of
from models.tariffs.grid_prices import grid_prices
from models.tariffs.later_demand import demand_cuts, later_months
from tests.builders import a_firm
from tests.models.optimizer.example_works import BATTERY, CHILLER_LOAD, KILN, WEDNESDAY

GRID = TimeGrid(WEDNESDAY, steps=96)
COMMUNITY = Battery(
    name="community",
    parameters=BatteryParameters(**BATTERY | {"capacity_kwh": 200, "max_discharge_kw": 60}),
)


def a_member(number: int, *, jobs: bool = True, equipment: tuple[Equipment, ...] = ()) -> Member:
    """A works whose load is high by morning if its number is even, else in the afternoon.

    So their peaks can make room for each other.
    """
    rng = np.random.default_rng(number)
    usual = int(rng.integers(9, 17))
    window = {"usual_start": f"{usual:02}:00", "latest_end": f"{rng.integers(19, 24)}:00"}
    store = Equipment(name="ESS", kind="battery", parameters=BATTERY)
    kiln = Equipment(name="kiln", kind="shiftable_job", parameters=KILN | window)
    firm = a_firm(
        f"works_{number}",
        contract=Contract(power_kw=float(600 + 200 * (number % 3))),
        equipment=equipment or ((store, CHILLER_LOAD, kiln) if jobs else (store, CHILLER_LOAD)),
    )
    site = site_of(firm)
    prices = grid_prices(site.contract, GRID, site.zone)
    hour = np.arange(GRID.steps) // STEPS_PER_HOUR
    begins = 8 + 7 * (number % 2) + int(rng.integers(0, 2))
    day_kw = np.where((hour >= begins) & (hour < begins + 6), rng.uniform(300, 500), 150.0)
    load_kw = day_kw * rng.uniform(0.95, 1.05, GRID.steps)
    later = later_months(site.contract, prices)
    return Member(
        pricing=Pricing(
            site=site,
            prices=prices,
            base=BaseLoad(median_kw=load_kw, cautious_kw=1.05 * load_kw, undrawn_kwh=0.0),
            demand_floor_kw=np.full(len(prices.months), 200.0),
            later=later,
            later_cuts=tuple(demand_cuts(group, ()) for group in later),
        )
    )


def a_complex(firms: int, *, jobs: bool = True) -> tuple[Member, ...]:
    """So many works."""
    return tuple(a_member(number, jobs=jobs) for number in range(firms))


def some_terms(**changes) -> SharedTerms:
    """A shared peak at 3,000 won/kW by day, unless ``changes`` say otherwise."""
    counted = np.zeros(GRID.steps, dtype=bool)
    counted[32:88] = True
    return replace(SharedTerms(peak_krw_per_kw=3000.0, counted=counted), **changes)


def with_battery(terms: SharedTerms, member: Member) -> SharedTerms:
    """The same with a battery of the community, whose energy costs what the member's does."""
    krw_per_kwh = member.pricing.prices.krw_per_kwh
    return replace(terms, batteries=(COMMUNITY,), battery_krw_per_kwh=krw_per_kwh)


def filled(member: Member) -> SchedulingProblem:
    """The firm's own problem with its numbers."""
    pricing = member.pricing
    scheduling = assemble(pricing.site, pricing.prices)
    scheduling.fill(pricing.base, pricing.demand_floor_kw.tolist(), pricing.later_cuts)
    return scheduling


def pooled_optimum_krw(members: tuple[Member, ...], terms: SharedTerms) -> tuple[float, float]:
    """Cost and bound of all firms in one mixed-integer problem."""
    firms = [filled(member) for member in members]
    batteries = [battery.plan(GRID) for battery in terms.batteries]
    demand_kw = sum(
        member.pricing.base.cautious_kw + sum(plan.power_kw for plan in firm.plans.values())
        for member, firm in zip(members, firms, strict=True)
    ) + sum(plan.power_kw for plan in batteries)
    median_kw = sum(
        member.pricing.base.median_kw + sum(plan.power_kw for plan in firm.plans.values())
        for member, firm in zip(members, firms, strict=True)
    ) + sum(plan.power_kw for plan in batteries)
    cost_krw = sum(firm.problem.objective.expr for firm in firms)
    cost_krw += terms.peak_krw_per_kw * cp.max(demand_kw[terms.counted])
    limits = [one for firm in firms for one in firm.problem.constraints]
    for battery, plan in zip(terms.batteries, batteries, strict=True):
        cost_krw += battery_krw(terms, plan.power_kw) + battery.cost_krw(plan.power_kw)
        limits += [*plan.constraints, median_kw >= 0]
    if terms.feeder_limit_kw is not None:
        limits.append(demand_kw <= terms.feeder_limit_kw)
    problem = cp.Problem(cp.Minimize(cost_krw), limits)
    problem.solve(solver=cp.HIGHS, mip_rel_gap=1e-4, threads=1)
    return float(problem.value), float(problem.value) * (1 - 1e-4)
