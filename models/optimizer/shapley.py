"""Share a saving over the equipment that made it together."""

from __future__ import annotations

from collections.abc import Callable
from math import factorial

import numpy as np
import numpy.typing as npt

EXACT_UP_TO = 8
"""Most players whose subsets are all priced: 2^8 paths take some milliseconds."""
SAMPLED_ORDERS = 200
"""Orders sampled for more players; the shares still add up exactly, each order's gains do."""
_SEED = 68
"""Fixed, so that the same plan is always explained alike."""

Members = npt.NDArray[np.bool_]
Values = npt.NDArray[np.float64]


def shapley_shares(players: int, value: Callable[[Members], Values]) -> Values:
    """Return each player's Shapley value, shape (players, parts); their sum is value(all).

    ``value`` maps coalitions, shape (coalitions, players), to what each gains in each part,
    shape (coalitions, parts), less what the empty one gains.

    Source: L. S. Shapley, A Value for n-Person Games, 1953, doi:10.1515/9781400881970-018.
    """
    if players <= EXACT_UP_TO:
        return _exact(players, value)
    return _sampled(players, value)


def _exact(players: int, value: Callable[[Members], Values]) -> Values:
    codes = np.arange(2**players)
    members = (codes[:, None] >> np.arange(players)) & 1 == 1
    gains = value(members)
    size = members.sum(axis=1)
    weight_by_size = np.array(
        [factorial(s) * factorial(players - s - 1) / factorial(players) for s in range(players)]
    )
    shares = []
    for player in range(players):
        without = codes[~members[:, player]]
        added = gains[without | (1 << player)] - gains[without]
        shares.append(weight_by_size[size[without]] @ added)
    return np.array(shares)


def _sampled(players: int, value: Callable[[Members], Values]) -> Values:
    orders = np.random.default_rng(_SEED).permuted(
        np.tile(np.arange(players), (SAMPLED_ORDERS, 1)), axis=1
    )
    place = np.argsort(orders, axis=1)
    members = place[:, None, :] < np.arange(players + 1)[None, :, None]
    gains = value(members.reshape(-1, players)).reshape(SAMPLED_ORDERS, players + 1, -1)
    added = np.diff(gains, axis=1)  # by place in the order
    by_player = np.take_along_axis(added, place[:, :, None], axis=1)
    return by_player.mean(axis=0)
