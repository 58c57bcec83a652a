"""Some firms and what they share in one problem, while all others draw what they draw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from feature_store.time_grid import KilowattArray
from models.optimizer.complex.fixed_program import FixedProgram, Link, side_by_side
from models.optimizer.complex.member_problem import Column, Decisions, MemberProblem
from models.optimizer.complex.shared_part import SharedPart
from models.optimizer.start_search import Found, search


@dataclass(frozen=True, kw_only=True)
class JointAnswer:
    """Whole operations that are cheapest together."""

    columns: tuple[Column, ...]
    decisions: tuple[Decisions, ...]
    objective_krw: float
    """Of these firms and of all that is shared."""
    bound_krw: float
    """No whole operation of these firms costs less, as the others draw."""


def solve_jointly(
    problems: Sequence[MemberProblem],
    shared: SharedPart,
    rest_kw: KilowattArray,
    *,
    gap_krw: float,
    time_limit_s: float,
) -> JointAnswer | None:
    """Return the cheapest whole operation where all others' equipment draws ``rest_kw`` (steps,).

    Prices tell a firm what its next kW costs; where few firms share, a whole job is more than that.
    None if no answer was proved in time.
    """
    shared.at_prices(np.zeros(shared.steps))
    common = FixedProgram.of(shared.problem)
    programs = [*(problem.program for problem in problems), common]
    links = [
        *(
            Link(program=number, columns=problem.drawn, coefficient=-1.0)
            for number, problem in enumerate(problems)
        ),
        Link(program=len(problems), columns=common.columns_of(shared.members_kw), coefficient=1.0),
    ]
    together = side_by_side(programs, links, rest_kw)
    found = search(together.linear, together.filled, gap=gap_krw, time_limit_s=time_limit_s)
    if not isinstance(found, Found):
        return None
    ends = np.cumsum([program.filled.cost.size for program in programs])
    parts = np.split(found.x, ends[:-1])
    return JointAnswer(
        columns=tuple(_column(problem, x) for problem, x in zip(problems, parts, strict=False)),
        decisions=tuple(
            x[problem.program.linear.integer] for problem, x in zip(problems, parts, strict=False)
        ),
        objective_krw=found.objective,
        bound_krw=found.bound,
    )


def _column(problem: MemberProblem, x: KilowattArray) -> Column:
    filled = problem.program.filled
    own_krw = float(filled.cost @ x) + filled.offset
    return Column(own_krw=own_krw, drawn_kw=x[problem.drawn], priced_krw=own_krw)
