"""Why no schedule exists, in words that name the equipment."""

from __future__ import annotations

from collections.abc import Mapping

import cvxpy as cp

from models.assets.asset import AssetPlan


def conflict_reason(plans: Mapping[str, AssetPlan]) -> str:
    """Ask each piece of equipment alone whether it can run at all; name those that cannot."""
    stuck = [name for name, plan in plans.items() if not _can_run(plan)]
    if stuck:
        return (
            f"{', '.join(stuck)}: no operation satisfies the declared limits from the present "
            "state on; check the limits and the state of charge at the start"
        )
    return (
        "each piece of equipment could run alone, but together they would feed power back into "
        "the grid; check the declared draws against the load"
    )


def _can_run(plan: AssetPlan) -> bool:
    alone = cp.Problem(cp.Minimize(0), plan.constraints)
    alone.solve(solver=cp.HIGHS, warm_start=False, threads=1)
    return alone.status == cp.OPTIMAL
