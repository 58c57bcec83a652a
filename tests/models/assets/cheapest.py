"""The cheapest operation of one piece of equipment, found by the solver."""

import cvxpy as cp
import numpy as np


def cheapest(asset, grid, price, **state):
    """Powers and cost of the cheapest operation at ``price``, won per kWh; state set by name."""
    plan = asset.plan(grid)
    for name, value in state.items():
        plan.state[name].value = value
    energy_krw = price @ plan.power_kw / 4
    cost_krw = energy_krw + asset.cost_krw(plan.power_kw) + plan.decision_krw
    problem = cp.Problem(cp.Minimize(cost_krw), plan.constraints)
    problem.solve(solver=cp.HIGHS, warm_start=False, mip_rel_gap=0.0)
    assert problem.status == cp.OPTIMAL, problem.status
    return np.asarray(plan.power_kw.value), float(problem.value)
