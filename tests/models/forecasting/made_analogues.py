"""Small sets of past days alike, and forecasts, for the tests of what is made of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from feature_store.time_grid import KilowattArray
from models.forecasting.analogue_loads import NO_DAY, AnalogueLoads
from models.forecasting.load_forecast import QUANTILES
from models.forecasting.normal_score import normal_score


def of_days(
    loads_kw: Sequence[Sequence[float]], *, weight: Sequence[float] | None = None
) -> AnalogueLoads:
    """One target day; ``loads_kw`` has a row for each past day, numbered 0, 1, 2 and on."""
    demand_kw = np.array(loads_kw, dtype=float).T
    steps, members = demand_kw.shape
    return AnalogueLoads(
        demand_kw=demand_kw,
        weight=np.tile(np.ones(members) if weight is None else np.array(weight), (steps, 1)),
        day=np.tile(np.arange(members), (steps, 1)),
    )


def in_parts(*parts: tuple[dict[int, float], int], members: int) -> AnalogueLoads:
    """Target days after one another, each of a weight by past day and a number of steps.

    A past day's load is its number at every step.
    """
    demand_kw, weight, number = [], [], []
    for weights, steps in parts:
        days = [*weights, *[NO_DAY] * (members - len(weights))]
        row = [*weights.values(), *[0.0] * (members - len(weights))]
        demand_kw += [[float(day) for day in days]] * steps
        weight += [row] * steps
        number += [days] * steps
    return AnalogueLoads(
        demand_kw=np.array(demand_kw), weight=np.array(weight), day=np.array(number)
    )


def bell_kw(middle_kw: Sequence[float] | KilowattArray, spread_kw: float) -> KilowattArray:
    """Quantiles of a bell curve around each step's middle, shape (steps, len(QUANTILES))."""
    return np.asarray(middle_kw, dtype=float)[:, None] + spread_kw * normal_score(
        np.array(QUANTILES)
    )
