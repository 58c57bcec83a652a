"""Find the prices at which firms that plan for themselves plan for the complex.

Source: G. B. Dantzig and P. Wolfe, Decomposition Principle for Linear Programs, 1960,
doi:10.1287/opre.8.1.101; smoothing of the prices: P. Wentges, Weighted Dantzig-Wolfe Decomposition
for Linear Mixed-integer Programming, 1997, doi:10.1016/S0969-6016(97)00001-4.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from feature_store.time_grid import KilowattArray
from models.assets.asset import TOLERANCE_KW
from models.optimizer.complex.master import Master, Mixture
from models.optimizer.complex.member_problem import Column, MemberProblem, Prices
from models.optimizer.complex.shared_part import SharedPart
from models.optimizer.complex.time_limit import Deadline

SMOOTHING = 0.5
"""Weight of the best prices so far in the next ones: prices of a young master swing from one end
to the other."""
MOST_ROUNDS = 200
"""Bound on rounds; the gap reached is told either way."""
MOST_BLOCKS = 100
"""Firms beyond this share a block of the master: its convexity rows and columns stay as many,
however large the complex is. Their operations are then mixed with the same weights."""
PROOF_SHARE = 1e-8
"""A gap of the cost below this is the solver's rounding."""
MIXED_OVER_KW = TOLERANCE_KW / 10
"""Overdraw of a mixture that is left to rounding; a plan is held to ``TOLERANCE_KW``."""


@dataclass(frozen=True, kw_only=True)
class Coordinated:
    """The state that the rounds ended in."""

    cost_krw: float
    """Of the mixture, with tie-breaks."""
    bound_krw: float
    """No mixture of whatever operations costs less (Lagrangian bound)."""
    prices: Prices
    """The prices of that bound."""
    drawn_kw: tuple[KilowattArray, ...]
    """What the equipment of each firm draws in the mixture, shape (steps,) each."""
    over_kw: KilowattArray
    """What the mixture draws above the feeder's limit, shape (steps,)."""
    rounds: int

    @property
    def gap_share(self) -> float:
        """Most that another mixture could be cheaper, as a share of the cost."""
        return (self.cost_krw - self.bound_krw) / max(abs(self.cost_krw), 1.0)


class Coordination:
    """Rounds of prices and answers over the members' linear problems."""

    def __init__(
        self, members: Sequence[MemberProblem], shared: SharedPart, deadline: Deadline
    ) -> None:
        self._members = members
        self._shared = shared
        self._deadline = deadline
        self._blocks = min(len(members), MOST_BLOCKS)
        self._master = Master(shared, self._blocks)
        self._answers: list[Sequence[Column]] = []
        self._bound_krw, self._best = -np.inf, np.zeros(shared.steps)

    def run(
        self,
        start: Prices,
        *,
        goal_share: float,
        enough_krw: float = -np.inf,
        known: Iterable[Sequence[Column]] = (),
    ) -> Coordinated:
        """Exchange prices and answers until the certified gap is at most ``goal_share``.

        A mixture at ``enough_krw`` or less ends them too. ``known`` holds operations that are known
        to be allowed, one a firm each.
        """
        for columns in known:
            self._add(columns)
        self._ask(start)
        smoothing = SMOOTHING
        rounds = 1
        while True:
            mixture = self._master.solve()
            # A limit that a mixture exceeds may be kept by a better one: only a tight gap tells.
            is_over = mixture.over_kw.max() > MIXED_OVER_KW
            share = PROOF_SHARE if is_over else max(goal_share, PROOF_SHARE)
            is_proved = mixture.cost_krw - self._bound_krw <= share * abs(mixture.cost_krw)
            is_enough = mixture.cost_krw <= enough_krw and not is_over
            if is_proved or is_enough or rounds == MOST_ROUNDS:
                return self._result(mixture, rounds)
            rounds += 1
            improved = self._ask(smoothing * self._best + (1 - smoothing) * mixture.prices)
            smoothing = SMOOTHING if improved else smoothing / 2

    def _ask(self, prices: Prices) -> bool:
        """Ask every firm at ``prices``; return whether the bound rose."""
        self._deadline.left_s(most_s=np.inf)
        columns = [member.cheapest(prices) for member in self._members]
        self._add(columns)
        bound_krw = sum(column.priced_krw for column in columns) + self._shared.least_krw(prices)
        if bound_krw <= self._bound_krw:
            return False
        self._bound_krw, self._best = bound_krw, prices
        return True

    def _add(self, columns: Sequence[Column]) -> None:
        self._answers.append(columns)
        for block in range(self._blocks):
            self._master.add(block, _together(columns[block :: self._blocks]))

    def _result(self, mixture: Mixture, rounds: int) -> Coordinated:
        weights = mixture.weights.reshape(len(self._answers), self._blocks)
        weights = weights / weights.sum(axis=0)
        answers = np.array([[one.drawn_kw for one in columns] for columns in self._answers])
        block_of = np.arange(len(self._members)) % self._blocks
        drawn_kw = np.einsum("kf,kft->ft", weights[:, block_of], answers)
        return Coordinated(
            cost_krw=mixture.cost_krw,
            bound_krw=self._bound_krw,
            prices=self._best,
            drawn_kw=tuple(drawn_kw),
            over_kw=mixture.over_kw,
            rounds=rounds,
        )


def _together(columns: Sequence[Column]) -> Column:
    """Return the sum of one operation of each of some firms."""
    return Column(
        own_krw=sum(column.own_krw for column in columns),
        drawn_kw=np.sum([column.drawn_kw for column in columns], axis=0),
        priced_krw=sum(column.priced_krw for column in columns),
    )
