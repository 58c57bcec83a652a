"""The hours around the interval that set a month's peak, and why it was not held lower."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal

import numpy as np
import numpy.typing as npt

from feature_store.time_grid import HOURS_PER_STEP, STEPS_PER_DAY, KilowattArray
from models.dispatch.battery_now import BatteryNow, reach_together_kw
from models.dispatch.perfect_foresight import NAME as PERFECT_FORESIGHT
from models.dispatch.store import Store
from training.replay.lived_site import MonthFigures
from training.replay.months import Calendar
from training.replay.plan import ReplayPlan
from training.replay.run import ReplayedSite

HELD_ENOUGH = 0.9
"""Share of the power that was wanting from which on a battery is said to have been able to help."""

Cause = Literal["energy", "empty", "limited", "charging", "given_up"]


@dataclass(frozen=True, kw_only=True)
class Operation:
    """A month of one policy; arrays of shape (steps,), or (steps + 1,) for the charge."""

    load_kw: KilowattArray
    """Without the battery, with jobs and reductions as the policy has them."""
    power_kw: KilowattArray
    """Of all batteries."""
    batteries: tuple[BatteryNow, ...]
    """As the month begins; the one battery too."""
    batteries_kw: KilowattArray
    """Of each, shape (batteries, steps)."""

    @property
    def soc_kwh(self) -> KilowattArray:
        """Of all batteries."""
        return sum(self._charges_kwh, start=np.zeros(len(self.power_kw) + 1))

    @property
    def _charges_kwh(self) -> list[KilowattArray]:
        return [
            battery.store.charge_kwh(of_it_kw)
            for battery, of_it_kw in zip(self.batteries, self.batteries_kw, strict=True)
        ]

    def batteries_at(self, step: int, day_begins: int) -> tuple[BatteryNow, ...]:
        """Return the batteries as they were when an interval of a day began."""
        given_kwh = np.maximum(-self.batteries_kw[:, day_begins:step], 0.0).sum(axis=1)
        return tuple(
            replace(
                battery,
                charge_kwh=float(charge_kwh[step]),
                left_today_kwh=None
                if battery.left_today_kwh is None
                else max(battery.left_today_kwh - HOURS_PER_STEP * float(given), 0.0),
            )
            for battery, charge_kwh, given in zip(
                self.batteries, self._charges_kwh, given_kwh, strict=True
            )
        )

    @property
    def import_kw(self) -> KilowattArray:
        """Drawn from the grid."""
        return self.load_kw + self.power_kw


@dataclass(frozen=True, kw_only=True)
class Why:
    """What the numbers tell about a peak that foresight would have held lower."""

    cause: Cause
    missed_krw: float
    """Saving of perfect foresight that the policy did not get in the month."""
    missed_energy_share: float
    """Of it what lies in energy, wear and load given up, not in the peak."""
    peak_kw: float
    foreseen_peak_kw: float
    """Of the month under perfect foresight."""
    wanting_kw: float
    """What the battery would have had to give at the peak to stay at that."""
    given_kw: float
    """What it gave; negative where it charged."""
    reach_kw: float
    """What it could have given."""
    held_kwh: float
    """Charge above the empty battery."""
    early_kwh: float
    """Given in the day before while the import lay below the foreseen peak anyway."""


@dataclass(frozen=True, kw_only=True)
class PeakEvent:
    """Two days around the interval that set a peak; arrays of shape (steps,)."""

    site: str
    month: str
    at: datetime
    """Local start of the interval."""
    first_day: date
    """Local day of the first interval shown."""
    hours: npt.NDArray[np.float64]
    """Hours since the local midnight that this day began with."""
    place: int
    """Of the peak among the intervals shown."""
    load_kw: KilowattArray
    import_kw: KilowattArray
    foreseen_kw: KilowattArray
    """Import under perfect foresight."""
    so_far_kw: KilowattArray
    """Counted peak of the month up to and with each interval."""
    counted: npt.NDArray[np.bool_]
    soc_kwh: KilowattArray
    foreseen_soc_kwh: KilowattArray
    store: Store
    why: Why


def peak_event(one: ReplayedSite, policy: str, number: int | None, plan: ReplayPlan) -> PeakEvent:
    """Return the hours around the peak of a month, or of the month that missed the most.

    Args:
        one: A site.
        policy: Whose peak.
        number: Of the month; None for the one whose bill lies highest above foresight's.
        plan: Of the replay.
    """
    own, best = (one.lived[name].months for name in (policy, PERFECT_FORESIGHT))
    if number is None:
        number = max(range(len(own)), key=lambda at: own[at].bill_krw - best[at].bill_krw)
    calendar = Calendar.of(one.site, plan.first, plan.end)
    positions = calendar.months[number].steps
    counted = calendar.prices.counted[positions]
    lived = _operation(one, policy, calendar, number)
    foreseen = _operation(one, PERFECT_FORESIGHT, calendar, number)
    so_far_kw = np.maximum.accumulate(np.where(counted, lived.import_kw, 0.0))
    peak = own[number].peak_step
    shown = slice(max(peak - STEPS_PER_DAY, 0), min(peak + STEPS_PER_DAY, len(positions)))
    grid, zone = one.site.history.grid, one.site.firm.zone
    first = grid.at(int(positions[shown.start])).astimezone(zone)
    dates = grid.clock(zone).date[positions]
    day_begins = int(np.searchsorted(dates, dates[peak]))
    return PeakEvent(
        site=one.site.name,
        month=own[number].month,
        at=grid.at(int(positions[peak])).astimezone(zone),
        first_day=first.date(),
        hours=first.hour
        + first.minute / 60
        + HOURS_PER_STEP * np.arange(shown.stop - shown.start, dtype=np.float64),
        place=peak - shown.start,
        load_kw=lived.load_kw[shown],
        import_kw=lived.import_kw[shown],
        foreseen_kw=foreseen.import_kw[shown],
        so_far_kw=so_far_kw[shown],
        counted=counted[shown],
        soc_kwh=lived.soc_kwh[:-1][shown],
        foreseen_soc_kwh=foreseen.soc_kwh[:-1][shown],
        store=one.site.store,
        why=_why(own[number], best[number], lived, one.site.store, day_begins),
    )


def _operation(one: ReplayedSite, policy: str, calendar: Calendar, number: int) -> Operation:
    """What was kept of a month are powers; all else follows from them."""
    first = sum(len(billed.steps) for billed in calendar.months[:number])
    positions = calendar.months[number].steps
    within = slice(first, first + len(positions))
    lived, load_kw = one.lived[policy], one.site.history.demand_kw[positions]
    if lived.beside_kw is not None:
        load_kw = load_kw + lived.beside_kw[within]
    power_kw, store = lived.power_kw[within], one.site.store
    of_each_kw = lived.batteries_kw
    only = BatteryNow(name="", store=store, charge_kwh=store.start_kwh)
    return Operation(
        load_kw=load_kw,
        power_kw=power_kw,
        batteries=one.site.batteries or (only,),
        batteries_kw=power_kw[None] if of_each_kw is None else of_each_kw[:, within],
    )


def _why(
    own: MonthFigures, best: MonthFigures, lived: Operation, store: Store, day_begins: int
) -> Why:
    peak, load_kw = own.peak_step, lived.load_kw
    missed_krw = own.bill_krw - best.bill_krw
    missed_energy_krw = _besides_peak_krw(own) - _besides_peak_krw(best)
    missed_energy_share = missed_energy_krw / missed_krw if missed_krw > 0 else float("nan")
    given_kw = -float(lived.power_kw[peak])
    batteries, at_peak_kw = lived.batteries_at(peak, day_begins), float(load_kw[peak])
    reach_kw = _reach_kw(batteries, at_peak_kw)
    unlimited_kw = _reach_kw([replace(one, left_today_kwh=None) for one in batteries], at_peak_kw)
    wanting_kw = float(load_kw[peak]) - best.peak_kw
    day = slice(max(peak - STEPS_PER_DAY, 0), peak)
    given_before_kw = np.maximum(-lived.power_kw[day], 0.0)
    not_asked_kw = np.maximum(best.peak_kw - lived.import_kw[day], 0.0)
    return Why(
        cause=_cause(
            missed_energy_share, wanting_kw, given_kw, reach_kw, is_limited=reach_kw < unlimited_kw
        ),
        missed_krw=missed_krw,
        missed_energy_share=missed_energy_share,
        peak_kw=own.peak_kw,
        foreseen_peak_kw=best.peak_kw,
        wanting_kw=wanting_kw,
        given_kw=given_kw,
        reach_kw=reach_kw,
        held_kwh=float(lived.soc_kwh[peak]) - store.least_kwh,
        early_kwh=float(np.minimum(given_before_kw, not_asked_kw).sum()) * HOURS_PER_STEP,
    )


def _besides_peak_krw(month: MonthFigures) -> float:
    return month.energy_krw + month.wear_krw + month.given_up_krw


def _reach_kw(batteries: Sequence[BatteryNow], load_kw: float) -> float:
    """What batteries could have given."""
    least_kw, _ = reach_together_kw([battery.reach_kw() for battery in batteries], load_kw)
    return -least_kw


def _cause(
    missed_energy_share: float,
    wanting_kw: float,
    given_kw: float,
    reach_kw: float,
    *,
    is_limited: bool,
) -> Cause:
    if missed_energy_share > 0.5:  # noqa: PLR2004  more of it lies in energy than in the peak
        return "energy"
    if given_kw < 0:
        return "charging"
    if reach_kw < HELD_ENOUGH * wanting_kw:
        return "limited" if is_limited else "empty"
    return "given_up"
