"""Several courses that the load may take, and what one plan costs over all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cvxpy as cp
import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, kw_only=True)
class Scenarios:
    """Paths of the load that cannot be scheduled; the plan is made once, before one is known."""

    paths_kw: npt.NDArray[np.float64]
    """Shape (paths, steps)."""
    probability: npt.NDArray[np.float64]
    """Shape (paths,), adding up to 1."""
    risk_share: float = 0.0
    """Weight of the worst tail of the demand cost against its mean: 0 plans for the mean alone,
    1 for the tail alone."""
    tail_share: float = 0.1
    """Probability of that tail, > 0 and <= 1; 1 is the mean again."""

    @property
    def mean_kw(self) -> npt.NDArray[np.float64]:
        """The expected path, shape (steps,)."""
        return self.probability @ self.paths_kw

    def quantile_kw(self, level: float) -> npt.NDArray[np.float64]:
        """Smallest load of each step that is not passed with probability ``level``, (steps,)."""
        order = np.argsort(self.paths_kw, axis=0, kind="stable")
        passed = np.cumsum(self.probability[order], axis=0)
        row = np.argmax(passed >= level - 1e-9, axis=0)  # sums of probabilities carry rounding
        ordered = np.take_along_axis(self.paths_kw, order, axis=0)
        return ordered[row, np.arange(ordered.shape[1])]

    def mean(self, costs_krw: Sequence[cp.Expression]) -> cp.Expression:
        """Return the expected cost of all paths' costs."""
        return sum(
            (share * cost for share, cost in zip(self.probability, costs_krw, strict=True)),
            start=cp.Constant(0),
        )

    def risk_cost(self, costs_krw: Sequence[cp.Expression]) -> cp.Expression:
        """Return the mean of the paths' costs, blended with that of their worst tail, convex.

        Source of the tail's mean (CVaR): Rockafellar and Uryasev, Journal of Risk 2 (2000),
        doi:10.21314/JOR.2000.038.
        """
        if not self.risk_share:
            return self.mean(costs_krw)
        threshold = cp.Variable(name="site.risk_threshold_krw")
        above = sum(
            share * cp.pos(cost - threshold)
            for share, cost in zip(self.probability, costs_krw, strict=True)
        )
        tail = threshold + above / self.tail_share
        return (1 - self.risk_share) * self.mean(costs_krw) + self.risk_share * tail

    def risk_cost_krw(self, costs_krw: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return the same of numbers, shape (paths, n), for each of n operations."""
        mean = self.probability @ costs_krw
        order = np.argsort(-costs_krw, axis=0, kind="stable")
        share = self.probability[order]
        before = np.cumsum(share, axis=0) - share
        taken = np.clip(self.tail_share - before, 0.0, share) / self.tail_share
        tail = (taken * np.take_along_axis(costs_krw, order, axis=0)).sum(axis=0)
        return (1 - self.risk_share) * mean + self.risk_share * tail
