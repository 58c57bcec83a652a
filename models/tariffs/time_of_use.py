"""The charge on energy, by season, day and hour."""

from __future__ import annotations

import cvxpy as cp

from feature_store.time_grid import HOURS_PER_STEP, KilowattArray
from models.tariffs.priced_grid import PricedGrid


def energy_cost_krw(import_kw: cp.Expression | KilowattArray, prices: PricedGrid) -> cp.Expression:
    """Return the energy charge 전력량요금 with climate and fuel, before VAT and fund.

    ``import_kw`` is a decision, shape (steps,), or numbers, shape (steps,) or (steps, paths);
    the result is a scalar or has one value a path.
    """
    return cp.matmul(prices.krw_per_kwh * HOURS_PER_STEP, import_kw)
