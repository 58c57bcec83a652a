"""What a firm draws while its supply is off as planned: hardly anything, whatever the model says.

A rule and no forecast: outages are too rare for a model to learn them.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from feature_store.time_grid import STEPS_PER_WEEK, KilowattArray
from models.forecasting.load_forecast import QUANTILES

STANDBY_SHARE = 0.1
"""Share of the readings, the lowest ones, that stand for standby: a plant that never stops at night
still rests that long in four weeks, on its Sundays."""
STANDBY_STEPS = 4 * STEPS_PER_WEEK
"""Newest readings that are looked at, as many as a firm's level is the mean of."""


def standing_by(
    demand_kw: KilowattArray, off: npt.NDArray[np.bool_], known_kw: KilowattArray
) -> KilowattArray:
    """Return a forecast that goes to standby where the supply is off.

    It never rises by that, and nothing is fed in: panels stop with the grid that they feed.

    Args:
        demand_kw: Quantiles, shape (steps, len(QUANTILES)).
        off: Of each step.
        known_kw: Readings in the order of time, NaN where unknown. Of none, the lowest quantile
            stands for standby.
    """
    newest_kw = known_kw[-STANDBY_STEPS:]
    newest_kw = np.sort(newest_kw[np.isfinite(newest_kw)])
    if newest_kw.size:
        lowest_kw = newest_kw[: max(round(STANDBY_SHARE * newest_kw.size), 1)]
        standby_kw = np.quantile(lowest_kw, QUANTILES)[None, :]
    else:
        standby_kw = demand_kw[:, :1]
    lowered_kw = np.minimum(np.maximum(demand_kw, 0.0), np.maximum(standby_kw, 0.0))
    return np.where(off[:, None], lowered_kw, demand_kw)
