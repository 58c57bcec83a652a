"""From the firms of a complex and what they share to the cheapest joint schedule."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np

from feature_store.time_grid import KilowattArray, TimeGrid
from models.assets.asset import TOLERANCE_KW
from models.optimizer.complex.coordination import Coordinated, Coordination
from models.optimizer.complex.joint_problem import solve_jointly
from models.optimizer.complex.member_problem import Column, MemberProblem, Prices
from models.optimizer.complex.schedule import ComplexSchedule, MemberSchedule
from models.optimizer.complex.shared_limits import (
    FeederLimitError,
    local_time,
    overdraws,
    worst_steps,
)
from models.optimizer.complex.shared_part import (
    OVERDRAW_KRW_PER_KW,
    SharedAnswer,
    SharedPart,
    battery_krw,
)
from models.optimizer.complex.terms import Member, SharedTerms, shared_grid
from models.optimizer.complex.time_limit import ComplexTimedOutError, Deadline
from models.optimizer.complex.verify_complex import verify_complex

GAP_SHARE = 1e-3
"""The certified gap aimed at, as a share of all costs."""
MIXING_SHARE = 0.2
"""Part of the goal that mixing may leave; the rest is for whole starts."""
WHOLE_SHARE = 0.4
"""Part of the goal that a firm's own proof of its starts may leave; most leave a third of that."""
ENOUGH_SHARE = 0.5
"""Part of the goal at which the certified gap is not made smaller: what is left is less than any
forecast is worth, and rounds are what a large complex costs."""
GOAL_SHARE = 0.95
"""Part of the goal at which starts are not decided again: the rest is for preferences."""
POOLED_UP_TO = 5
"""Most firms whose problems are solved as one where prices miss the goal: whole jobs of few firms
leave a gap that prices cannot close, and so few are solved in seconds."""
MOST_REPLIES = 3
"""Times that all firms answer one another, where whole starts at prices miss the goal: few firms
share then, and hardly anything was won after the second time."""
CEILING_KW = 5e-7
"""Room above a mixture's draw when it is made one operation: the solver's tolerance."""


def plan_complex(  # noqa: PLR0913  what is planned, how well and for how long
    members: Sequence[Member],
    terms: SharedTerms,
    *,
    gap_share: float = GAP_SHARE,
    firm_time_limit_s: float = 10.0,
    time_limit_s: float = np.inf,
    pooled_up_to: int = POOLED_UP_TO,
    problems: Sequence[MemberProblem] | None = None,
) -> ComplexSchedule:
    """Find the joint operation that is cheapest for all firms together.

    Prices for drawing in each interval are exchanged with the firms' linear problems until their
    mixture is proved cheapest; then each firm decides its whole starts once at those prices, and
    what is continuous follows by the same exchange. Where prices miss the goal, up to
    ``pooled_up_to`` firms are solved as one, and more answer one another. ``firm_time_limit_s``
    bounds each firm's decision, ``time_limit_s`` all of it. The gap reached is told, and no plan
    leaves unverified.

    Raises:
        ComplexTermsError: The terms or the firms' grids do not fit.
        FeederLimitError: The limit cannot be kept.
        MemberUnsolvedError: One firm has no schedule of its own.
        ComplexTimedOutError: There was no joint plan in time.
    """
    began, deadline = time.perf_counter(), Deadline.after(time_limit_s)
    everyone = tuple(members)
    grid = shared_grid(everyone)
    terms.checked(grid)
    work = _Work(
        members=everyone,
        problems=compiled(everyone, deadline) if problems is None else problems,
        shared=SharedPart(everyone, terms, grid),
        grid=grid,
        deadline=deadline,
    )
    for problem in work.problems:
        problem.reopen()
    mixing_share = MIXING_SHARE * gap_share
    relaxed = work.coordination().run(np.zeros(grid.steps), goal_share=mixing_share)
    _demand_kept(work, relaxed, "whatever they do")
    decided = [
        _decided(
            problem,
            relaxed,
            WHOLE_SHARE * gap_share,
            deadline.left_s(most_s=firm_time_limit_s),
        )
        for problem in work.problems
    ]
    bound_krw = sum(bound for _, bound in decided) + work.shared.least_krw(relaxed.prices)
    polished = relaxed
    if any(problem.has_decisions for problem in work.problems):
        polished = work.coordination().run(
            relaxed.prices,
            goal_share=mixing_share,
            enough_krw=bound_krw + ENOUGH_SHARE * gap_share * abs(bound_krw),
            known=[[column for column, _ in decided]],
        )
        if len(everyone) <= pooled_up_to:
            polished, bound_krw = _pooled(work, polished, bound_krw, gap_share, firm_time_limit_s)
        polished = _replied(work, polished, bound_krw, gap_share, firm_time_limit_s)
        _demand_kept(work, polished, "by the starts of jobs that were found")
    schedule = _schedule(work, polished, relaxed.prices, [bound_krw for _, bound_krw in decided])
    return replace(
        schedule,
        bound_krw=bound_krw,
        rounds=relaxed.rounds + polished.rounds,
        solve_seconds=time.perf_counter() - began,
    )


