"""What the formulas of a bill need to know of an interval and of a peak, whoever states it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from feature_store.time_grid import TimeGrid


class PricedPeak(Protocol):
    """A price on the largest demand of some intervals."""

    @property
    def name(self) -> str:
        """What it is called: a billing month, or as it was stated."""
        ...

    @property
    def basic_krw_per_kw(self) -> float:
        """What each kW of the largest demand of ``counted_steps`` costs."""
        ...

    @property
    def excess_krw_per_kw(self) -> float:
        """What each kW above the contract power costs, in any of ``steps``."""
        ...

    @property
    def steps(self) -> npt.NDArray[np.intp]:
        """Intervals looked at for the excess."""
        ...

    @property
    def counted_steps(self) -> npt.NDArray[np.intp]:
        """Intervals whose demand is charged."""
        ...


class PricedGrid(Protocol):
    """Prices of every interval of a grid, and of its peaks."""

    @property
    def grid(self) -> TimeGrid:
        """The intervals priced."""
        ...

    @property
    def krw_per_kwh(self) -> npt.NDArray[np.float64]:
        """All that a kWh costs, shape (grid.steps,)."""
        ...

    @property
    def counted(self) -> npt.NDArray[np.bool_]:
        """Whether the interval's demand counts for any peak, shape (grid.steps,)."""
        ...

    @property
    def months(self) -> Sequence[PricedPeak]:
        """The peaks that are charged: of billing months, or as they were stated."""
        ...
