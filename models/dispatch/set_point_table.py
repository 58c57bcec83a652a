"""Set-points for every load and charge until the next forecast, for a controller on its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

from feature_store.time_grid import STEP, KilowattArray, TimeGrid, utc_instant
from models.dispatch.followed_plan import FollowedPlan
from models.dispatch.month_bill import MonthBill
from models.dispatch.policy import Now
from models.dispatch.store import Store
from models.dispatch.valued_day import ValuedDay

LOADS = 33
"""Loads told, from none to above the highest that is known: 4 % of it apart. Between them powers
that hold a peak are straight lines, whose bends are told besides."""
CHARGES = 13
"""Charges told, from empty to full."""


@dataclass(frozen=True, kw_only=True)
class SetPointTable:
    """Power of all batteries by interval, load and charge."""

    bill: MonthBill
    by: ValuedDay | FollowedPlan
    """What price and value were looked up in, or the plan."""
    stores: Mapping[str, Store]
    """Of each battery, by name."""
    starts: tuple[datetime, ...]
    peak_kw: float
    """The month's counted peak so far, which the table supposes."""
    load_kw: KilowattArray
    """Rising, shape (loads,)."""
    charge_kwh: npt.NDArray[np.float64]
    """Of all batteries together, rising, shape (charges,)."""
    power_kw: KilowattArray
    """Positive charges; shape (intervals, loads, charges)."""
    planned_kw: KilowattArray | None = None
    """What a plan that is followed has for each battery, shape (intervals, batteries)."""

    def read_kw(self, interval: int, load_kw: float, charge_kwh: float) -> float:
        """Return the power between the loads and charges of the table, as a controller reads it."""
        by_charge = [
            np.interp(load_kw, self.load_kw, of_charge) for of_charge in self.power_kw[interval].T
        ]
        return float(np.interp(charge_kwh, self.charge_kwh, by_charge))


def set_point_table(
    valued: ValuedDay,
    start: datetime,
    stores: Mapping[str, Store],
    peak_kw: float,
    since_kw: KilowattArray,
) -> SetPointTable:
    """Look up every load and charge from an interval to the next forecast.

    Later intervals are told as if the loads until then were like the one looked up, and as if the
    peak stayed as it is: while either changes much, a controller asks again.

    Args:
        valued: The day.
        start: Of the first interval.
        stores: What may be used of each battery, by name.
        peak_kw: The month's counted peak so far.
        since_kw: Loads from the forecast's issue time to the interval, NaN where unknown.
    """
    month, store = valued.month, valued.month.store
    before = valued.views_after(since_kw)
    first, end = valued.step_of(start), valued.step_of(valued.until)
    load_kw = _loads_kw(valued, peak_kw)
    charge_kwh = np.linspace(store.least_kwh, store.most_kwh, CHARGES)
    power_kw = np.zeros((end - first, len(load_kw), CHARGES))
    for step in range(first, end):
        for place, load in enumerate(load_kw.tolist()):
            values = before.copied().seen(step, load)
            for number, charge in enumerate(charge_kwh.tolist()):
                now = Now(step=step, load_kw=load, soc_kwh=charge, peak_kw=peak_kw)
                power_kw[step - first, place, number] = values.cheapest(now, month, store).power_kw
    return SetPointTable(
        bill=valued.bill,
        by=valued,
        stores=stores,
        starts=tuple(TimeGrid(start, 1).at(step) for step in range(end - first)),
        peak_kw=peak_kw,
        load_kw=load_kw,
        charge_kwh=charge_kwh,
        power_kw=power_kw,
    )


def followed_table(  # noqa: PLR0913  what a table is told for
    plan: FollowedPlan,
    bill: MonthBill,
    start: datetime,
    until: datetime,
    *,
    stores: Mapping[str, Store],
    peak_kw: float,
) -> SetPointTable:
    """Tell a plan that is followed from an interval to a moment, or to its end if it is earlier.

    Its powers go straight between the loads told, and are the same at every charge.
    """
    ends = min(utc_instant(until), utc_instant(plan.until))
    starts = TimeGrid(start, int((ends - utc_instant(start)) // STEP))
    times = tuple(starts.at(step) for step in range(starts.steps))
    intervals = [plan.at(time, stores) for time in times]
    free_kw = bill.free_kw(peak_kw)
    held_kw = max(free_kw, plan.schedule.planned_peak_kw)
    bends_kw = [bend_kw for one in intervals for bend_kw in (-one.power_kw, held_kw - one.power_kw)]
    all_given_kw = held_kw + sum(store.discharge_kw for store in stores.values())
    load_kw = np.unique(np.maximum([0.0, *bends_kw, all_given_kw], 0.0))
    charge_kwh = np.array(
        [
            sum(store.least_kwh for store in stores.values()),
            sum(store.most_kwh for store in stores.values()),
        ]
    )
    by_load_kw = [
        [
            max(min(one.power_kw, one.most_kw(load, free_kw, counted=bill.counted(time))), -load)
            for load in load_kw.tolist()
        ]
        for time, one in zip(times, intervals, strict=True)
    ]
    return SetPointTable(
        bill=bill,
        by=plan,
        stores=stores,
        starts=times,
        peak_kw=peak_kw,
        load_kw=load_kw,
        charge_kwh=charge_kwh,
        power_kw=np.repeat(np.array(by_load_kw)[..., None], len(charge_kwh), axis=2),
        planned_kw=np.array([[one.by_battery_kw[name] for name in stores] for one in intervals]),
    )


def _loads_kw(valued: ValuedDay, peak_kw: float) -> KilowattArray:
    """Return the loads told: even ones, and those at which a peak begins and ends to be held."""
    store, grid = valued.month.store, valued.views.grid
    even_kw = np.linspace(0.0, grid.peak_kw[-1], LOADS)
    bends_kw = [
        level_kw + power_kw
        for level_kw in {peak_kw, valued.bill.free_kw(peak_kw)}
        for power_kw in (-store.charge_kw, 0.0, store.discharge_kw)
    ]
    loads_kw = np.unique([*even_kw, *bends_kw])
    return loads_kw[(loads_kw >= 0.0) & (loads_kw <= grid.peak_kw[-1])]
