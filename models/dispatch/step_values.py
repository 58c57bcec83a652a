"""What charge and peak are worth after each interval of a day, whatever its load turns out to be.

The dynamic program values every state of the load. A plan that ends within a day knows none of
them: here they are weighed by how likely each is.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models.dispatch.day_view import DayView
from models.dispatch.days_left import DaysLeft
from models.dispatch.load_chain import LoadChain, start_of_day
from models.dispatch.storage_value import Values, day_value


def day_views(left: DaysLeft, day: int) -> list[DayView]:
    """Return what a day that begins may be, as past days of its kind, in each level of the month.

    Args:
        left: The month's days, valued on ``day`` or before.
        day: Of the month.
    """
    chain, positions = left.chain(day, seen_from=day), left.days[day]
    prices, month = left.prices(positions), left.month
    views = []
    for level, end_krw in left.ends(day):
        at_level = left.with_runs(chain.at_level(level.factor), int(positions[0]))
        value = day_value(end_krw, at_level, prices, month.store, left.grid)
        views.append(
            DayView(
                probability=level.probability,
                chain=at_level,
                after_krw=value.after_krw,
                first=int(positions[0]) - month.first,
            )
        )
    return views


def step_values(left: DaysLeft, day: int, *, seen_from: int) -> Values:
    """Return the expected cost after each interval of a day, shape (steps, socs, peaks).

    Args:
        left: The month's days, valued on ``seen_from`` or before.
        day: Of the month.
        seen_from: The day when it began that past days are learnt from.
    """
    chain = left.chain(day, seen_from=seen_from)
    positions = left.days[day]
    prices = left.prices(positions)
    weight = state_weights(chain)
    values = np.zeros((len(weight), len(left.grid.soc_kwh), len(left.grid.peak_kw)))
    for level, end_krw in left.ends(day):
        at_level = left.with_runs(chain.at_level(level.factor), int(positions[0]))
        after_krw = day_value(end_krw, at_level, prices, left.month.store, left.grid).after_krw
        values += level.probability * np.einsum("ts,tsij->tij", weight, after_krw)
    return values


def state_weights(chain: LoadChain) -> npt.NDArray[np.float64]:
    """Return how likely each state is in each interval, before the day begins, (steps, states)."""
    weight = np.empty(chain.moves.shape[:2])
    weight[0] = start_of_day()
    for step in range(1, len(weight)):
        weight[step] = weight[step - 1] @ chain.moves[step - 1]
    return weight
