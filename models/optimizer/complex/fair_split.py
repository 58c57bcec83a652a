"""Who gets how much of what a complex saves by planning together.

Alone, a firm would pay the shared price on its own peak, and hold its share by contract power of
the feeder and of the community's batteries. Groups then never save less together than apart, so
that nobody has to lose: Shapley's split leaves nobody worse than alone, and nor does the one that
charges each firm the complex's marginal prices (G. Owen, On the Core of Linear Production Games,
1975, doi:10.1007/BF01681356), up to the gap of the plans. What the gap leaves is put right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from feature_store.errors import SandanError
from models.optimizer.complex.alone import alone_at_once_krw
from models.optimizer.complex.group_costs import Group
from models.optimizer.complex.known_prices import GroupsUnknownError
from models.optimizer.complex.member_problem import MemberProblem, MemberUnsolvedError
from models.optimizer.complex.plan import GAP_SHARE, compiled, plan_complex
from models.optimizer.complex.sampled_split import sampled_split
from models.optimizer.complex.schedule import ComplexSchedule
from models.optimizer.complex.shared_limits import FeederLimitError
from models.optimizer.complex.shared_part import UnsolvedPartError
from models.optimizer.complex.terms import Member, SharedTerms, entitled_shares
from models.optimizer.complex.time_limit import ComplexTimedOutError, Deadline
from models.optimizer.shapley import Members, Values, shapley_shares

SHAPLEY_UP_TO = 5
"""Most firms whose every group is planned: 31 joint plans of some seconds each."""
SAMPLED_UP_TO = 100
"""Most firms whose groups are priced: a minute beside the plans of all firms alone. The time grows
with their square."""
ALONE_LIMIT_S = 10.0
"""For whole starts of a firm alone; then it is planned by prices."""
TOLD_KRW = 1.0
"""Won a firm below which a joint plan that is dearer is as dear: less than any bill shows."""

Krw = npt.NDArray[np.float64]
Method = Literal["shapley", "shapley_sampled", "prices"]


class NoFairSplitError(SandanError):
    """There is no joint saving, or none that could be told from what firms have alone."""


@dataclass(frozen=True, kw_only=True)
class MemberSplit:
    """One firm's part of the joint saving."""

    firm_id: str
    alone_krw: float
    """What its plan costs if it plans alone, with its own peak at the shared price."""
    saved_krw: float
    """Its part of the saving, >= 0."""
    standard_error_krw: float | None = None
    """What other samples would change of it; None where nothing was sampled."""

    @property
    def pays_krw(self) -> float:
        """What the firm pays in all, its own bill among it."""
        return self.alone_krw - self.saved_krw


@dataclass(frozen=True, kw_only=True)
class FairSplit:
    """All parts; they add up to the joint saving."""

    members: tuple[MemberSplit, ...]
    method: Method
    put_right_krw: float
    """What was moved between firms so that nobody is worse than alone; 0 but for the gap."""
    largest_objection_krw: float | None = None
    """Most that a group which was looked at would save by itself above its firms' parts; 0 where
    none would. None by prices, which no group can object to but for the gap."""
    not_shapley: str | None = None
    """Why it was split by prices; None where it was not."""

    @property
    def saved_krw(self) -> float:
        """The joint saving."""
        return sum(member.saved_krw for member in self.members)


@dataclass(frozen=True, kw_only=True)
class _Parts:
    """Who adds how much, before it is put right."""

    method: Method
    parts_krw: Krw
    standard_error_krw: Krw | None = None
    groups: Group | None = None
    """Those that were looked at for objections, shape (groups, firms)."""
    saved_krw: Krw | None = None
    """What each of them saves by itself, shape (groups,)."""
    not_shapley: str | None = None


