"""Shapley's value of a complex, by sampling, where prices tell what each group costs.

Firms join in random orders; each is given what the group saves more with it than without. The mean
over orders is Shapley's value (J. Castro, D. Gómez, J. Tejada, Polynomial calculation of the
Shapley value based on sampling, 2009, doi:10.1016/j.cor.2008.04.004). Each order is paired with its
reverse: who came early in the one comes late in the other, so that their mean varies less.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.optimizer.complex.group_costs import Group
from models.optimizer.complex.time_limit import Deadline
from models.optimizer.linear_program import Numbers

Orders = npt.NDArray[np.intp]
"""Every firm once in each row, shape (orders, firms)."""
ERROR_SHARE = 0.003
"""The largest standard error is brought below this share of the saving divided by the firms."""
LEAST_PAIRS = 200
"""Pairs of orders before a standard error is believed."""
MOST_PAIRS = 100_000
"""Bound on them; the standard error reached is told."""
PAIRS_AT_ONCE = 100
"""Pairs between two looks at the error and the clock."""
TOLD_KRW = 1.0
"""Standard errors below this are small enough, whatever the saving is."""


@dataclass(frozen=True, kw_only=True)
class PricedGroups:
    """What groups save, by the dearest of known prices."""

    alone_krw: Numbers
    """Shape (firms,)."""
    asked_krw: Numbers
    """What each of the prices asks of each firm, shape (prices, firms)."""

    def saved_krw(self, groups: Group) -> Numbers:
        """Return what each of ``groups``, shape (groups, firms), saves, shape (groups,)."""
        costs_krw = (groups @ self.asked_krw.T).max(axis=1)
        saved_krw = groups @ self.alone_krw - costs_krw
        return np.where(groups.sum(axis=1) > 1, saved_krw, 0.0)

    def added_krw(self, orders: Orders) -> Numbers:
        """Return what each firm adds to the saving as it joins, shape (orders, firms)."""
        saved_krw = self.alone_krw[orders].cumsum(axis=1)
        saved_krw -= self.asked_krw[:, orders].cumsum(axis=2).max(axis=0)
        saved_krw[:, 0] = 0.0
        added_krw = np.empty(orders.shape)
        np.put_along_axis(added_krw, orders, np.diff(saved_krw, axis=1, prepend=0.0), axis=1)
        return added_krw


@dataclass(frozen=True, kw_only=True)
class SampledParts:
    """Shapley's value and how well it is known."""

    parts_krw: Numbers
    """Shape (firms,); they add up to what all save."""
    standard_error_krw: Numbers
    """Of each part, shape (firms,): what other orders would change."""


def sampled_shapley(
    groups: PricedGroups, random: np.random.Generator, deadline: Deadline
) -> SampledParts:
    """Sample orders until every part is known.

    Raises:
        ComplexTimedOutError: ``deadline`` passed before.
    """
    firms = groups.alone_krw.size
    everyone = np.ones((1, firms), dtype=np.bool_)
    enough_krw = max(TOLD_KRW, ERROR_SHARE * float(groups.saved_krw(everyone)[0]) / firms)
    total_krw, squared, pairs = np.zeros(firms), np.zeros(firms), 0
    while True:
        deadline.left_s(most_s=np.inf)
        orders = random.permuted(np.tile(np.arange(firms), (PAIRS_AT_ONCE, 1)), axis=1)
        added_krw = (groups.added_krw(orders) + groups.added_krw(orders[:, ::-1])) / 2
        total_krw += added_krw.sum(axis=0)
        squared += (added_krw**2).sum(axis=0)
        pairs += PAIRS_AT_ONCE
        mean_krw = total_krw / pairs
        error_krw = np.sqrt(np.maximum(squared / pairs - mean_krw**2, 0.0) / (pairs - 1))
        is_known = pairs >= LEAST_PAIRS and error_krw.max() <= enough_krw
        if is_known or pairs >= MOST_PAIRS:
            return SampledParts(parts_krw=mean_krw, standard_error_krw=error_krw)
