"""Check a schedule against every physical limit, without the solver that made it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from feature_store.errors import SandanError
from feature_store.time_grid import KilowattArray, TimeGrid
from models.assets.asset import TOLERANCE_KW
from models.optimizer.base_load import BaseLoad
from models.optimizer.job_relations import relation_violations
from models.optimizer.pricing import Pricing
from models.optimizer.rebill import rebill
from models.optimizer.schedule import PlanCost, Schedule
from models.site import Site

TOLERANCE_KRW = 1.0
"""A bill is cut to 10 won; two ways of summing two days differ by less than a thousandth of one."""


class UnsafeScheduleError(SandanError):
    """A schedule breaks a limit of the equipment; it must not be handed out."""


def verify(
    site: Site, grid: TimeGrid, base: BaseLoad, equipment_kw: Mapping[str, KilowattArray]
) -> None:
    """Raise an :class:`UnsafeScheduleError` that names every broken limit, if there is one."""
    broken = _without_numbers(grid, equipment_kw) or _broken_limits(site, grid, base, equipment_kw)
    if broken:
        raise UnsafeScheduleError(
            f"{site.firm_id}: the schedule breaks limits ({'; '.join(broken)}); "
            "it was thrown away: report it with the firm's declaration and the issue time"
        )


def verify_schedule(pricing: Pricing, schedule: Schedule) -> None:
    """Replay a whole schedule and bill it again; raise what :func:`verify` raises.

    Besides every physical limit the figures that it tells are compared with the replay: draws from
    the grid and states of charge to ``TOLERANCE_KW``, peaks too, and each part of both costs to
    ``TOLERANCE_KRW``.
    """
    site, grid, base = pricing.site, pricing.prices.grid, pricing.base
    if set(schedule.equipment_kw) != {asset.name for asset in site.assets}:
        raise UnsafeScheduleError(
            f"{site.firm_id}: the schedule is not of the declared equipment; "
            "it was thrown away: make it anew"
        )
    verify(site, grid, base, schedule.equipment_kw)
    untrue = _untrue_figures(pricing, schedule)
    if untrue:
        raise UnsafeScheduleError(
            f"{site.firm_id}: the schedule tells what its replay does not show "
            f"({'; '.join(untrue)}); it was thrown away: report it with the firm's declaration and "
            "the issue time"
        )


def _untrue_figures(pricing: Pricing, schedule: Schedule) -> list[str]:
    powers, base = schedule.equipment_kw, pricing.base
    total_kw = sum(powers.values(), start=np.zeros(pricing.prices.grid.steps))
    demand_kw = base.cautious_kw + total_kw
    peak_kw = demand_kw[pricing.prices.counted].max(initial=0.0)
    again = rebill(pricing, powers)
    untrue = [
        f"the {part} of {told:,.0f} won is {found:,.0f} won"
        for part, told, found in _parts(schedule.planned_cost, again)
        if not abs(told - found) <= TOLERANCE_KRW
    ]
    import_kw = np.maximum(base.median_kw + total_kw, 0.0)
    figures = {
        "the draw from the grid": (schedule.planned_import_kw, import_kw),
        "the planned peak": (np.array([schedule.planned_peak_kw]), np.array([peak_kw])),
    }
    for asset in pricing.site.assets:
        soc_kwh = asset.soc_kwh(powers[asset.name])
        if soc_kwh is not None:
            told_kwh = schedule.soc_kwh.get(asset.name, np.zeros(0))
            figures[f"the state of charge of {asset.name}"] = (told_kwh, soc_kwh)
    untrue += [
        f"{what} is another"
        for what, (told, found) in figures.items()
        if told.shape != found.shape or not (np.abs(told - found) <= TOLERANCE_KW).all()
    ]
    return untrue


def _parts(told: PlanCost, found: PlanCost) -> list[tuple[str, float, float]]:
    return [
        ("energy charge", told.energy_krw, found.energy_krw),
        ("demand charge", told.demand_krw, found.demand_krw),
        ("demand charge of later months", told.later_demand_krw, found.later_demand_krw),
        ("wear", told.wear_krw, found.wear_krw),
    ]


def _without_numbers(grid: TimeGrid, equipment_kw: Mapping[str, KilowattArray]) -> list[str]:
    return [
        f"{name} has no finite power for every step"
        for name, power_kw in equipment_kw.items()
        if power_kw.shape != (grid.steps,) or not np.isfinite(power_kw).all()
    ]


def _broken_limits(
    site: Site, grid: TimeGrid, base: BaseLoad, equipment_kw: Mapping[str, KilowattArray]
) -> list[str]:
    broken = [
        violation
        for asset in site.assets
        for violation in asset.violations(equipment_kw[asset.name], grid)
    ]
    broken += relation_violations(site, grid, equipment_kw)
    import_kw = base.median_kw + sum(equipment_kw.values(), start=np.zeros(grid.steps))
    if import_kw.min() < -TOLERANCE_KW:
        step = int(import_kw.argmin())
        local = grid.at(step).astimezone(site.zone)
        broken.append(f"power is fed back into the grid at {local:%Y-%m-%d %H:%M}")
    return broken
