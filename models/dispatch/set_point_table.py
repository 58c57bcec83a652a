"""Set-points for every load and charge until the next forecast, for a controller on its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

from feature_store.time_grid import KilowattArray, TimeGrid
from models.dispatch.followed_plan import PlannedInterval
from models.dispatch.policy import Now
from models.dispatch.set_point import free_kw
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

    valued: ValuedDay
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

    def read_kw(self, interval: int, load_kw: float, charge_kwh: float) -> float:
        """Return the power between the loads and charges of the table, as a controller reads it."""
        by_charge = [
            np.interp(load_kw, self.load_kw, of_charge) for of_charge in self.power_kw[interval].T
        ]
        return float(np.interp(charge_kwh, self.charge_kwh, by_charge))


def set_point_table(  # noqa: PLR0913  what a table is told for
    valued: ValuedDay,
    start: datetime,
    stores: Mapping[str, Store],
    peak_kw: float,
    since_kw: KilowattArray,
    *,
    plan: Sequence[PlannedInterval] | None = None,
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
        plan: Of each interval, where a plan is followed; None where price and value decide.
    """
    month, store = valued.month, valued.month.store
    before = valued.views_after(since_kw)
    first, end = valued.step_of(start), valued.step_of(valued.until)
    load_kw = _loads_kw(valued, peak_kw)
    charge_kwh = np.linspace(store.least_kwh, store.most_kwh, CHARGES)
    power_kw = np.zeros((end - first, len(load_kw), CHARGES))
    for step in range(first, end):
        for place, load in enumerate(load_kw.tolist()):
            if plan is not None:
                power_kw[step - first, place] = plan[step - first].held_back_kw(
                    load, free_kw(month, peak_kw), counted=bool(month.prices.counted[step])
                )
                continue
            values = before.copied().seen(step, load)
            for number, charge in enumerate(charge_kwh.tolist()):
                now = Now(step=step, load_kw=load, soc_kwh=charge, peak_kw=peak_kw)
                power_kw[step - first, place, number] = values.cheapest(now, month, store).power_kw
    return SetPointTable(
        valued=valued,
        stores=stores,
        starts=tuple(TimeGrid(start, 1).at(step) for step in range(end - first)),
        peak_kw=peak_kw,
        load_kw=load_kw,
        charge_kwh=charge_kwh,
        power_kw=power_kw,
    )


def _loads_kw(valued: ValuedDay, peak_kw: float) -> KilowattArray:
    """Return the loads told: even ones, and those at which a peak begins and ends to be held."""
    store, grid = valued.month.store, valued.views.grid
    even_kw = np.linspace(0.0, grid.peak_kw[-1], LOADS)
    bends_kw = [
        level_kw + power_kw
        for level_kw in {peak_kw, free_kw(valued.month, peak_kw)}
        for power_kw in (-store.charge_kw, 0.0, store.discharge_kw)
    ]
    loads_kw = np.unique([*even_kw, *bends_kw])
    return loads_kw[(loads_kw >= 0.0) & (loads_kw <= grid.peak_kw[-1])]
