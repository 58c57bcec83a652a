"""What a firm's batteries do in the running quarter hour: by price and value, or by a plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from feature_store.time_grid import KilowattArray, TimeGrid
from models.dispatch.battery_now import (
    BatteryNow,
    reach_together_kw,
    reached,
    usable_charge_kwh,
)
from models.dispatch.followed_plan import FollowedPlan
from models.dispatch.month_bill import MonthBill
from models.dispatch.policy import Now
from models.dispatch.pooled_store import split_kw
from models.dispatch.set_point_terms import Because
from models.dispatch.valued_day import ValuedDay

NOTHING_KW = 0.05
"""Less power than this is rest."""


@dataclass(frozen=True, kw_only=True)
class SeenInterval:
    """The running interval as its controller sees it."""

    start: datetime
    load_kw: float
    """Mean of the interval without the batteries."""
    batteries: tuple[BatteryNow, ...]
    peak_kw: float
    """The month's counted peak so far, by the billing meter."""
    since_kw: KilowattArray = field(default_factory=lambda: np.zeros(0))
    """Loads from the forecast's issue time to the interval, NaN where unknown; shape (steps,). A
    plan that is followed does not look at them."""


@dataclass(frozen=True, kw_only=True)
class BatteryPower:
    """What one battery does."""

    battery: BatteryNow
    power_kw: float
    """Positive charges."""

    @property
    def after_kwh(self) -> float:
        """Its charge when the interval is over."""
        return self.battery.after_kwh(self.power_kw)


@dataclass(frozen=True, kw_only=True)
class SetPoint:
    """What the batteries do in an interval, and what it was decided on."""

    seen: SeenInterval
    bill: MonthBill
    by: ValuedDay | FollowedPlan
    """What price and value were looked up in, or the plan."""
    powers: tuple[BatteryPower, ...]

    @property
    def holds_until(self) -> datetime:
        """The end of the interval."""
        return TimeGrid(self.seen.start, 1).end

    @property
    def power_kw(self) -> float:
        """Of all batteries; positive charges."""
        return sum(one.power_kw for one in self.powers)

    @property
    def import_kw(self) -> float:
        """What the billing meter will show."""
        return self.seen.load_kw + self.power_kw

    @property
    def krw_per_kwh(self) -> float:
        """Energy price of the interval."""
        return self.bill.krw_per_kwh(self.seen.start)

    @property
    def counted(self) -> bool:
        """Whether its demand can set the billed peak."""
        return self.bill.counted(self.seen.start)

    @property
    def free_kw(self) -> float:
        """Demand up to which no bill rises: the peak so far, or what is billed anyway."""
        return self.bill.free_kw(self.seen.peak_kw)

    @property
    def held_kw(self) -> float:
        """The peak that is held: ``free_kw``, or the new peak that the interval makes."""
        return max(self.free_kw, self.import_kw) if self.counted else self.free_kw

    @property
    def because(self) -> Because:
        """Why the batteries do it."""
        power_kw, level_kw = self.power_kw, self.free_kw + NOTHING_KW
        if self._is_as_planned:
            return "follows_plan"
        if self.counted and self.import_kw > level_kw and power_kw <= NOTHING_KW:
            if power_kw < -NOTHING_KW:
                return "lowers_peak"
            reach_kw = [one.battery.reach_kw() for one in self.powers]
            least_kw, _ = reach_together_kw(reach_kw, self.seen.load_kw)
            return "lets_peak_pass" if least_kw < -NOTHING_KW else "empty"
        if self.counted and self.seen.load_kw > level_kw and power_kw < -NOTHING_KW:
            return "holds_peak"
        if abs(power_kw) <= NOTHING_KW:
            return "rests"
        return "charges" if power_kw > 0 else "discharges"

    @property
    def _is_as_planned(self) -> bool:
        """Whether a plan is followed, and each battery does of it what it can."""
        if not isinstance(self.by, FollowedPlan):
            return False
        planned = self.by.at(self.seen.start, [one.battery.name for one in self.powers])
        for one in self.powers:
            least_kw, most_kw = one.battery.reach_kw()
            can_kw = min(max(planned.by_battery_kw[one.battery.name], least_kw), most_kw)
            if abs(one.power_kw - can_kw) > NOTHING_KW:
                return False
        return True


def set_point(valued: ValuedDay, seen: SeenInterval) -> SetPoint:
    """Look up what is cheapest, and give the power out to the batteries.

    All batteries are decided on as one store, which reaches in the interval what they reach
    together; each then keeps its own limits and charge.
    """
    month, step = valued.month, valued.step_of(seen.start)
    now = Now(
        step=step,
        load_kw=seen.load_kw,
        soc_kwh=usable_charge_kwh(seen.batteries),
        peak_kw=seen.peak_kw,
    )
    values = valued.views_after(seen.since_kw).seen(step, seen.load_kw)
    asked_kw = values.cheapest(now, month, reached(month.store, seen.batteries)).power_kw
    reach_kw = [battery.reach_kw() for battery in seen.batteries]
    least_kw, most_kw = reach_together_kw(reach_kw, seen.load_kw)
    powers_kw = split_kw(min(max(asked_kw, least_kw), most_kw), reach_kw)
    return SetPoint(seen=seen, bill=valued.bill, by=valued, powers=_powers(seen, powers_kw))


def followed(plan: FollowedPlan, bill: MonthBill, seen: SeenInterval) -> SetPoint:
    """Have each battery do what a plan has for it, left only to hold the plan's peak."""
    planned = plan.at(seen.start, [battery.name for battery in seen.batteries])
    powers_kw = planned.powers_kw(
        seen.batteries,
        seen.load_kw,
        bill.free_kw(seen.peak_kw),
        counted=bill.counted(seen.start),
    )
    return SetPoint(seen=seen, bill=bill, by=plan, powers=_powers(seen, powers_kw))


def _powers(seen: SeenInterval, powers_kw: Sequence[float]) -> tuple[BatteryPower, ...]:
    return tuple(
        BatteryPower(battery=battery, power_kw=of_battery_kw)
        for battery, of_battery_kw in zip(seen.batteries, powers_kw, strict=True)
    )
