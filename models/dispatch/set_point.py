"""What a firm's batteries do in the running quarter hour: price plus value, by look-up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from feature_store.time_grid import KilowattArray, TimeGrid
from models.dispatch.battery_now import BatteryNow, reached, usable_charge_kwh
from models.dispatch.followed_plan import PlannedInterval
from models.dispatch.policy import Month, Now
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
    since_kw: KilowattArray
    """Loads from the forecast's issue time to the interval, NaN where unknown; shape (steps,)."""


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
    valued: ValuedDay
    powers: tuple[BatteryPower, ...]
    plan: PlannedInterval | None = None
    """Which is followed; None where price and value decide."""

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
        return float(self.valued.month.prices.krw_per_kwh[self._step])

    @property
    def counted(self) -> bool:
        """Whether its demand can set the billed peak."""
        charged = bool(len(self.valued.month.peak_cost.above_kw))
        return charged and bool(self.valued.month.prices.counted[self._step])

    @property
    def free_kw(self) -> float:
        """Demand up to which no bill rises: the peak so far, or what is billed anyway."""
        return free_kw(self.valued.month, self.seen.peak_kw)

    @property
    def held_kw(self) -> float:
        """The peak that is held: ``free_kw``, or the new peak that the interval makes."""
        return max(self.free_kw, self.import_kw) if self.counted else self.free_kw

    @property
    def because(self) -> Because:
        """Why the batteries do it."""
        power_kw, level_kw = self.power_kw, self.free_kw + NOTHING_KW
        if self.plan is not None and abs(power_kw - self.plan.power_kw) <= NOTHING_KW:
            return "follows_plan"
        if self.counted and self.import_kw > level_kw and power_kw <= NOTHING_KW:
            if power_kw < -NOTHING_KW:
                return "lowers_peak"
            least_kw = sum(one.battery.reach_kw()[0] for one in self.powers)
            return "lets_peak_pass" if least_kw < -NOTHING_KW else "empty"
        if self.counted and self.seen.load_kw > level_kw and power_kw < -NOTHING_KW:
            return "holds_peak"
        if abs(power_kw) <= NOTHING_KW:
            return "rests"
        return "charges" if power_kw > 0 else "discharges"

    @property
    def _step(self) -> int:
        return self.valued.step_of(self.seen.start)


def set_point(
    valued: ValuedDay, seen: SeenInterval, plan: PlannedInterval | None = None
) -> SetPoint:
    """Look up what is cheapest, or follow a plan, and give the power out to the batteries.

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
    store = reached(month.store, seen.batteries)
    least_kw, most_kw = store.reach_kw(now.soc_kwh, now.load_kw)
    if plan is None:
        values = valued.views_after(seen.since_kw).seen(step, seen.load_kw)
        asked_kw = values.cheapest(now, month, store).power_kw
    else:
        level_kw = free_kw(month, seen.peak_kw)
        asked_kw = plan.held_back_kw(
            seen.load_kw, level_kw, counted=bool(month.prices.counted[step])
        )
    power_kw = min(max(asked_kw, least_kw), most_kw)
    powers_kw = split_kw(power_kw, [battery.reach_kw() for battery in seen.batteries])
    return SetPoint(
        seen=seen,
        valued=valued,
        powers=tuple(
            BatteryPower(battery=battery, power_kw=of_battery_kw)
            for battery, of_battery_kw in zip(seen.batteries, powers_kw, strict=True)
        ),
        plan=plan,
    )


def free_kw(month: Month, peak_kw: float) -> float:
    """Return up to which demand no bill of a month, or of those that remember it, rises."""
    anyway_kw = month.peak_cost.above_kw
    return max(peak_kw, float(anyway_kw.min())) if len(anyway_kw) else peak_kw