@dataclass(frozen=True, kw_only=True)
class _Work:
    """The problems of one complex."""

    members: tuple[Member, ...]
    problems: Sequence[MemberProblem]
    shared: SharedPart
    grid: TimeGrid
    deadline: Deadline

    def coordination(self) -> Coordination:
        """Return new rounds, without any answer yet."""
        return Coordination(self.problems, self.shared, self.deadline)


def compiled(members: Sequence[Member], deadline: Deadline) -> Sequence[MemberProblem]:
    """Return the firms' problems, which may be planned with again and again."""
    problems = []
    for member in members:
        deadline.left_s(most_s=np.inf)
        problems.append(MemberProblem(member))
    return problems


def _decided(
    problem: MemberProblem, relaxed: Coordinated, share: float, time_limit_s: float
) -> tuple[Column, float]:
    """Decide one firm's starts at the prices, and return the bound on its cost at them."""
    column = problem.cheapest(relaxed.prices)
    if not problem.has_decisions:
        return column, column.priced_krw
    gap_krw = share * max(abs(column.own_krw), 1.0)
    return problem.decide(relaxed.prices, gap_krw=gap_krw, time_limit_s=time_limit_s)


def _is_proved(plan: Coordinated, bound_krw: float, gap_share: float) -> bool:
    return plan.cost_krw <= bound_krw + GOAL_SHARE * gap_share * abs(bound_krw)


def _pooled(
    work: _Work, plan: Coordinated, bound_krw: float, gap_share: float, time_limit_s: float
) -> tuple[Coordinated, float]:
    """Solve the problem of all firms as one where prices miss the goal, and raise the bound.

    Where that is not done in time the plan stays as it is.
    """
    if _is_proved(plan, bound_krw, gap_share):
        return plan, bound_krw
    try:
        answer = solve_jointly(
            work.problems,
            work.shared,
            np.zeros(work.grid.steps),
            gap_krw=ENOUGH_SHARE * gap_share * abs(bound_krw),
            time_limit_s=work.deadline.left_s(most_s=time_limit_s * len(work.problems)),
        )
    except ComplexTimedOutError:
        answer = None
    if answer is None:
        return plan, bound_krw
    bound_krw = max(bound_krw, answer.bound_krw)
    if answer.objective_krw >= plan.cost_krw:
        return plan, bound_krw
    for problem, decisions in zip(work.problems, answer.decisions, strict=True):
        problem.keep(decisions)
    drawn_kw = tuple(column.drawn_kw for column in answer.columns)
    pooled = replace(
        plan,
        cost_krw=answer.objective_krw,
        drawn_kw=drawn_kw,
        over_kw=work.shared.for_draws(np.sum(drawn_kw, axis=0)).over_kw,
    )
    return pooled, bound_krw


def _replied(
    work: _Work, plan: Coordinated, bound_krw: float, gap_share: float, time_limit_s: float
) -> Coordinated:
    """Let the firms decide again, one after another, until the gap is small or nothing is won.

    Where the time ends meanwhile the plan stays as it is.
    """
    for _ in range(MOST_REPLIES):
        if _is_proved(plan, bound_krw, gap_share):
            return plan
        before = [problem.decisions for problem in work.problems]
        again = None
        with suppress(ComplexTimedOutError):
            columns = _replies(work, plan, WHOLE_SHARE * gap_share, time_limit_s)
            again = work.coordination().run(
                plan.prices, goal_share=MIXING_SHARE * gap_share, known=[columns]
            )
        if again is None or again.cost_krw >= plan.cost_krw * (1 - MIXING_SHARE * gap_share):
            for problem, decisions in zip(work.problems, before, strict=True):
                if decisions is not None:
                    problem.keep(decisions)
            return plan
        plan = again
    return plan


