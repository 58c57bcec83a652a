"""Check a schedule against every physical limit, without the solver that made it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from feature_store.errors import SandanError
from feature_store.time_grid import KilowattArray, TimeGrid
from models.assets.asset import TOLERANCE_KW
from models.optimizer.base_load import BaseLoad
from models.optimizer.grid_limits import grid_violations
from models.optimizer.grid_terms import USUAL_TERMS, GridTerms
from models.optimizer.job_relations import relation_violations
from models.optimizer.meter_replay import metered_again
from models.optimizer.pricing import Pricing
from models.optimizer.rebill import expected_again_krw, rebill
from models.optimizer.schedule import PlanCost, Schedule
from models.site import Site

TOLERANCE_KRW = 1.0
"""A bill is cut to 10 won; two ways of summing two days differ by less than a thousandth of one."""


class UnsafeScheduleError(SandanError):
    """A schedule breaks a limit of the equipment; it must not be handed out."""


def verify(
    site: Site,
    grid: TimeGrid,
    base: BaseLoad,
    equipment_kw: Mapping[str, KilowattArray],
    terms: GridTerms = USUAL_TERMS,
) -> None:
    """Raise an :class:`UnsafeScheduleError` that names every broken limit, if there is one.

    Looked at are the equipment, the relations between jobs and the limits of the grid.
    """
    broken = without_numbers(grid, equipment_kw)
    if not broken:
        broken = [
            violation
            for asset in site.assets
            for violation in asset.violations(equipment_kw[asset.name], grid)
        ]
        broken += relation_violations(site, grid, equipment_kw)
        broken += grid_violations(site, grid, base, equipment_kw, terms)
    if broken:
        raise UnsafeScheduleError(
            f"{site.firm_id}: the schedule breaks limits ({'; '.join(broken)}); "
            "it was thrown away: report it with the firm's declaration and the issue time"
        )


def verify_schedule(pricing: Pricing, schedule: Schedule) -> None:
    """Replay a whole schedule and bill it again; raise what :func:`verify` raises.

    Besides every physical limit the figures that it tells are compared with the replay: draws from
    the grid and states of charge to ``TOLERANCE_KW``, peaks too, and each part of the costs without
    and with the plan to ``TOLERANCE_KRW``. What is expected of demand, where a plan was chosen by
    it, is compared apart from the bill, and may not be above it.
    """
    site, grid, base = pricing.site, pricing.prices.grid, pricing.base
    named = {asset.name for asset in site.assets}
    if set(schedule.equipment_kw) != named or set(schedule.usual_kw) != named:
        raise UnsafeScheduleError(
            f"{site.firm_id}: the schedule is not of the declared equipment; "
            "it was thrown away: make it anew"
        )
    verify(site, grid, base, schedule.equipment_kw, pricing.terms)
    untrue = [
        *_untrue_costs(pricing, schedule),
        *_untrue_expectations(pricing, schedule),
        *_untrue_figures(pricing, schedule),
    ]
    refuse_untrue(site.firm_id, untrue)


def untrue_bill(
    pricing: Pricing, which: str, told: PlanCost, equipment_kw: Mapping[str, KilowattArray]
) -> list[str]:
    """Return each part of a bill that the second bill of the same operation does not show.

    ``which`` names the operation. The two may differ by ``TOLERANCE_KRW``.
    """
    return [
        f"the {which} {part} of {told_krw:,.0f} won is {found_krw:,.0f} won"
        for part, told_krw, found_krw in _parts(told, rebill(pricing, equipment_kw))
        if not abs(told_krw - found_krw) <= TOLERANCE_KRW
    ]


def verified_cost(
    pricing: Pricing, which: str, equipment_kw: Mapping[str, KilowattArray]
) -> PlanCost:
    """Return what an operation costs, billed twice; raise where the bills differ.

    ``which`` names the operation in the :class:`UnsafeScheduleError`.
    """
    cost = pricing.cost(equipment_kw)
    refuse_untrue(pricing.site.firm_id, untrue_bill(pricing, which, cost, equipment_kw))
    return cost


def refuse_untrue(whose: str, untrue: list[str]) -> None:
    """Raise an :class:`UnsafeScheduleError` that names what a replay does not show, if any."""
    if untrue:
        raise UnsafeScheduleError(
            f"{whose}: the schedule tells what its replay does not show ({'; '.join(untrue)}); it "
            "was thrown away: report it with the firm's declaration and the issue time"
        )


def _untrue_costs(pricing: Pricing, schedule: Schedule) -> list[str]:
    both = {
        "usual": (schedule.usual_cost, schedule.usual_kw),
        "planned": (schedule.planned_cost, schedule.equipment_kw),
    }
    return [
        one
        for which, (cost, powers) in both.items()
        for one in untrue_bill(pricing, which, cost, powers)
    ]


def _untrue_expectations(pricing: Pricing, schedule: Schedule) -> list[str]:
    value, told = pricing.peak_value, schedule.expected_demand
    if value is None or told is None:
        same = value is None and told is None
        return [] if same else ["what it was chosen by is not what the problem asks for"]
    both = {
        "usual": (told.usual_krw, schedule.usual_kw, schedule.usual_cost),
        "planned": (told.planned_krw, schedule.equipment_kw, schedule.planned_cost),
    }
    untrue = []
    for which, (told_krw, powers, cost) in both.items():
        found_krw = expected_again_krw(pricing, value, powers)
        if not abs(told_krw - found_krw) <= TOLERANCE_KRW:
            untrue.append(
                f"the {which} demand charge expected of {told_krw:,.0f} won is {found_krw:,.0f} won"
            )
        if not told_krw <= cost.demand_krw + TOLERANCE_KRW:
            untrue.append(f"the {which} demand charge expected is above the one billed")
    return untrue


def _untrue_figures(pricing: Pricing, schedule: Schedule) -> list[str]:
    figures: dict[str, tuple[KilowattArray | None, KilowattArray]] = {}
    for which, powers, import_kw, net_kw, peak_kw in (
        (
            "usual",
            schedule.usual_kw,
            schedule.usual_import_kw,
            schedule.usual_net_kw,
            schedule.usual_peak_kw,
        ),
        (
            "planned",
            schedule.equipment_kw,
            schedule.planned_import_kw,
            schedule.planned_net_kw,
            schedule.planned_peak_kw,
        ),
    ):
        total_kw = sum(powers.values(), start=np.zeros(pricing.prices.grid.steps))
        metered_kw = metered_again(pricing.terms, pricing.base.median_kw + total_kw)
        demand_kw = metered_again(pricing.terms, pricing.base.cautious_kw + total_kw)
        highest_kw = demand_kw[pricing.prices.counted].max(initial=0.0)
        figures[f"the {which} draw from the grid"] = (import_kw, np.maximum(metered_kw, 0.0))
        figures[f"the {which} peak"] = (np.array([peak_kw]), np.array([highest_kw]))
        if pricing.terms.export is not None:
            figures[f"the {which} exchange with the grid"] = (net_kw, metered_kw)
    for asset in pricing.site.assets:
        soc_kwh = asset.soc_kwh(schedule.equipment_kw[asset.name])
        if soc_kwh is not None:
            told_kwh = schedule.soc_kwh.get(asset.name)
            figures[f"the state of charge of {asset.name}"] = (told_kwh, soc_kwh)
    return [f"{what} is another" for what, (told, found) in figures.items() if differ(told, found)]


def differ(told: KilowattArray | None, found: KilowattArray) -> bool:
    """Whether powers or energies that are told lie off those found, by more than the tolerance."""
    if told is None or told.shape != found.shape:
        return True
    return not (np.abs(told - found) <= TOLERANCE_KW).all()


def _parts(told: PlanCost, found: PlanCost) -> list[tuple[str, float, float]]:
    return [
        ("energy charge", told.energy_krw, found.energy_krw),
        ("demand charge", told.demand_krw, found.demand_krw),
        ("demand charge of later months", told.later_demand_krw, found.later_demand_krw),
        ("wear", told.wear_krw, found.wear_krw),
        ("pay for what is fed back", told.export_earned_krw, found.export_earned_krw),
        ("pay for events", told.events_earned_krw, found.events_earned_krw),
    ]


def without_numbers(grid: TimeGrid, equipment_kw: Mapping[str, KilowattArray]) -> list[str]:
    """Return what has no number for each step of ``grid``, in words."""
    return [
        f"{name} has no finite power for every step"
        for name, power_kw in equipment_kw.items()
        if power_kw.shape != (grid.steps,) or not np.isfinite(power_kw).all()
    ]
