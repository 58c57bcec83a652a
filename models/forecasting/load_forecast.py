"""A forecast: quantiles of the demand of each interval to come, as issued at one moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from feature_store.time_grid import KilowattArray, TimeGrid

QUANTILES = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
"""Probability levels that every forecaster answers."""


def quantile_key(level: float) -> str:
    """Name of a level in columns and JSON.

    Example:
        >>> [quantile_key(level) for level in (0.05, 0.5)]
        ['q0.05', 'q0.5']
    """
    return f"q{level:g}"


@dataclass(frozen=True, kw_only=True)
class LoadForecast:
    """Quantiles of demand over a grid that starts at the issue time; they never cross."""

    firm_id: str
    issue_time: datetime
    grid: TimeGrid
    demand_kw: KilowattArray
    """Quantiles in the order of ``QUANTILES``, shape (grid.steps, len(QUANTILES))."""
    model_version: str
    """What made it, e.g. ``load-forecaster/3``."""

    def __post_init__(self) -> None:
        """Refuse a wrong shape, NaN and crossing quantiles."""
        expected = (self.grid.steps, len(QUANTILES))
        if self.demand_kw.shape != expected:
            raise ValueError(f"demand_kw has shape {self.demand_kw.shape}, expected {expected}")
        if not np.isfinite(self.demand_kw).all() or (np.diff(self.demand_kw, axis=1) < 0).any():
            raise ValueError(f"{self.firm_id}: quantiles must be finite and must not cross")

    def quantile(self, level: float) -> KilowattArray:
        """Demand of one probability level, shape (grid.steps,)."""
        return self.demand_kw[:, QUANTILES.index(level)]

    @property
    def median_kw(self) -> KilowattArray:
        """The central path, shape (grid.steps,)."""
        return self.quantile(0.5)
