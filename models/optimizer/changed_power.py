"""One piece of equipment's power, planned and usual, and where they differ."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from feature_store.time_grid import KilowattArray, TimeGrid
from models.assets.asset import TOLERANCE_KW
from models.assets.job_decisions import BoolArray


@dataclass(frozen=True, kw_only=True)
class ChangedPower:
    """What is drawn by the plan and if nothing is changed; arrays of shape (steps,)."""

    grid: TimeGrid
    usual_kw: KilowattArray
    planned_kw: KilowattArray

    @property
    def more(self) -> BoolArray:
        """Where the plan draws more, or feeds less."""
        return self.planned_kw > self.usual_kw + TOLERANCE_KW

    @property
    def less(self) -> BoolArray:
        """Where the plan draws less, or feeds more."""
        return self.planned_kw < self.usual_kw - TOLERANCE_KW

    @property
    def changed(self) -> BoolArray:
        """Where the plan does otherwise."""
        return self.more | self.less


def at_least(values: KilowattArray, limit: float | KilowattArray) -> BoolArray:
    """Return which values, kW or kWh, reach a limit from below."""
    return values >= limit - TOLERANCE_KW


def at_most(values: KilowattArray, limit: float | KilowattArray) -> BoolArray:
    """Return which values, kW or kWh, reach a limit from above."""
    return values <= limit + TOLERANCE_KW


def stretches(on: BoolArray) -> list[tuple[int, int]]:
    """Return first step and end of each unbroken stretch, in order."""
    edges = np.flatnonzero(np.diff(on.astype(np.int8), prepend=0, append=0))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))