def split_saving(  # noqa: PLR0913  what is split, how and for how long
    members: Sequence[Member],
    terms: SharedTerms,
    schedule: ComplexSchedule,
    *,
    shapley_up_to: int = SHAPLEY_UP_TO,
    sampled_up_to: int = SAMPLED_UP_TO,
    gap_share: float = GAP_SHARE,
    deadline: Deadline | None = None,
    problems: Sequence[MemberProblem] | None = None,
) -> FairSplit:
    """Share what ``schedule`` saves against the same firms alone.

    Up to ``shapley_up_to`` firms by Shapley's value, up to ``sampled_up_to`` by a sample of it, and
    by the complex's marginal prices for more, or where a sample is not good enough in time. The
    plans of single firms and groups are made to ``gap_share``. ``problems`` are the firms' as the
    schedule was made with; left out, they are compiled.

    Raises:
        NoFairSplitError: The plans alone are not dearer, or a firm cannot live alone with its
            share of the feeder.
        ComplexTimedOutError: ``deadline`` passed before there were plans of all firms alone.
    """
    everyone = tuple(members)
    until = Deadline.after(np.inf) if deadline is None else deadline
    planner = _Planner(
        members=everyone,
        problems=compiled(everyone, until) if problems is None else problems,
        terms=terms,
        gap_share=gap_share,
        until=until,
    )
    alone_krw = np.array([planner.alone_krw(firm) for firm in range(len(everyone))])
    saved_krw = float(alone_krw.sum()) - schedule.cost_krw
    if saved_krw < -TOLD_KRW * len(everyone):
        raise NoFairSplitError(
            f"the firms' plans alone cost {-saved_krw:,.0f} won less than the joint one, which is "
            f"proved to {schedule.gap_share:.2%}; keep the plans alone or ask for a smaller gap"
        )
    if len(everyone) <= shapley_up_to:
        parts = _exact(planner, schedule, alone_krw)
    elif len(everyone) <= sampled_up_to:
        parts = _sampled(planner, schedule, alone_krw)
    else:
        reason = f"{len(everyone):,} firms, and groups of up to {sampled_up_to} are priced"
        parts = _by_prices(everyone, schedule, alone_krw, reason)
    return _told(everyone, alone_krw, saved_krw, parts)


def _told(
    members: tuple[Member, ...], alone_krw: Krw, saved_krw: float, found: _Parts
) -> FairSplit:
    right = _nobody_worse(found.parts_krw, saved_krw)
    errors_krw = found.standard_error_krw
    objection_krw = None
    if found.groups is not None and found.saved_krw is not None:
        objection_krw = float((found.saved_krw - found.groups @ right).max(initial=0.0))
    return FairSplit(
        members=tuple(
            MemberSplit(
                firm_id=member.firm_id,
                alone_krw=float(alone_krw[firm]),
                saved_krw=float(right[firm]),
                standard_error_krw=None if errors_krw is None else float(errors_krw[firm]),
            )
            for firm, member in enumerate(members)
        ),
        method=found.method,
        put_right_krw=float(np.maximum(-found.parts_krw, 0.0).sum()),
        largest_objection_krw=objection_krw,
        not_shapley=found.not_shapley,
    )


def _exact(planner: _Planner, schedule: ComplexSchedule, alone_krw: Krw) -> _Parts:
    groups = _Groups(planner, schedule, alone_krw)
    parts_krw = shapley_shares(alone_krw.size, groups.saved_krw)[:, 0]
    known = np.array(list(groups.known_krw), dtype=np.bool_)
    return _Parts(
        method="shapley",
        parts_krw=parts_krw,
        groups=known.reshape(-1, alone_krw.size),
        saved_krw=np.array(list(groups.known_krw.values())),
    )


def _sampled(planner: _Planner, schedule: ComplexSchedule, alone_krw: Krw) -> _Parts:
    try:
        found = sampled_split(
            planner.members,
            planner.problems,
            planner.terms,
            schedule,
            alone_krw,
            deadline=planner.until,
        )
    except (
        GroupsUnknownError,
        ComplexTimedOutError,
        MemberUnsolvedError,
        UnsolvedPartError,
    ) as unknown:
        return _by_prices(planner.members, schedule, alone_krw, str(unknown))
    return _Parts(
        method="shapley_sampled",
        parts_krw=found.parts_krw,
        standard_error_krw=found.standard_error_krw,
        groups=found.groups,
        saved_krw=found.groups_saved_krw,
    )


