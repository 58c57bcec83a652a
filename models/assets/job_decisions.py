"""When a job runs: as the problem decides it, and as powers show it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import cvxpy as cp
import numpy as np
import numpy.typing as npt

from feature_store.time_grid import KilowattArray, TimeGrid

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class JobDecisions:
    """A job's decisions as relations between jobs need them; expressions of shape (steps,).

    The sums of start decisions in ``begun`` and ``over`` make precedence as tight as it can be;
    a job that is not decided by its starts leaves both empty.
    """

    running: cp.Expression
    """1 while it runs, else 0."""
    begun: tuple[cp.Expression, ...] = ()
    """For each run of a day: 1 from its start until the local day ends."""
    over: tuple[cp.Expression, ...] = ()
    """For each run of a day: 1 from its end on, and all day if the day has no such run."""


@dataclass(frozen=True, kw_only=True)
class UsualRun:
    """Where a job usually lies on one of its days, in quarter hours since local midnight."""

    start: int
    end: int


@runtime_checkable
class Job(Protocol):
    """What relations between jobs ask of a piece of equipment, besides being an asset."""

    @property
    def weekdays(self) -> tuple[int, ...]:
        """Weekdays on which it runs, Monday 0."""
        ...

    @property
    def usual_runs(self) -> tuple[UsualRun, ...]:
        """Where its runs usually lie on such a day, in order."""
        ...

    def running(self, power_kw: KilowattArray, grid: TimeGrid) -> BoolArray:
        """Return in which steps it runs by ``power_kw``, shape (steps,); without the solver."""
        ...
