"""A forecast: quantiles of the demand of each interval to come, as issued at one moment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

import numpy as np

from feature_store.time_grid import KilowattArray, TimeGrid

QUANTILES = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
"""Probability levels that every forecaster answers."""

Quality = Literal["full", "reduced", "fallback", "cold_start"]
"""How much a forecast may be trusted, the best first: a model on all that it should know; a model
that lacked something; the firm's own alike days, without a model; hardly anything known yet."""
QUALITIES: tuple[Quality, ...] = get_args(Quality)
MADE_BY_MODEL: tuple[Quality, ...] = ("full", "reduced")
"""Those of forecasts that a model made."""

QualityReason = Literal[
    "no_model",
    "model_of_other_features",
    "model_failed",
    "no_history",
    "short_history",
    "readings_missing",
    "stuck_meter",
    "level_shift",
    "weather_missing",
    "planned_outage",
]
"""Why a forecast is less than full, in the order in which they are told."""
QUALITY_REASONS: tuple[QualityReason, ...] = get_args(QualityReason)


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
    quality: Quality = "full"
    reasons: tuple[QualityReason, ...] = ()
    """Why it is not full; empty if it is."""

    def __post_init__(self) -> None:
        """Refuse a wrong shape, NaN, crossing quantiles and a flag that gives no reason."""
        expected = (self.grid.steps, len(QUANTILES))
        if self.demand_kw.shape != expected:
            raise ValueError(f"demand_kw has shape {self.demand_kw.shape}, expected {expected}")
        if not np.isfinite(self.demand_kw).all() or (np.diff(self.demand_kw, axis=1) < 0).any():
            raise ValueError(f"{self.firm_id}: quantiles must be finite and must not cross")
        if (self.quality == "full") != (not self.reasons):
            raise ValueError(
                f"{self.firm_id}: a forecast of quality {self.quality} has reasons {self.reasons}"
            )

    def quantile(self, level: float) -> KilowattArray:
        """Demand of one probability level, shape (grid.steps,)."""
        return self.demand_kw[:, QUANTILES.index(level)]

    @property
    def median_kw(self) -> KilowattArray:
        """The central path, shape (grid.steps,)."""
        return self.quantile(0.5)


def worst(qualities: Iterable[Quality]) -> Quality:
    """Return the least of several qualities, ``full`` of none.

    Example:
        >>> worst(["reduced", "cold_start", "full"])
        'cold_start'
    """
    return max(qualities, key=QUALITIES.index, default="full")


def in_order(reasons: Iterable[QualityReason]) -> tuple[QualityReason, ...]:
    """Return reasons once each, in the order in which they are told."""
    return tuple(sorted(set(reasons), key=QUALITY_REASONS.index))
