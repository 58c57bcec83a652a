"""Which local day each step of a grid belongs to."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from feature_store.time_grid import TimeGrid
from models.assets.job_decisions import BoolArray


def day_membership(grid: TimeGrid, zone: ZoneInfo) -> npt.NDArray[np.float64]:
    """Return 1 where a step lies on a local day and 0 elsewhere, shape (days, steps)."""
    dates = grid.clock(zone).date
    return (dates == np.unique(dates)[:, None]).astype(np.float64)


def first_day(grid: TimeGrid, zone: ZoneInfo) -> npt.NDArray[np.float64]:
    """Return 1 for the local day on which ``grid`` begins and 0 for later ones, shape (days,)."""
    return np.eye(1, np.unique(grid.clock(zone).date).size)[0]


def before_today(grid: TimeGrid, zone: ZoneInfo, *, steps: int) -> BoolArray:
    """Whether each step before ``grid`` lies on the day on which it begins, shape (steps,)."""
    dates = TimeGrid(grid.at(-steps), steps + 1).clock(zone).date
    return np.asarray(dates[:-1] == dates[-1])
