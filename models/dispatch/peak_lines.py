"""What a peak will cost as straight lines that a linear problem stays above."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from feature_store.time_grid import KilowattArray
from models.dispatch.policy import PeakCost
from models.optimizer.lower_hull import lower_hull

MOST_LINES = 28
"""Room for the lines of a value kept at so many peaks, and for the months that remember a peak (at
most a year of them); fewer are filled up, so that a problem is compiled once."""


@dataclass(frozen=True, kw_only=True)
class PeakLines:
    """The cost of a peak is the highest of these lines at it; arrays of shape (MOST_LINES,)."""

    held_kw: float
    """A lower peak costs the same as this one: the month has had it, or is sure to have it."""
    krw_per_kw: KilowattArray
    """Slopes, >= 0."""
    krw_at_zero: KilowattArray

    @classmethod
    def of_cost(cls, cost: PeakCost, held_kw: float) -> Self:
        """Return the lines of a sum of charges, for peaks above ``held_kw``."""
        bend_kw = np.maximum(cost.above_kw, held_kw)
        slope = np.array([cost.krw_per_kw[cost.above_kw <= bend].sum() for bend in bend_kw])
        return cls._filled(held_kw, slope, cost.krw(bend_kw) - slope * bend_kw)

    @classmethod
    def below(cls, peak_kw: KilowattArray, value_krw: KilowattArray, held_kw: float) -> Self:
        """Return the lower convex hull, above ``held_kw``, of values kept at peaks, (peaks,).

        A value function of peaks is convex where much of the month is left and nearly so elsewhere;
        a plan needs it convex.
        """
        above = peak_kw > held_kw
        held_krw = np.interp(held_kw, peak_kw, value_krw)
        peak_kw = np.concatenate([[held_kw], peak_kw[above]])
        value_krw = np.concatenate([[held_krw], value_krw[above]])
        if len(peak_kw) == 1:
            return cls._filled(held_kw, np.zeros(1), value_krw)
        at = lower_hull(peak_kw, value_krw)
        slope = np.diff(value_krw[at]) / np.diff(peak_kw[at])
        slope = np.maximum(slope, 0.0)  # a higher peak is never cheaper; rounding may say so
        return cls._filled(held_kw, slope, value_krw[at][1:] - slope * peak_kw[at][1:])

    @classmethod
    def _filled(cls, held_kw: float, slope: KilowattArray, at_zero: KilowattArray) -> Self:
        missing = MOST_LINES - len(slope)
        return cls(
            held_kw=held_kw,
            krw_per_kw=np.pad(slope, (0, missing), mode="edge"),
            krw_at_zero=np.pad(at_zero, (0, missing), mode="edge"),
        )
