"""Shapley's value of a complex too large to plan its groups, by prices that are known of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

import numpy as np

from models.optimizer.complex.group_costs import Group, GroupCosts
from models.optimizer.complex.known_prices import KnownPrices
from models.optimizer.complex.member_problem import MemberProblem
from models.optimizer.complex.sampled_shapley import PricedGroups, sampled_shapley
from models.optimizer.complex.schedule import ComplexSchedule
from models.optimizer.complex.terms import Member, SharedTerms, entitled_shares
from models.optimizer.complex.time_limit import Deadline
from models.optimizer.linear_program import Numbers

OBJECTING_ORDERS = 500
"""Orders whose beginnings are asked whether they would rather leave."""
_SEED = 68
"""Fixed, so that the same complex is always split alike."""


@dataclass(frozen=True, kw_only=True)
class SampledSplit:
    """Shapley's value by sampling, and what some groups would save by themselves."""

    parts_krw: Numbers
    """Shape (firms,)."""
    standard_error_krw: Numbers
    """Of each part, shape (firms,)."""
    groups: Group
    """Groups that may object, shape (groups, firms)."""
    groups_saved_krw: Numbers
    """What each of them saves by itself, shape (groups,)."""


def sampled_split(  # noqa: PLR0913  the complex, its plan, and for how long
    members: Sequence[Member],
    problems: Sequence[MemberProblem],
    terms: SharedTerms,
    schedule: ComplexSchedule,
    alone_krw: Numbers,
    *,
    deadline: Deadline,
) -> SampledSplit:
    """Learn what groups cost, and sample orders in which firms join.

    What a group costs is known with decisions that may take any value between. What whole ones add
    is known of each firm alone, and of each firm at the prices of the joint plan, which stand for
    those of every group.

    Args:
        members: The firms.
        problems: Theirs, which planned ``schedule`` and each firm alone.
        terms: What they share.
        schedule: Their joint plan.
        alone_krw: What each firm's plan alone costs, shape (firms,).
        deadline: Until when.

    Raises:
        ComplexTimedOutError: ``deadline`` passed before the parts were known.
        GroupsUnknownError: What groups cost could not be told.
    """
    random = np.random.default_rng(_SEED)
    costs = GroupCosts(members, entitled_shares(tuple(members)), terms, schedule.grid)
    known = KnownPrices(problems, costs, deadline)
    known.learn(random, saved_krw=float(alone_krw.sum()) - schedule.cost_krw)
    groups = PricedGroups(
        alone_krw=alone_krw,
        asked_krw=known.asked_krw() + _whole_krw(problems, schedule),
    )
    found = sampled_shapley(groups, random, deadline)
    like = _likes(members, problems)
    objecting = _beginnings(random, len(members))
    return SampledSplit(
        parts_krw=like @ found.parts_krw,
        standard_error_krw=like @ found.standard_error_krw,
        groups=objecting,
        groups_saved_krw=groups.saved_krw(objecting),
    )


def _whole_krw(problems: Sequence[MemberProblem], schedule: ComplexSchedule) -> Numbers:
    """Return what whole decisions add to each firm's cost at the joint plan's prices, (firms,)."""
    return np.array(
        [
            member.at_prices_krw - problem.cheapest(schedule.prices).priced_krw
            for problem, member in zip(problems, schedule.members, strict=True)
        ]
    )


def _likes(members: Sequence[Member], problems: Sequence[MemberProblem]) -> Numbers:
    """Return the means over firms that are alike, as a matrix, shape (firms, firms)."""
    marks = np.array(
        [_mark(member, problem) for member, problem in zip(members, problems, strict=True)]
    )
    is_like = marks[:, None] == marks
    return is_like / is_like.sum(axis=1, keepdims=True)


def _mark(member: Member, problem: MemberProblem) -> str:
    """Return what two firms have in common only if they have the same problem."""
    linear, filled, base = problem.program.linear, problem.program.filled, member.pricing.base
    arrays = (
        linear.matrix_starts,
        linear.matrix_rows,
        linear.matrix_values,
        linear.integer,
        filled.cost,
        filled.column_lower,
        filled.column_upper,
        filled.row_lower,
        filled.row_upper,
        base.median_kw,
        base.cautious_kw,
        np.array([filled.offset, member.pricing.site.contract.power_kw]),
    )
    return sha256(b"|".join(array.tobytes() for array in arrays)).hexdigest()


def _beginnings(random: np.random.Generator, firms: int) -> Group:
    """Return the firms that come first in random orders, without all and none of them."""
    places = random.permuted(np.tile(np.arange(firms), (OBJECTING_ORDERS, 1)), axis=1)
    ends = np.arange(1, firms)
    return (places[:, None, :] < ends[None, :, None]).reshape(-1, firms)
