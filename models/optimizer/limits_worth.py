"""What a little more or less of each limit would be worth, found by solving again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

from feature_store.entities.job_relation import Crew
from feature_store.time_grid import STEPS_PER_DAY
from models.assets.asset import Asset
from models.assets.battery import Battery
from models.assets.charger import Charger
from models.assets.curtailable_load import CurtailableLoad
from models.assets.generator import Generator
from models.assets.interruptible_job import InterruptibleJob
from models.assets.shiftable_job import ShiftableJob
from models.assets.thermal_store import ThermalStore
from models.optimizer.pricing import Pricing
from models.optimizer.problem import assemble
from models.optimizer.solve import Solution, solve
from models.site import Site

Kind = Literal[
    "contract_power_kw",
    "battery_kwh",
    "battery_kw",
    "battery_reserve_kwh",
    "battery_day_kwh",
    "thermal_kwh",
    "thermal_kw",
    "charger_kw",
    "generator_kw",
    "reduction_kw",
    "earliest_start_step",
    "latest_end_step",
    "arrival_step",
    "departure_step",
    "crew_jobs",
]
PROBED_SHARE = 0.05
"""How much of a limit is added: enough that the solver's gap of one won is small against what it
is worth, little enough that the next unit is worth about the same."""


@dataclass(frozen=True, kw_only=True)
class LimitWorth:
    """What a limit is worth over the horizon, per unit."""

    equipment: str | None
    """None for the site's own; of a crew the jobs that it serves."""
    kind: Kind
    """What is made larger, in its unit; a window or a stay is widened by one step, a crew serves
    one job more at once, a reserve is made smaller."""
    added: float
    """How many units were added to find out."""
    saved_krw_per_unit: float
    """What the plan then saves more, per unit; 0 where the limit does not bind."""


@dataclass(frozen=True, kw_only=True)
class _Probe:
    equipment: str | None
    kind: Kind
    added: float
    site: Site


Windowed = TypeVar("Windowed", ShiftableJob, InterruptibleJob, CurtailableLoad)
"""What has a window of the day."""
LeastCost = Callable[[Site], float | None]
"""From a site to the least cost of its plan in won; None where it could not be found."""


def limits_worth(site: Site, least_krw: LeastCost) -> tuple[LimitWorth, ...]:
    """Return what more of each limit would save, largest first.

    A limit whose probe could not be solved is left out, and all are if the site as it is could not
    be. A wider limit never costs more, so what the solver's gap makes negative is 0.
    """
    now_krw = least_krw(site)
    if now_krw is None:
        return ()
    worth = []
    for probe in _probes(site):
        then_krw = least_krw(probe.site)
        if then_krw is not None:
            worth.append(
                LimitWorth(
                    equipment=probe.equipment,
                    kind=probe.kind,
                    added=probe.added,
                    saved_krw_per_unit=max(now_krw - then_krw, 0.0) / probe.added,
                )
            )
    return tuple(sorted(worth, key=lambda one: (-one.saved_krw_per_unit, one.equipment or "")))


def least_cost(pricing: Pricing, *, time_limit_s: float) -> LeastCost:
    """Return how the plans of sites like that of ``pricing`` are costed, each solved anew.

    The load, the demand floors and what later months cost stay: of the contract power only the
    surcharge above it is looked at, or that it is a hard limit, not the 30 % of it that are billed
    at least. With a value of the peak costs are what plans are chosen by. ``time_limit_s`` is for
    all of them together: what comes too late is not found.
    """
    deadline = time.perf_counter() + time_limit_s

    def least_krw(site: Site) -> float | None:
        left_s = deadline - time.perf_counter()
        if left_s <= 0:
            return None
        scheduling = assemble(
            site,
            pricing.prices,
            terms=pricing.terms,
            scenarios=pricing.base.scenarios,
            by_value=pricing.peak_value is not None,
        )
        scheduling.fill(
            pricing.base, pricing.demand_floor_kw.tolist(), pricing.later_cuts, pricing.peak_value
        )
        found = solve(scheduling, time_limit_s=left_s)
        if not isinstance(found, Solution):
            return None
        return replace(pricing, site=site).chosen_by_krw(found.equipment_kw)

    return least_krw


def _probes(site: Site) -> Iterator[_Probe]:
    contract = site.contract
    added_kw = PROBED_SHARE * contract.power_kw
    wider = contract.model_copy(update={"power_kw": contract.power_kw + added_kw})
    yield _Probe(
        equipment=None,
        kind="contract_power_kw",
        added=added_kw,
        site=replace(site, contract=wider),
    )
    for position, asset in enumerate(site.assets):
        for kind, added, wider_asset in _wider(asset):
            assets = (*site.assets[:position], wider_asset, *site.assets[position + 1 :])
            yield _Probe(
                equipment=asset.name, kind=kind, added=added, site=replace(site, assets=assets)
            )
    yield from _larger_crews(site)


