"""From firms and what they share to what became of their joint plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from models.optimizer.complex.fair_split import FairSplit, NoFairSplitError, split_saving
from models.optimizer.complex.member_problem import MemberUnsolvedError
from models.optimizer.complex.plan import GAP_SHARE, compiled, plan_complex
from models.optimizer.complex.schedule import ComplexSchedule
from models.optimizer.complex.shared_limits import FeederLimitError
from models.optimizer.complex.shared_part import UnsolvedPartError
from models.optimizer.complex.terms import Member, SharedTerms
from models.optimizer.complex.time_limit import ComplexTimedOutError, Deadline
from models.optimizer.schedule import Infeasible, TimedOut


@dataclass(frozen=True, kw_only=True)
class ComplexSolved:
    """There is a joint plan."""

    schedule: ComplexSchedule
    split: FairSplit | None = None
    """The parts of the saving; None where they were not asked for, or refused."""
    split_refused: str | None = None
    """Why they were."""


ComplexOutcome = ComplexSolved | Infeasible | TimedOut


def schedule_complex(
    members: Sequence[Member],
    terms: SharedTerms,
    *,
    split: bool,
    gap_share: float = GAP_SHARE,
    time_limit_s: float,
) -> ComplexOutcome:
    """Plan firms together, and split what that saves if ``split`` asks for it.

    Terms that no complex can have are a :class:`models.optimizer.complex.terms.ComplexTermsError`.
    A split that was not found in time is refused; the plan stands without it.
    """
    deadline = Deadline.after(time_limit_s)
    try:
        problems = compiled(members, deadline)
        schedule = plan_complex(
            members,
            terms,
            gap_share=gap_share,
            time_limit_s=deadline.left_s(most_s=time_limit_s),
            problems=problems,
        )
    except (FeederLimitError, MemberUnsolvedError, UnsolvedPartError) as impossible:
        return Infeasible(reason=str(impossible))
    except ComplexTimedOutError:
        return TimedOut(time_limit_s=time_limit_s)
    if not split:
        return ComplexSolved(schedule=schedule)
    try:
        parts = split_saving(
            members, terms, schedule, gap_share=gap_share, deadline=deadline, problems=problems
        )
    except (
        NoFairSplitError,
        ComplexTimedOutError,
        FeederLimitError,
        MemberUnsolvedError,
        UnsolvedPartError,
    ) as refused:
        return ComplexSolved(schedule=schedule, split_refused=str(refused))
    return ComplexSolved(schedule=schedule, split=parts)