def _replies(work: _Work, plan: Coordinated, share: float, time_limit_s: float) -> list[Column]:
    """Return each firm's operation after it answered all others; its decisions are kept to."""
    total_kw = np.sum(plan.drawn_kw, axis=0)
    columns = []
    for problem, own_kw in zip(work.problems, plan.drawn_kw, strict=True):
        kept = problem.cheapest(np.zeros(work.grid.steps), ceiling_kw=own_kw + CEILING_KW)
        if problem.has_decisions:
            gap_krw = share * max(abs(kept.own_krw), 1.0)
            answer = solve_jointly(
                [problem],
                work.shared,
                total_kw - own_kw,
                gap_krw=gap_krw,
                time_limit_s=work.deadline.left_s(most_s=time_limit_s),
            )
            if answer is not None:
                problem.keep(answer.decisions[0])
                kept = answer.columns[0]
        total_kw = total_kw + kept.drawn_kw - own_kw
        columns.append(kept)
    return columns


def _schedule(
    work: _Work, mixture: Coordinated, prices: Prices, at_prices_krw: Sequence[float]
) -> ComplexSchedule:
    columns, schedules = _one_operation_each(work, mixture, at_prices_krw)
    drawn_kw = np.sum([column.drawn_kw for column in columns], axis=0)
    answer = work.shared.for_draws(drawn_kw)
    terms, grid = work.shared.terms, work.grid
    batteries_kw = sum(answer.battery_kw.values(), start=np.zeros(grid.steps))
    demand_kw = work.shared.cautious_kw + drawn_kw + batteries_kw
    peak_kw = float(demand_kw[terms.counted_on(grid)].max(initial=0.0))
    shared_at_prices_krw = work.shared.least_krw(prices)
    schedule = ComplexSchedule(
        grid=grid,
        members=schedules,
        battery_kw=answer.battery_kw,
        demand_kw=demand_kw,
        peak_kw=peak_kw,
        shared_krw=_shared_krw(terms, answer, peak_kw),
        objective_krw=sum(column.own_krw for column in columns) + answer.objective_krw,
        bound_krw=sum(at_prices_krw) + shared_at_prices_krw,
        prices=prices,
        shared_at_prices_krw=shared_at_prices_krw,
        rounds=mixture.rounds,
        solve_seconds=0.0,
    )
    verify_complex(work.members, terms, schedule)
    return schedule


def _one_operation_each(
    work: _Work, mixture: Coordinated, at_prices_krw: Sequence[float]
) -> tuple[list[Column], tuple[MemberSchedule, ...]]:
    """Make each firm's mixture one operation, no dearer and nowhere drawing more.

    A mixture may charge and discharge a battery at once, half each; one operation need not.
    """
    columns, schedules = [], []
    for member, problem, drawn_kw, bound_krw in zip(
        work.members, work.problems, mixture.drawn_kw, at_prices_krw, strict=True
    ):
        column, equipment_kw = problem.settle(drawn_kw + CEILING_KW)
        columns.append(column)
        schedules.append(
            MemberSchedule(
                firm_id=member.firm_id,
                equipment_kw=equipment_kw,
                cost=member.pricing.cost(equipment_kw),
                at_prices_krw=bound_krw,
            )
        )
    return columns, tuple(schedules)


def _shared_krw(terms: SharedTerms, answer: SharedAnswer, peak_kw: float) -> float:
    """Return what the shared part is billed, without preferences among equally cheap plans."""
    return terms.peak_krw_per_kw * peak_kw + sum(
        float(battery_krw(terms, power_kw).value + battery.cost_krw(power_kw).value)
        for battery in terms.batteries
        for power_kw in [answer.battery_kw[battery.name]]
    )


def _demand_kept(work: _Work, mixture: Coordinated, how: str) -> None:
    """Raise a :class:`FeederLimitError` where even the best mixture exceeds the limit."""
    if mixture.over_kw.max() <= TOLERANCE_KW:
        return
    zone = work.members[0].pricing.site.zone
    worst = worst_steps(mixture.over_kw)[0]
    least_kw = _least_draws_kw(work, worst)
    told = ", ".join(
        f"{work.members[at].firm_id} {least_kw[at]:.1f} kW" for at in worst_steps(least_kw)
    )
    raise FeederLimitError(
        f"the feeder's limit cannot be kept {how}: "
        f"{overdraws(mixture.over_kw, work.grid, zone)}; at "
        f"{local_time(work.grid, worst, zone)} the firms draw {least_kw.sum():.1f} kW at least, "
        f"each for itself (most of all {told}), under a limit of "
        f"{work.shared.limit_kw(worst):.1f} kW; raise the limit, or declare what can be curtailed"
    )


def _least_draws_kw(work: _Work, step: int) -> KilowattArray:
    """Return the least that each firm can draw in one interval, cautious path, shape (firms,)."""
    prices = np.zeros(work.grid.steps)
    prices[step] = OVERDRAW_KRW_PER_KW
    return np.array(
        [
            member.pricing.base.cautious_kw[step] + problem.cheapest(prices).drawn_kw[step]
            for member, problem in zip(work.members, work.problems, strict=True)
        ]
    )