def _by_prices(
    members: tuple[Member, ...], schedule: ComplexSchedule, alone_krw: Krw, reason: str
) -> _Parts:
    return _Parts(
        method="prices",
        parts_krw=alone_krw - _paid_at_prices_krw(members, schedule),
        not_shapley=reason,
    )


@dataclass(frozen=True, kw_only=True)
class _Planner:
    """Plans some of the firms with their share of what is shared."""

    members: tuple[Member, ...]
    problems: Sequence[MemberProblem]
    terms: SharedTerms
    gap_share: float
    until: Deadline

    def cost_krw(self, firms: Sequence[int]) -> float:
        """Return what the firms' own joint plan costs."""
        share = float(entitled_shares(self.members)[firms].sum())
        return plan_complex(
            [self.members[firm] for firm in firms],
            self.terms.part(share),
            gap_share=self.gap_share,
            time_limit_s=self.until.left_s(most_s=np.inf),
            problems=[self.problems[firm] for firm in firms],
        ).cost_krw

    def alone_krw(self, firm: int) -> float:
        """Return what one firm's plan costs; a feeder that it cannot keep is a named refusal."""
        member, problem = self.members[firm], self.problems[firm]
        share = float(entitled_shares(self.members)[firm])
        if problem.has_decisions:
            cost_krw = alone_at_once_krw(
                member,
                problem,
                self.terms.part(share),
                gap_share=self.gap_share,
                time_limit_s=self.until.left_s(most_s=ALONE_LIMIT_S),
            )
            if cost_krw is not None:
                return cost_krw
        try:
            return self.cost_krw([firm])
        except FeederLimitError as short:
            raise NoFairSplitError(
                f"{member.firm_id} alone cannot keep to its share of the feeder, {share:.1%} by "
                "contract power, so what joining saves it cannot be counted; agree on its part by "
                "hand"
            ) from short


class _Groups:
    """What each group of firms saves by planning together."""

    def __init__(self, planner: _Planner, schedule: ComplexSchedule, alone_krw: Krw) -> None:
        self._planner, self._all_krw, self._alone_krw = planner, schedule.cost_krw, alone_krw
        self.known_krw: dict[tuple[bool, ...], float] = {}
        """What the groups that were asked for save; all firms and none are not among them."""

    def saved_krw(self, coalitions: Members) -> Values:
        """Return what each coalition saves, shape (coalitions, 1)."""
        return np.array([[self._saved_krw(coalition)] for coalition in coalitions])

    def _saved_krw(self, coalition: npt.NDArray[np.bool_]) -> float:
        if coalition.sum() <= 1:
            return 0.0
        alone_krw = float(self._alone_krw[coalition].sum())
        if coalition.all():
            return alone_krw - self._all_krw
        saved_krw = alone_krw - self._planner.cost_krw(np.flatnonzero(coalition).tolist())
        self.known_krw[tuple(coalition.tolist())] = saved_krw
        return saved_krw


def _paid_at_prices_krw(members: tuple[Member, ...], schedule: ComplexSchedule) -> Krw:
    """Return each firm's bill at the marginal prices, shape (firms,): the bound, taken apart.

    A firm pays the prices on all it draws, and receives its share of what the feeder and the
    batteries earn at them.
    """
    base_krw = np.array(
        [float(schedule.prices @ member.pricing.base.cautious_kw) for member in members]
    )
    own_krw = np.array([member.at_prices_krw for member in schedule.members])
    earned_krw = schedule.shared_at_prices_krw - base_krw.sum()
    return own_krw + base_krw + entitled_shares(members) * earned_krw


def _nobody_worse(parts_krw: Krw, saved_krw: float) -> Krw:
    """Return the parts with none below 0, in proportion, adding up to the saving."""
    gains_krw = np.maximum(parts_krw, 0.0)
    if gains_krw.sum() <= 0:
        return np.full(parts_krw.size, saved_krw / parts_krw.size)
    return gains_krw * (saved_krw / gains_krw.sum())
