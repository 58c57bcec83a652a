"""What limits one plan: what sets its peak, what more of each limit is worth, other plans."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from feature_store.errors import SandanError
from feature_store.time_grid import KilowattArray
from models.optimizer.alternatives import Alternative, alternatives, solved_for
from models.optimizer.limits_worth import LimitWorth, least_cost, limits_worth
from models.optimizer.planned_peak import PlannedPeak, planned_peak
from models.optimizer.schedule_site import pricing_of, usual_operation
from models.optimizer.site_problem import SiteProblem


class OtherEquipmentError(SandanError):
    """A plan is asked about for a site whose equipment has changed since."""


@dataclass(frozen=True, kw_only=True)
class PlanLimits:
    """What :func:`plan_limits` found out about a plan."""

    usual_peak: PlannedPeak | None
    """What sets the peak if nothing is changed; None where no interval counts."""
    planned_peak: PlannedPeak | None
    """The same with the plan."""
    worth: tuple[LimitWorth, ...]
    """Largest first."""
    alternatives: tuple[Alternative, ...]
    """The plan itself first."""


def plan_limits(
    problem: SiteProblem, planned_kw: Mapping[str, KilowattArray], *, time_limit_s: float
) -> PlanLimits:
    """Find out what limits the plan of a problem, by solving it again with more of each limit.

    Half of the time is for what limits are worth and half for other plans; what is not found by
    then is left out.

    Args:
        problem: That the plan was made for.
        planned_kw: Draw of each piece of equipment by the plan, shape (steps,).
        time_limit_s: For all of it.

    Raises:
        OtherEquipmentError: The plan is not of the problem's equipment.
    """
    if set(planned_kw) != {asset.name for asset in problem.site.assets}:
        raise OtherEquipmentError(
            f"{problem.site.firm_id}: the plan is of other equipment than is declared; "
            "make a new one"
        )
    pricing = pricing_of(problem)
    usual_kw = usual_operation(pricing)
    worth = limits_worth(problem.site, least_cost(pricing, time_limit_s=time_limit_s / 2))
    solve_for = solved_for(pricing, usual_kw, time_limit_s=time_limit_s / 2)
    return PlanLimits(
        usual_peak=planned_peak(pricing, usual_kw),
        planned_peak=planned_peak(pricing, planned_kw),
        worth=worth,
        alternatives=alternatives(pricing, usual_kw, planned_kw, solve_for),
    )
