"""When the planned peak comes, and what draws then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from feature_store.time_grid import KilowattArray
from models.optimizer.blocks import LEAST_KW
from models.optimizer.pricing import Pricing


@dataclass(frozen=True, kw_only=True)
class PlannedPeak:
    """The interval that sets the peak, on the path that peaks are judged on."""

    at: datetime
    """Its start, by the site's clock; the first of equal ones."""
    demand_kw: float
    base_kw: float
    """Of it, what cannot be scheduled."""
    equipment_kw: Mapping[str, float]
    """Of it, what each piece of equipment draws (negative: takes off), largest first."""


def planned_peak(pricing: Pricing, equipment_kw: Mapping[str, KilowattArray]) -> PlannedPeak | None:
    """Return which interval and which equipment set the peak; None where no interval counts.

    Equipment that is at rest then is left out.
    """
    prices = pricing.prices
    steps = prices.counted.nonzero()[0]
    if steps.size == 0:
        return None
    demand_kw = pricing.demand_kw(equipment_kw)
    step = int(steps[demand_kw[steps].argmax()])
    # Of the running interval only what is left of it can be drawn by anything.
    share = pricing.terms.rest_share(step)
    drawn_kw = {name: share * float(power_kw[step]) for name, power_kw in equipment_kw.items()}
    told = sorted(drawn_kw.items(), key=lambda item: (-item[1], item[0]))
    return PlannedPeak(
        at=prices.grid.at(step).astimezone(pricing.site.zone),
        demand_kw=float(demand_kw[step]),
        base_kw=float(demand_kw[step]) - sum(drawn_kw.values()),
        equipment_kw={name: power_kw for name, power_kw in told if abs(power_kw) >= LEAST_KW},
    )
