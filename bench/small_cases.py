"""Problems small enough to try every plan of, drawn from a seed."""

from __future__ import annotations

from itertools import product

import cvxpy as cp
import numpy as np

STEPS = 12


def small_case(seed: int) -> tuple[cp.Problem, float]:
    """Return two jobs under a peak price, one of which may be left out, and the least cost."""
    rng = np.random.default_rng(seed)
    price = np.round(rng.uniform(1, 9, STEPS), 1)
    base_kw = np.round(rng.uniform(0, 30, STEPS))
    peak_price, left_out = float(rng.uniform(0, 20)), float(rng.uniform(10, 400))
    lengths, powers_kw = rng.integers(2, 5, 2), np.round(rng.uniform(5, 40, 2))
    on, drawn = [], []
    for number in range(2):
        starts = STEPS - lengths[number] + 1
        on.append(cp.Variable(starts, boolean=True, name=f"job{number}.start_on"))
        runs = np.zeros((STEPS, starts))
        for start in range(starts):
            runs[start : start + lengths[number], start] = powers_kw[number]
        drawn.append(runs)
    demand_kw = base_kw + drawn[0] @ on[0] + drawn[1] @ on[1]
    cost = price @ demand_kw + peak_price * cp.max(demand_kw) + left_out * (1 - cp.sum(on[1]))
    problem = cp.Problem(cp.Minimize(cost), [cp.sum(on[0]) == 1, cp.sum(on[1]) <= 1])
    least = np.inf
    for first, second in product(drawn[0].T, [*drawn[1].T, np.zeros(STEPS)]):
        path_kw = base_kw + first + second
        missing = 0.0 if second.any() else left_out
        least = min(least, float(price @ path_kw + peak_price * path_kw.max() + missing))
    return problem, least