def _larger_crews(site: Site) -> Iterator[_Probe]:
    for position, relation in enumerate(site.job_relations):
        if not isinstance(relation, Crew) or relation.at_most >= len(relation.jobs):
            continue
        larger = relation.model_copy(update={"at_most": relation.at_most + 1})
        relations = (*site.job_relations[:position], larger, *site.job_relations[position + 1 :])
        yield _Probe(
            equipment=", ".join(relation.jobs),
            kind="crew_jobs",
            added=1.0,
            site=replace(site, job_relations=relations),
        )


def _wider(asset: Asset) -> Iterator[tuple[Kind, float, Asset]]:
    """Return the same equipment with one limit wider, for each limit that can be bought."""
    if isinstance(asset, Battery):
        yield from _larger_battery(asset)
    elif isinstance(asset, ThermalStore):
        yield from _larger_thermal_store(asset)
    elif isinstance(asset, ShiftableJob):  # noqa: SIM114 - a type variable takes no union
        yield from _longer_window(asset)
    elif isinstance(asset, InterruptibleJob):
        yield from _longer_window(asset)
    elif isinstance(asset, Charger):
        added = PROBED_SHARE * asset.parameters.max_kw
        yield "charger_kw", added, replace(asset, spare_kw=added)
        if asset.parameters.shortest_gap > 0:
            yield "arrival_step", 1.0, replace(asset, spare_before=1)
            yield "departure_step", 1.0, replace(asset, spare_after=1)
    elif isinstance(asset, Generator):
        added = PROBED_SHARE * asset.parameters.max_kw
        stronger = {"max_kw": asset.parameters.max_kw + added}
        limits = asset.parameters.model_copy(update=stronger)
        yield "generator_kw", added, replace(asset, parameters=limits)
    elif isinstance(asset, CurtailableLoad):
        load = asset.parameters
        added = PROBED_SHARE * load.max_reduction_kw
        deeper = load.model_copy(update={"max_reduction_kw": load.max_reduction_kw + added})
        yield "reduction_kw", added, replace(asset, parameters=deeper)
        yield from _longer_window(asset)


def _larger_battery(battery: Battery) -> Iterator[tuple[Kind, float, Asset]]:
    limits = battery.parameters
    added = PROBED_SHARE * limits.capacity_kwh
    larger = limits.model_copy(update={"capacity_kwh": limits.capacity_kwh + added})
    yield "battery_kwh", added, replace(battery, parameters=larger)
    added = PROBED_SHARE * limits.max_discharge_kw
    stronger = limits.model_copy(
        update={
            "max_charge_kw": limits.max_charge_kw + added,
            "max_discharge_kw": limits.max_discharge_kw + added,
        }
    )
    yield "battery_kw", added, replace(battery, parameters=stronger)
    held_kwh = battery.reserve_kwh - limits.min_soc_share * limits.capacity_kwh
    if held_kwh > 0:
        given_kwh = min(PROBED_SHARE * limits.capacity_kwh, held_kwh)
        lower = (battery.reserve_kwh - given_kwh) / limits.capacity_kwh
        freer = limits.model_copy(update={"reserve_share": lower})
        yield "battery_reserve_kwh", given_kwh, replace(battery, parameters=freer)
    if limits.max_discharge_kwh_per_day is not None:
        added = PROBED_SHARE * limits.max_discharge_kwh_per_day
        longer = {"max_discharge_kwh_per_day": limits.max_discharge_kwh_per_day + added}
        cycled = limits.model_copy(update=longer)
        yield "battery_day_kwh", added, replace(battery, parameters=cycled)


def _larger_thermal_store(store: ThermalStore) -> Iterator[tuple[Kind, float, Asset]]:
    """The band grows at its useful end: what is stored now, usually and at the end stays."""
    limits = store.parameters
    added = PROBED_SHARE * limits.balance.capacity_kwh
    yield "thermal_kwh", added, replace(store, parameters=limits.with_more_kwh(added))
    added = PROBED_SHARE * limits.max_kw
    stronger = limits.model_copy(update={"max_kw": limits.max_kw + added})
    yield "thermal_kw", added, replace(store, parameters=stronger)


def _longer_window(asset: Windowed) -> Iterator[tuple[Kind, float, Asset]]:
    window = asset.parameters
    if window.earliest_start > 0:
        earlier = window.model_copy(update={"earliest_start": window.earliest_start - 1})
        yield "earliest_start_step", 1.0, replace(asset, parameters=earlier)
    if window.latest_end < STEPS_PER_DAY:
        later = window.model_copy(update={"latest_end": window.latest_end + 1})
        yield "latest_end_step", 1.0, replace(asset, parameters=later)
