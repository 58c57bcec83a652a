"""Replay a complex's whole plan and bill it again, without the solver that made it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from feature_store.time_grid import HOURS_PER_STEP, KilowattArray
from models.assets.asset import TOLERANCE_KW
from models.optimizer.complex.schedule import ComplexSchedule
from models.optimizer.complex.shared_limits import verify_shared
from models.optimizer.complex.terms import Member, SharedTerms, shared_grid
from models.optimizer.verify import (
    TOLERANCE_KRW,
    UnsafeScheduleError,
    differ,
    refuse_untrue,
    untrue_bill,
    verify,
)


def verify_complex(
    members: Sequence[Member], terms: SharedTerms, schedule: ComplexSchedule
) -> None:
    """Raise a :class:`models.optimizer.verify.UnsafeScheduleError` for a plan that is not as told.

    Each firm is held to its own limits and billed again by its own tariff, the batteries and the
    feeder to what is shared; demand, peak and the shared cost are worked out anew.
    """
    _refuse_others(members, terms, schedule)
    grid = schedule.grid
    drawn_kw = np.zeros(grid.steps)
    for member, planned in zip(members, schedule.members, strict=True):
        pricing, powers = member.pricing, planned.equipment_kw
        verify(pricing.site, grid, pricing.base, powers, pricing.terms)
        refuse_untrue(member.firm_id, untrue_bill(pricing, "planned", planned.cost, powers))
        drawn_kw += sum(powers.values(), start=np.zeros(grid.steps))
    verify_shared(members, terms, grid, drawn_kw, schedule.battery_kw)
    refuse_untrue("complex", _untrue_shared(members, terms, schedule, drawn_kw))


def _refuse_others(
    members: Sequence[Member], terms: SharedTerms, schedule: ComplexSchedule
) -> None:
    asked = [(one.firm_id, {asset.name for asset in one.pricing.site.assets}) for one in members]
    told = [(one.firm_id, set(one.equipment_kw)) for one in schedule.members]
    batteries = {battery.name for battery in terms.batteries}
    is_of_these = told == asked and set(schedule.battery_kw) == batteries
    if not is_of_these or schedule.grid != shared_grid(tuple(members)):
        raise UnsafeScheduleError(
            "complex: the schedule is not of the firms, equipment and intervals asked for; "
            "it was thrown away: make it anew"
        )


def _untrue_shared(
    members: Sequence[Member],
    terms: SharedTerms,
    schedule: ComplexSchedule,
    drawn_kw: KilowattArray,
) -> list[str]:
    demand_kw = drawn_kw + sum(member.pricing.base.cautious_kw for member in members)
    shared_krw = 0.0
    for battery in terms.batteries:
        power_kw = schedule.battery_kw[battery.name]
        demand_kw = demand_kw + power_kw
        shared_krw += battery.billed_krw(power_kw)
        if terms.battery_krw_per_kwh is not None:
            shared_krw += HOURS_PER_STEP * float((terms.battery_krw_per_kwh * power_kw).sum())
    peak_kw = float(demand_kw[terms.counted_on(schedule.grid)].max(initial=0.0))
    shared_krw += terms.peak_krw_per_kw * peak_kw
    untrue = []
    if differ(schedule.demand_kw, demand_kw):
        untrue.append("the demand is another")
    if not abs(schedule.peak_kw - peak_kw) <= TOLERANCE_KW:
        untrue.append(f"the peak of {schedule.peak_kw:,.1f} kW is {peak_kw:,.1f} kW")
    if not abs(schedule.shared_krw - shared_krw) <= TOLERANCE_KRW:
        untrue.append(f"the shared cost of {schedule.shared_krw:,.0f} won is {shared_krw:,.0f} won")
    return untrue
