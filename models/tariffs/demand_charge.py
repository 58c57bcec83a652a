"""The monthly charge on peak power, and the surcharge above the contract power."""

from __future__ import annotations

import cvxpy as cp
import numpy as np
import numpy.typing as npt

from feature_store.time_grid import KilowattArray
from models.tariffs.priced_grid import PricedGrid


def demand_cost_krw(
    import_kw: cp.Expression | KilowattArray,
    floor_kw: cp.Parameter | npt.NDArray[np.float64],
    prices: PricedGrid,
) -> cp.Expression:
    """Return the demand charge 기본요금 of every billing month touched, before VAT and fund.

    ``import_kw`` is a decision, shape (steps,), or numbers, shape (steps,) or (steps, paths);
    ``floor_kw`` has shape (months,): what each month is billed for whatever happens (see
    :func:`models.tariffs.billed_demand.demand_floor_kw`). The result is convex, a scalar or one
    value a path. Billed demand is not rounded; a bill rounds it half-up to 1 kW.

    Source: KEPCO terms of supply, 기본공급약관 제68조①.
    """
    cost_krw = cp.Constant(0)
    for position, billed in enumerate(prices.months):
        demand_kw = floor_kw[position]
        if billed.counted_steps.size:
            demand_kw = cp.maximum(cp.max(import_kw[billed.counted_steps], axis=0), demand_kw)
        cost_krw = cost_krw + billed.basic_krw_per_kw * demand_kw
    return cost_krw


def excess_cost_krw(
    import_kw: cp.Expression | KilowattArray, contract_power_kw: float, prices: PricedGrid
) -> cp.Expression:
    """Return the surcharge 초과사용부가금 for demand above the contract power.

    All hours count. Every excess is priced at the lowest step of the ladder (150 % of the basic
    charge, below 20 % of the contract power) and a first month, which is a notice only, is
    priced too: the plan should stay away from it.

    Source: KEPCO terms of supply, 기본공급약관 제67조의3③.
    """
    cost_krw = cp.Constant(0)
    for billed in prices.months:
        excess_kw = cp.pos(cp.max(import_kw[billed.steps], axis=0) - contract_power_kw)
        cost_krw = cost_krw + billed.excess_krw_per_kw * excess_kw
    return cost_krw
