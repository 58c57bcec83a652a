"""Counts of how many loads lay at or below each forecast quantile."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from feature_store.time_grid import KilowattArray
from models.forecasting.load_forecast import QUANTILES


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """How often the load lay at or below each quantile; the level itself is right."""

    below: KilowattArray
    """Loads at or below each quantile, shape (len(QUANTILES),)."""
    count: int
    """Loads in all."""

    @property
    def share_below(self) -> KilowattArray:
        """Share of the loads at or below each quantile; NaN of none."""
        return self.below / (self.count or np.nan)

    @classmethod
    def of(cls, actual_kw: KilowattArray, demand_kw: KilowattArray) -> Calibration:
        """Count the measured loads, shape (...,), against quantiles, (..., len(QUANTILES))."""
        measured = np.isfinite(actual_kw)
        at_or_below = actual_kw[measured][:, None] <= demand_kw[measured]
        return cls(below=at_or_below.sum(axis=0).astype(np.float64), count=int(measured.sum()))

    @classmethod
    def pooled(cls, parts: Iterable[Calibration]) -> Calibration:
        """All loads of several together."""
        each = list(parts)
        return cls(
            below=sum((one.below for one in each), np.zeros(len(QUANTILES))),
            count=sum(one.count for one in each),
        )
