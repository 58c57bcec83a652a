"""What one firm's plan costs with its share of what a complex shares."""

from __future__ import annotations

import numpy as np

from models.assets.asset import TOLERANCE_KW
from models.optimizer.complex.joint_problem import solve_jointly
from models.optimizer.complex.member_problem import MemberProblem
from models.optimizer.complex.shared_part import SharedPart
from models.optimizer.complex.terms import Member, SharedTerms

ENOUGH_SHARE = 0.5
"""Part of the goal that the proof of a plan may leave, as in a joint plan."""


def alone_at_once_krw(
    member: Member,
    problem: MemberProblem,
    terms: SharedTerms,
    *,
    gap_share: float,
    time_limit_s: float,
) -> float | None:
    """Return what the firm's plan under ``terms`` costs, whole starts and what is shared at once.

    Prices, which bring many firms together, take one firm twice as long. Preferences among equally
    cheap plans, a few won, are in it. None if it was not proved in time, or the feeder is not kept.
    """
    shared = SharedPart((member,), terms, member.pricing.prices.grid)
    problem.reopen()
    nothing = np.zeros(shared.steps)
    usual_krw = abs(problem.cheapest(nothing).own_krw)
    answer = solve_jointly(
        [problem],
        shared,
        nothing,
        gap_krw=ENOUGH_SHARE * gap_share * usual_krw,
        time_limit_s=time_limit_s,
    )
    if answer is None or shared.for_draws(answer.columns[0].drawn_kw).over_kw.max() > TOLERANCE_KW:
        return None
    return answer.objective_krw
