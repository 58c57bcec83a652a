"""What a plan costs, computed a second time: by plain sums over its intervals, without cvxpy."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from feature_store.time_grid import HOURS_PER_STEP, KilowattArray
from models.optimizer.pricing import Pricing
from models.optimizer.schedule import PlanCost


def rebill(pricing: Pricing, equipment_kw: Mapping[str, KilowattArray]) -> PlanCost:
    """Return the cost of an operation, from prices, floors and cuts alone.

    The plan is optimised, and usually priced, by the formulas of ``models.tariffs``; here the same
    terms of supply are worked off interval by interval, so that a mistake in one shows. Wear comes
    from the equipment: each kind knows its own.

    Source: KEPCO terms of supply, 기본공급약관 제67조의3③, 제68조①.
    """
    prices, base = pricing.prices, pricing.base
    total_kw = np.zeros(prices.grid.steps)
    for power_kw in equipment_kw.values():
        total_kw = total_kw + power_kw
    import_kw = np.maximum(base.median_kw + total_kw, 0.0)
    demand_kw = np.maximum(base.cautious_kw + total_kw, 0.0)
    later_krw = _later_krw(pricing, demand_kw)
    return PlanCost(
        energy_krw=float((prices.krw_per_kwh * import_kw).sum() * HOURS_PER_STEP),
        demand_krw=_months_krw(pricing, demand_kw) + later_krw,
        wear_krw=sum(
            float(asset.cost_krw(equipment_kw[asset.name]).value) for asset in pricing.site.assets
        ),
        later_demand_krw=later_krw,
    )


def _months_krw(pricing: Pricing, demand_kw: KilowattArray) -> float:
    """Demand charge and surcharge of the months touched."""
    cost_krw = 0.0
    for month, floor_kw in zip(pricing.prices.months, pricing.demand_floor_kw, strict=True):
        billed_kw = max(demand_kw[month.counted_steps].max(initial=0.0), float(floor_kw))
        excess_kw = max(demand_kw[month.steps].max() - pricing.site.contract.power_kw, 0.0)
        cost_krw += month.basic_krw_per_kw * billed_kw + month.excess_krw_per_kw * excess_kw
    return float(cost_krw)


def _later_krw(pricing: Pricing, demand_kw: KilowattArray) -> float:
    """What the ratchet will charge in the months after the grid."""
    cost_krw = 0.0
    for group, cuts in zip(pricing.later, pricing.later_cuts, strict=True):
        peak_kw = demand_kw[group.counted_steps].max()
        lines_krw = np.asarray(cuts.krw_per_kw) * peak_kw + np.asarray(cuts.intercept_krw)
        cost_krw += max(float(lines_krw.max(initial=0.0)), 0.0)
    return cost_krw
