"""What every way of running the equipment must answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from feature_store.time_grid import KilowattArray
from models.dispatch.known_load import KnownLoad
from models.dispatch.storage_value import DayPrices
from models.dispatch.store import Store


@dataclass(frozen=True, kw_only=True)
class PeakCost:
    """What a month's counted peak costs, in it and in those that will remember it.

    A sum of charges, each of which pays for what exceeds its own threshold; arrays of shape
    (charges,).
    """

    krw_per_kw: npt.NDArray[np.float64]
    above_kw: npt.NDArray[np.float64]
    """Billed anyway."""

    def krw(self, peak_kw: npt.NDArray[np.float64] | float) -> npt.NDArray[np.float64]:
        """Return the cost of peaks, any shape."""
        over_kw = np.maximum(np.asarray(peak_kw)[..., None] - self.above_kw, 0.0)
        return over_kw @ self.krw_per_kw


@dataclass(frozen=True, kw_only=True)
class Month:
    """A billing month to be lived: all of it that is known before it begins."""

    name: str
    first: int
    """Position of its first interval."""
    prices: DayPrices
    """Of its intervals."""
    store: Store
    peak_cost: PeakCost

    @property
    def steps(self) -> int:
        """Number of its intervals."""
        return len(self.prices.krw_per_kwh)


@dataclass(frozen=True, kw_only=True)
class Now:
    """An interval that is being run, as its controller sees it."""

    step: int
    """Within the month."""
    load_kw: float
    """Mean load of the running interval: the battery follows the meter within seconds, so its
    power is decided while the load is seen."""
    soc_kwh: float
    """At its start."""
    peak_kw: float
    """The month's counted peak so far; 0 before the first counted interval."""


class Dispatcher(Protocol):
    """One month's decisions, interval by interval."""

    def power_kw(self, now: Now) -> float:
        """Return the battery's power; what it cannot reach is held back by the battery itself."""
        ...


class Policy(Protocol):
    """From what is known to what the equipment does."""

    @property
    def name(self) -> str:
        """Name in reports and commands."""
        ...

    @property
    def reads_forecasts(self) -> bool:
        """Whether it looks at forecasts: they take longer to make than a month to live."""
        ...

    def start(self, month: Month, known: KnownLoad) -> Dispatcher:
        """Begin a month. Only what was known at each interval may reach the power of it."""
        ...


@dataclass(frozen=True, kw_only=True)
class LivedMonth:
    """What became of a month."""

    policy: str
    month: str
    power_kw: KilowattArray
    """Of the battery, shape (steps,)."""
    soc_kwh: KilowattArray
    """At the start of each interval and at the end, shape (steps + 1,)."""
    load_kw: KilowattArray
    """Without the battery, shape (steps,)."""
    energy_krw: float
    """Energy drawn, with the charge missing at the end bought."""
    peak_krw: float
    wear_krw: float
    peak_kw: float
    """Highest counted demand."""

    @property
    def bill_krw(self) -> float:
        """All of it."""
        return self.energy_krw + self.peak_krw + self.wear_krw

    @property
    def import_kw(self) -> KilowattArray:
        """Drawn from the grid, shape (steps,)."""
        return self.load_kw + self.power_kw
