"""Which limits a move lies at, read from the plan's powers alone.

A limit binds where the operation lies at it, in an interval in which the equipment does otherwise
than usual. The end state that every store has to reach binds in nearly all plans and is not told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

import numpy as np

from feature_store.time_grid import HOURS_PER_STEP, STEPS_PER_DAY, KilowattArray
from models.assets.asset import TOLERANCE_KW, Asset
from models.assets.battery import Battery
from models.assets.charger import Charger
from models.assets.curtailable_load import CurtailableLoad
from models.assets.generator import Generator
from models.assets.interruptible_job import InterruptibleJob
from models.assets.job_decisions import BoolArray, Job
from models.assets.local_days import day_membership
from models.assets.shiftable_job import ShiftableJob
from models.assets.thermal_store import ThermalStore
from models.optimizer.binding_jobs import limits_of_starts, relations, windows
from models.optimizer.changed_power import ChangedPower, at_least, at_most, stretches
from models.optimizer.pricing import Pricing
from models.optimizer.schedule import Binding, BindingLimit


def binding_limits(
    pricing: Pricing,
    asset: Asset,
    usual_kw: Mapping[str, KilowattArray],
    planned_kw: Mapping[str, KilowattArray],
) -> tuple[BindingLimit, ...]:
    """Return the limits that ``asset`` lies at where it does otherwise than usual, each once."""
    grid, site = pricing.prices.grid, pricing.site
    power = ChangedPower(
        grid=grid, usual_kw=usual_kw[asset.name], planned_kw=planned_kw[asset.name]
    )
    found = [BindingLimit(what=what) for what in _of_equipment(asset, power)]
    if isinstance(asset, Job):
        found += relations(site, asset, power, planned_kw)
    found += [BindingLimit(what=what) for what in _of_site(pricing, power, planned_kw)]
    return tuple(dict.fromkeys(found))


def _of_equipment(asset: Asset, power: ChangedPower) -> Iterator[Binding]:
    """Each kind's own limits; a roof has none: what it may feed, the sun decides."""
    match asset:
        case Battery():
            yield from _of_battery(asset, power)
        case ThermalStore():
            yield from _of_thermal_store(asset, power)
        case Charger():
            yield from _of_charger(asset, power)
        case Generator():
            yield from _of_generator(asset, power)
        case CurtailableLoad():
            yield from _of_curtailable_load(asset, power)
        case ShiftableJob():
            yield from windows(asset, power)
        case InterruptibleJob():
            yield from windows(asset, power)
            yield from limits_of_starts(asset, power)
        case _:
            return


def _of_battery(battery: Battery, power: ChangedPower) -> Iterator[Binding]:
    limits, planned_kw = battery.parameters, power.planned_kw
    after_kwh = battery.soc_kwh(planned_kw)[1:]
    charges, discharges = planned_kw > TOLERANCE_KW, planned_kw < -TOLERANCE_KW
    least_kwh = limits.min_soc_share * limits.capacity_kwh
    if (charges & at_least(after_kwh, limits.max_soc_share * limits.capacity_kwh)).any():
        yield "full"
    if (discharges & at_most(after_kwh, least_kwh)).any():
        yield "empty"
    elif (discharges & at_most(after_kwh, battery.reserve_kwh)).any():
        yield "reserve"
    if at_least(planned_kw, limits.max_charge_kw).any():
        yield "charging_power"
    if at_most(planned_kw, -limits.max_discharge_kw).any():
        yield "discharging_power"
    if limits.max_discharge_kwh_per_day is not None:
        day_kwh = battery.discharged_kwh(planned_kw, power.grid)
        left_kwh = battery.discharge_left_kwh(power.grid)
        if (at_least(day_kwh, left_kwh) & (day_kwh > TOLERANCE_KW)).any():
            yield "days_discharge"


def _of_thermal_store(store: ThermalStore, power: ChangedPower) -> Iterator[Binding]:
    after_kwh = store.stored_kwh(power.planned_kw, power.grid)[1:]
    if (power.more & at_least(after_kwh, store.parameters.balance.capacity_kwh)).any():
        yield "full"
    if (power.changed & at_most(after_kwh, 0.0)).any():
        yield "empty"
    if (power.more & at_least(power.planned_kw, store.parameters.max_kw)).any():
        yield "machine_power"


def _of_charger(charger: Charger, power: ChangedPower) -> Iterator[Binding]:
    if (power.more & at_least(power.planned_kw, charger.parameters.max_kw)).any():
        yield "charging_power"
    last_steps = [int(np.flatnonzero(stay.plugged)[-1]) for stay in charger.sessions(power.grid)]
    if any(power.more[last] for last in last_steps if last + 1 < power.grid.steps):
        yield "departure"


