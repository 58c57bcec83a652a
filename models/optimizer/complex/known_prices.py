"""Learn at which prices groups of firms plan, until the cost of any group is known from them."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from feature_store.errors import SandanError
from models.optimizer.complex.coordination import SMOOTHING
from models.optimizer.complex.group_costs import Group, GroupCosts
from models.optimizer.complex.master import MASTER_LIMIT_S
from models.optimizer.complex.member_problem import MemberProblem, Prices
from models.optimizer.complex.time_limit import Deadline
from models.optimizer.linear_program import Numbers

LOOKED_AT = 20
"""The newest groups whose cost was bounded before it was found: they tell how well others are."""
KNOWN_SHARE = 0.005
"""Part of the saving to which the cost of a group is known on average before it is looked at. Parts
of six firms were then known to 0.2 to 0.7 % of it."""
MOST_GROUPS = 400
"""Bound on groups that are looked at; the complexes that were measured took 30 to 120."""
NEW_KRW = 0.01
"""An operation that is cheaper by less than this is not a new one."""


class GroupsUnknownError(SandanError):
    """What groups cost could not be told from prices."""


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """Prices, and what they ask of each firm for what it holds and for what it does, (firms,)."""

    prices: Prices
    held_krw: Numbers
    operated_krw: Numbers


class KnownPrices:
    """Prices found for some groups, and what they ask of every firm.

    Operations known of the firms bound a group's cost from above, prices from below: each group
    that is looked at makes the one lower and the other higher, for its neighbours too.
    """

    def __init__(
        self, problems: Sequence[MemberProblem], costs: GroupCosts, deadline: Deadline
    ) -> None:
        """``problems`` remember what they answered before; their decisions may take any value."""
        self._problems, self._costs, self._deadline = problems, costs, deadline
        self._known: list[_Asked] = []
        for firm, problem in enumerate(problems):
            problem.reopen()
            costs.add(firm, problem.relaxed_answers)

    def asked_krw(self) -> Numbers:
        """Return what each of the prices asks of each firm, shape (prices, firms)."""
        return np.array([one.held_krw + one.operated_krw for one in self._known])

    def learn(self, random: np.random.Generator, *, saved_krw: float) -> None:
        """Look at random groups, as many of each size, until costs are known well enough.

        Raises:
            ComplexTimedOutError: They were not in time.
            GroupsUnknownError: They never were.
        """
        firms, enough_krw = len(self._problems), KNOWN_SHARE * saved_krw
        self._look_at(np.ones(firms, dtype=np.bool_), enough_krw)
        unknown_krw: deque[float] = deque(maxlen=LOOKED_AT)
        for _ in range(MOST_GROUPS):
            group = random.permutation(firms) < random.integers(2, firms + 1)
            unknown_krw.append(self._look_at(group, enough_krw))
            if len(unknown_krw) == LOOKED_AT and np.mean(unknown_krw) <= enough_krw:
                return
        raise GroupsUnknownError(
            f"after {MOST_GROUPS} groups were looked at, the next one's cost is known to "
            f"{np.mean(unknown_krw):,.0f} won, and {saved_krw:,.0f} won are split"
        )

    def _look_at(self, group: Group, enough_krw: float) -> float:
        """Ask the firms at prices of ``group``; return how well its cost was known before.

        Prices of few known operations swing from one end to the other: where they tell something
        new, firms are asked half way to the dearest prices known, and at the prices themselves.
        """
        before_krw = self._ask(group, SMOOTHING)
        if before_krw > enough_krw:
            self._ask(group, 0.0)
        return before_krw

    def _ask(self, group: Group, smoothing: float) -> float:
        """Ask all firms at prices of ``group``; return how well its cost was known before."""
        found = self._costs.of(group, time_limit_s=self._deadline.left_s(most_s=MASTER_LIMIT_S))
        prices, held_krw, known_krw = found.prices, found.held_krw, -np.inf
        if self._known:
            costs_krw = self.asked_krw() @ group
            known_krw = float(costs_krw.max())
            dearest = self._known[int(costs_krw.argmax())]
            prices = smoothing * dearest.prices + (1 - smoothing) * prices
            held_krw = smoothing * dearest.held_krw + (1 - smoothing) * held_krw
        answers = [problem.cheapest(prices) for problem in self._problems]
        for firm, answer in enumerate(answers):
            krw = answer.own_krw + float(answer.drawn_kw @ found.prices)
            if krw < found.operated_krw[firm] - NEW_KRW:
                self._costs.add(firm, [answer])
        operated_krw = np.array([answer.priced_krw for answer in answers])
        self._known.append(_Asked(prices=prices, held_krw=held_krw, operated_krw=operated_krw))
        return found.krw - known_krw
