"""Two or three plans to choose from: the cheapest, the one with fewest moves, the safest."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from feature_store.time_grid import KilowattArray
from models.optimizer.base_load import BaseLoad
from models.optimizer.carried_on import holding
from models.optimizer.pricing import Pricing
from models.optimizer.problem import assemble
from models.optimizer.schedule import PlanCost
from models.optimizer.solve import Solution, solve
from models.optimizer.verify import UnsafeScheduleError, verified_cost, verify

Name = Literal["cheapest", "fewest_moves", "safest"]
Powers = Mapping[str, KilowattArray]
KEPT_SHARE = 0.8
"""Share of the cheapest plan's saving that a plan with fewer moves must keep."""
SAFER_SPREADS = 2.0
"""The safest plan judges peaks as far again above the median as the cheapest one does."""
LEAST_MARGIN_SHARE = 0.05
"""And at least this share of the median above it: a forecast without a spread is not certain."""


@dataclass(frozen=True, kw_only=True)
class Alternative:
    """One plan with its price; all are priced on the same load."""

    name: Name
    equipment_kw: Powers
    cost: PlanCost
    saved_krw: float
    """Against doing what is usual."""
    moved: tuple[str, ...]
    """The equipment that runs otherwise than usual."""
    peak_kw: float
    """Largest demand that counts, on the cautious path."""
    safe_peak_kw: float
    """The same on the path that the safest plan is judged on."""


SolveFor = Callable[[BaseLoad, frozenset[str]], Powers | None]
"""From a load and the equipment that may be moved to the cheapest operation of all equipment; None
where none was found."""


def alternatives(
    pricing: Pricing, usual_kw: Powers, planned_kw: Powers, solve_for: SolveFor
) -> tuple[Alternative, ...]:
    """Return the cheapest plan and, where they are others, the simplest and the safest.

    ``planned_kw`` is the cheapest. Each plan is checked against every physical limit, and one that
    would cost more than what is usual is left out. What is told is billed twice, and a difference
    is a :class:`models.optimizer.verify.UnsafeScheduleError`.
    """
    cheapest = _alternative("cheapest", pricing, usual_kw, planned_kw)
    found = [cheapest]
    fewest = _fewest_moves(pricing, usual_kw, cheapest, solve_for)
    if fewest is not None:
        found.append(fewest)
    safe_kw = solve_for(safer_load(pricing.base), frozenset(usual_kw))
    if safe_kw is not None and _is_allowed(pricing, safe_kw):
        safest = _alternative("safest", pricing, usual_kw, safe_kw)
        if safest.safe_peak_kw < cheapest.safe_peak_kw and safest.saved_krw > 0:
            found.append(safest)
    return tuple(found)


def solved_for(pricing: Pricing, usual_kw: Powers, *, time_limit_s: float) -> SolveFor:
    """Return how the site of ``pricing`` is solved for another load or with less equipment.

    What may not be moved stays in the problem and is held to its usual operation, so that relations
    between jobs hold. ``time_limit_s`` is for all solves together: what comes too late is not
    found.
    """
    deadline = time.perf_counter() + time_limit_s

    def solve_for(base: BaseLoad, movable: frozenset[str]) -> Powers | None:
        left_s = deadline - time.perf_counter()
        if left_s <= 0:
            return None
        scheduling = assemble(
            pricing.site,
            pricing.prices,
            terms=pricing.terms,
            scenarios=base.scenarios,
            by_value=pricing.peak_value is not None,
        )
        scheduling.fill(
            base, pricing.demand_floor_kw.tolist(), pricing.later_cuts, pricing.peak_value
        )
        kept_kw = {name: power_kw for name, power_kw in usual_kw.items() if name not in movable}
        found = solve(holding(scheduling, kept_kw), time_limit_s=left_s)
        return dict(found.equipment_kw) | kept_kw if isinstance(found, Solution) else None

    return solve_for


def safer_load(base: BaseLoad) -> BaseLoad:
    """Return the load whose cautious path lies further above the median.

    Of scenarios the worst tail alone is looked at, and the highest of them is the cautious path.
    """
    if base.scenarios is not None:
        return replace(
            base,
            cautious_kw=base.scenarios.paths_kw.max(axis=0),
            scenarios=replace(base.scenarios, risk_share=1.0),
        )
    above_kw = SAFER_SPREADS * (base.cautious_kw - base.median_kw)
    margin_kw = np.maximum(above_kw, LEAST_MARGIN_SHARE * np.maximum(base.median_kw, 0.0))
    return replace(base, cautious_kw=base.median_kw + margin_kw)


def _fewest_moves(
    pricing: Pricing, usual_kw: Powers, cheapest: Alternative, solve_for: SolveFor
) -> Alternative | None:
    """Return a plan that leaves more equipment alone and keeps enough of the saving.

    Each time the equipment is left alone without which the rest, planned anew, saves most.
    """
    moved, best = set(cheapest.moved), None
    while len(moved) > 1:
        tried = []
        for left_alone in sorted(moved):
            powers = solve_for(pricing.base, frozenset(moved - {left_alone}))
            if powers is not None and _is_allowed(pricing, powers):
                tried.append(_alternative("fewest_moves", pricing, usual_kw, powers))
        enough = [one for one in tried if one.saved_krw >= KEPT_SHARE * cheapest.saved_krw]
        if not enough:
            break
        best = max(enough, key=lambda one: one.saved_krw)
        moved = set(best.moved)
    return best


def _alternative(name: Name, pricing: Pricing, usual_kw: Powers, powers: Powers) -> Alternative:
    cost = verified_cost(pricing, name, powers)
    return Alternative(
        name=name,
        equipment_kw=powers,
        cost=cost,
        saved_krw=verified_cost(pricing, "usual", usual_kw).total_krw - cost.total_krw,
        moved=tuple(
            one for one in powers if not np.allclose(powers[one], usual_kw[one], rtol=0, atol=1e-6)
        ),
        peak_kw=pricing.counted_peak_kw(powers),
        safe_peak_kw=replace(pricing, base=safer_load(pricing.base)).counted_peak_kw(powers),
    )


def _is_allowed(pricing: Pricing, powers: Powers) -> bool:
    try:
        verify(pricing.site, pricing.prices.grid, pricing.base, powers, pricing.terms)
    except UnsafeScheduleError:
        return False
    return True