def _of_generator(generator: Generator, power: ChangedPower) -> Iterator[Binding]:
    limits, fed_kw = generator.parameters, -power.planned_kw
    on = power.changed & (fed_kw > TOLERANCE_KW)
    if (on & at_least(fed_kw, limits.max_kw)).any():
        yield "largest_output"
    if limits.min_kw < limits.max_kw and (on & at_most(fed_kw, limits.min_kw)).any():
        yield "least_output"
    runs = stretches(fed_kw > TOLERANCE_KW)
    whole = [(first, end) for first, end in runs if first > 0 and end < power.grid.steps]
    if any(1 < end - first == limits.switching.min_on for first, end in whole):
        yield "shortest_time"
    if any(1 < later[0] - run[1] == limits.switching.min_off for run, later in pairwise(runs)):
        yield "shortest_pause"
    starts = generator.starts_by_day(power.planned_kw, power.grid)
    usual_starts = generator.starts_by_day(power.usual_kw, power.grid)
    if (
        limits.max_starts is not None
        and ((starts >= limits.max_starts) & (starts > usual_starts)).any()
    ):
        yield "days_starts"


def _of_curtailable_load(load: CurtailableLoad, power: ChangedPower) -> Iterator[Binding]:
    limits = load.parameters
    reduction_kw = load.reduction_kw(power.planned_kw)
    reduced = power.changed & (reduction_kw > TOLERANCE_KW)
    if (reduced & at_least(reduction_kw, limits.max_reduction_kw)).any():
        yield "largest_reduction"
    if limits.min_reduction_kw < limits.max_reduction_kw and (
        (reduced & at_most(reduction_kw, limits.min_reduction_kw)).any()
    ):
        yield "least_reduction"
    given_up_kwh = HOURS_PER_STEP * (day_membership(power.grid, load.zone) @ reduction_kw)
    if (at_least(given_up_kwh, load.left_kwh(power.grid)) & (given_up_kwh > TOLERANCE_KW)).any():
        yield "days_reduction"
    yield from _edges_of_window(load, power, reduced)
    for first, end in stretches(reduced):
        if end - first == limits.max_duration < STEPS_PER_DAY:
            yield "longest_time"
        if first > 0 and end < power.grid.steps and 1 < end - first == limits.min_duration:
            yield "shortest_time"


def _edges_of_window(
    load: CurtailableLoad, power: ChangedPower, reduced: BoolArray
) -> Iterator[Binding]:
    limits = load.parameters
    clock = power.grid.clock(load.zone).step_of_day
    all_day = limits.earliest_start == 0 and limits.latest_end == STEPS_PER_DAY
    if not all_day and (reduced & (clock == limits.earliest_start)).any():
        yield "window_start"
    if not all_day and (reduced & (clock == limits.latest_end - 1)).any():
        yield "window_end"
    soonest = limits.notice
    opens = not all_day and clock[min(soonest, reduced.size - 1)] == limits.earliest_start
    begins = 0 < soonest < reduced.size and reduced[soonest] and not opens
    if begins or _is_as_announced(load, power, reduced):
        yield "notice"


def _is_as_announced(load: CurtailableLoad, power: ChangedPower, reduced: BoolArray) -> bool:
    """Whether it is reduced as far as was announced where it could be reduced further."""
    announced_kw = load.announced_kw(power.grid)
    first = slice(announced_kw.size)
    reduction_kw = load.reduction_kw(power.planned_kw)[first]
    at_announced = reduced[first] & at_least(reduction_kw, announced_kw)
    return bool((at_announced & ~at_least(announced_kw, load.parameters.max_reduction_kw)).any())


def _of_site(
    pricing: Pricing, power: ChangedPower, planned_kw: Mapping[str, KilowattArray]
) -> Iterator[Binding]:
    """What the connection lets the move do: draw no more, or feed back no more."""
    terms, base, total_kw = pricing.terms, pricing.base, pricing.total_kw(planned_kw)
    courses = [base.cautious_kw] if base.scenarios is None else list(base.scenarios.paths_kw)
    demand_kw = np.max([terms.metered_kw(course_kw + total_kw) for course_kw in courses], axis=0)
    contract_kw = pricing.site.contract.power_kw
    at_contract = at_least(demand_kw, contract_kw) & at_most(demand_kw, contract_kw)
    if (power.more & at_contract).any():
        yield "contract_power"
    bus_kw = base.median_kw + total_kw
    if terms.export is None:
        if (power.less & at_most(bus_kw, 0.0)).any():
            yield "no_feeding_back"
    elif (power.less & at_least(-terms.metered_kw(bus_kw), terms.export.most_kw)).any():
        yield "feeding_back"
