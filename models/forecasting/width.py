"""How much wider or narrower a distribution has to be than it was: learned from what came."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from feature_store.time_grid import KilowattArray
from models.forecasting.load_forecast import QUANTILES

STEP_OF_LEARNING = 0.06
"""Change of a factor's logarithm for a miss too many; a week of misses widens by seven tenths."""
KEPT = 0.995
"""Of the logarithm at each measurement: what was learned is half forgotten after 140."""
LEAST, MOST = -0.5, 0.7
"""Bounds of the logarithms: factors from 0.6 to 2."""
_MEDIAN = QUANTILES.index(0.5)
_P10, _P20, _P80, _P90 = (QUANTILES.index(level) for level in (0.1, 0.2, 0.8, 0.9))


@dataclass(frozen=True, kw_only=True)
class Width:
    """Logarithms of the factors by which quantiles stand off from the median; 0 leaves them."""

    down: float = 0.0
    """Below the median."""
    up: float = 0.0
    """Above it."""

    def applied(self, quantiles_kw: KilowattArray) -> KilowattArray:
        """Stretch rising quantiles, shape (..., len(QUANTILES)); they neither cross nor turn < 0.

        A distribution that lies below zero stays there.
        """
        median_kw = quantiles_kw[..., [_MEDIAN]]
        below = np.arange(len(QUANTILES)) < _MEDIAN
        factor = np.exp(np.where(below, self.down, self.up))
        least_kw = np.minimum(quantiles_kw[..., [0]], 0.0)
        return np.maximum(median_kw + factor * (quantiles_kw - median_kw), least_kw)

    def learned(self, quantiles_kw: KilowattArray, measured_kw: float) -> Width:
        """Return the width after one more measurement.

        A measurement beyond the outer deciles widens that side, others narrow it, so that in the
        long run about a tenth lies beyond each of the 0.1 and 0.9 quantiles (adaptive conformal
        inference, Gibbs and Candes 2021, arXiv:2106.00170).

        Args:
            quantiles_kw: The distribution as it was issued, with this width, shape
                (len(QUANTILES),).
            measured_kw: What came.
        """
        p10, p20, p80, p90 = quantiles_kw[[_P10, _P20, _P80, _P90]]
        too_low = (measured_kw < p10) - 0.1 + 0.5 * ((measured_kw < p20) - 0.2)
        too_high = (measured_kw > p90) - 0.1 + 0.5 * ((measured_kw > p80) - 0.2)
        return Width(down=_moved(self.down, too_low), up=_moved(self.up, too_high))


AS_IT_IS = Width()
"""Neither wider nor narrower."""


def _moved(logarithm: float, missed: float) -> float:
    return float(np.clip(KEPT * (logarithm + STEP_OF_LEARNING * missed), LEAST, MOST))
