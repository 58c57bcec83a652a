"""Jobs stay where they usually are: what is done where nobody places them."""

from __future__ import annotations

import numpy as np

from feature_store.time_grid import KilowattArray
from models.dispatch.policy import Month, Morning


def usual_places_kw(month: Month, morning: Morning) -> KilowattArray:
    """Return a day's runs at their usual places, shape (jobs, steps of the day)."""
    if month.flexible is None:
        return np.zeros((0, morning.steps))
    return month.flexible.over(morning.step, morning.steps).usual_kw()
