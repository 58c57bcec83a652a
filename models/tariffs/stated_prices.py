"""Prices that somebody states interval by interval, instead of a table of KEPCO's."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from feature_store.time_grid import TimeGrid
from models.tariffs.grid_prices import Steps


@dataclass(frozen=True, kw_only=True)
class StatedPeak:
    """A price on the largest demand of some intervals; several may look at the same ones."""

    name: str
    basic_krw_per_kw: float
    """What each kW costs; what is billed whatever happens is stated beside the prices."""
    counted_steps: Steps
    """The intervals whose demand is charged."""
    excess_krw_per_kw: float = 0.0
    """What each kW above the contract power costs."""

    @property
    def steps(self) -> Steps:
        """The intervals looked at for the excess: the same."""
        return self.counted_steps


@dataclass(frozen=True, kw_only=True)
class StatedPrices:
    """Prices of one grid, a :class:`models.tariffs.priced_grid.PricedGrid`."""

    grid: TimeGrid
    krw_per_kwh: npt.NDArray[np.float64]
    """All that a kWh costs, shape (grid.steps,)."""
    months: tuple[StatedPeak, ...]
    """The peaks that are charged."""

    @property
    def counted(self) -> npt.NDArray[np.bool_]:
        """Whether the interval's demand counts for a peak that costs something."""
        counted = np.zeros(self.grid.steps, dtype=np.bool_)
        for peak in self.months:
            if peak.basic_krw_per_kw > 0:
                counted[peak.counted_steps] = True
        return counted
