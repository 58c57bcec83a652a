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
from models.optimizer.complex.plan import GAP_SHARE, plan_complex
from models.optimizer.complex.schedule import ComplexSchedule
from models.optimizer.complex.shared_limits import FeederLimitError
from models.optimizer.complex.terms import Member, SharedTerms, entitled_shares
from models.optimizer.complex.time_limit import Deadline
from models.optimizer.shapley import Members, Values, shapley_shares

SHAPLEY_UP_TO = 5
"""Most firms whose every group is planned: 31 joint plans of some seconds each."""

TOLD_KRW = 1.0
"""Won a firm below which a joint plan that is dearer is as dear: less than any bill shows."""

Krw = npt.NDArray[np.float64]
Method = Literal["shapley", "prices"]


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

    @property
    def saved_krw(self) -> float:
        """The joint saving."""
        return sum(member.saved_krw for member in self.members)


def split_saving(  # noqa: PLR0913  what is split, how and for how long
    members: Sequence[Member],
    terms: SharedTerms,
    schedule: ComplexSchedule,
    *,
    shapley_up_to: int = SHAPLEY_UP_TO,
    gap_share: float = GAP_SHARE,
    deadline: Deadline | None = None,
) -> FairSplit:
    """Share what ``schedule`` saves against the same firms alone.

    Up to ``shapley_up_to`` firms by Shapley's value, more by the complex's marginal prices. The
    plans of single firms and groups are made to ``gap_share``.

    Raises:
        NoFairSplitError: The plans alone are not dearer, or a firm cannot live alone with its
            share of the feeder.
        ComplexTimedOutError: ``deadline`` passed.
    """
    planner = _Planner(
        terms=terms,
        gap_share=gap_share,
        until=Deadline.after(np.inf) if deadline is None else deadline,
    )
    everyone = tuple(members)
    shares = entitled_shares(everyone)
    alone_krw = np.array(
        [planner.alone_krw(member, share) for member, share in zip(everyone, shares, strict=True)]
    )
    saved_krw = float(alone_krw.sum()) - schedule.cost_krw
    if saved_krw < -TOLD_KRW * len(everyone):
        raise NoFairSplitError(
            f"the firms' plans alone cost {-saved_krw:,.0f} won less than the joint one, which is "
            f"proved to {schedule.gap_share:.2%}; keep the plans alone or ask for a smaller gap"
        )
    if len(everyone) <= shapley_up_to:
        method: Method = "shapley"
        parts = shapley_shares(
            len(everyone), _Groups(everyone, planner, schedule, alone_krw).saved_krw
        )[:, 0]
    else:
        method = "prices"
        parts = alone_krw - _paid_at_prices_krw(everyone, schedule)
    right = _nobody_worse(parts, saved_krw)
    return FairSplit(
        members=tuple(
            MemberSplit(firm_id=member.firm_id, alone_krw=float(alone), saved_krw=float(part))
            for member, alone, part in zip(everyone, alone_krw, right, strict=True)
        ),
        method=method,
        put_right_krw=float(np.maximum(-parts, 0.0).sum()),
    )


@dataclass(frozen=True, kw_only=True)
class _Planner:
    """Plans some of the firms with their share of what is shared."""

    terms: SharedTerms
    gap_share: float
    until: Deadline

    def cost_krw(self, members: Sequence[Member], share: float) -> float:
        """Return what the firms' own joint plan costs."""
        return plan_complex(
            members,
            self.terms.part(share),
            gap_share=self.gap_share,
            time_limit_s=self.until.left_s(most_s=np.inf),
        ).cost_krw

    def alone_krw(self, member: Member, share: float) -> float:
        """Return what one firm's plan costs; a feeder that it cannot keep is a named refusal."""
        try:
            return self.cost_krw([member], share)
        except FeederLimitError as short:
            raise NoFairSplitError(
                f"{member.firm_id} alone cannot keep to its share of the feeder, {share:.1%} by "
                "contract power, so what joining saves it cannot be counted; agree on its part by "
                "hand"
            ) from short


class _Groups:
    """What each group of firms saves by planning together."""

    def __init__(
        self,
        members: tuple[Member, ...],
        planner: _Planner,
        schedule: ComplexSchedule,
        alone_krw: Krw,
    ) -> None:
        self._members, self._planner = members, planner
        self._all_krw, self._alone_krw = schedule.cost_krw, alone_krw
        self._shares = entitled_shares(members)

    def saved_krw(self, coalitions: Members) -> Values:
        """Return what each coalition saves, shape (coalitions, 1)."""
        return np.array([[self._saved_krw(coalition)] for coalition in coalitions])

    def _saved_krw(self, coalition: npt.NDArray[np.bool_]) -> float:
        if coalition.sum() <= 1:
            return 0.0
        alone_krw = float(self._alone_krw[coalition].sum())
        if coalition.all():
            return alone_krw - self._all_krw
        chosen = [self._members[at] for at in np.flatnonzero(coalition)]
        return alone_krw - self._planner.cost_krw(chosen, float(self._shares[coalition].sum()))


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
