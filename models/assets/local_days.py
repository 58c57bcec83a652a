"""Which local day each step of a grid belongs to."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from feature_store.time_grid import TimeGrid


def day_membership(grid: TimeGrid, zone: ZoneInfo) -> npt.NDArray[np.float64]:
    """Return 1 where a step lies on a local day and 0 elsewhere, shape (days, steps)."""
    dates = grid.clock(zone).date
    return (dates == np.unique(dates)[:, None]).astype(np.float64)


def first_day(grid: TimeGrid, zone: ZoneInfo) -> npt.NDArray[np.float64]:
    """Return 1 for the local day on which ``grid`` begins and 0 for later ones, shape (days,)."""
    return np.eye(1, np.unique(grid.clock(zone).date).size)[0]
