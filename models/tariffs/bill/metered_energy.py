"""What a meter counted in each interval: the input of a bill."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from feature_store.entities.load_history import LoadHistory
from feature_store.entities.reactive_energy import ReactiveEnergy
from feature_store.time_grid import HOURS_PER_STEP, STEP, KilowattArray, TimeGrid, utc_instant
from models.tariffs.bill.errors import NegativeReadingError

Quantities = npt.NDArray[np.float64]
"""kWh or kvarh of each interval, shape (grid.steps,); NaN is missing, never zero."""


@dataclass(frozen=True, kw_only=True)
class MeteredEnergy:
    """Energy drawn, and reactive energy where the meter counts it, on a grid."""

    grid: TimeGrid
    zone: ZoneInfo
    """Where the days and billing months begin."""
    kwh: Quantities
    lagging_kvarh: Quantities | None = None
    """지상무효전력량; None without a reactive meter."""
    leading_kvarh: Quantities | None = None
    """진상무효전력량; None without a reactive meter."""

    def __post_init__(self) -> None:
        """Refuse what lies off the grid, is negative or infinite."""
        for name in ("kwh", "lagging_kvarh", "leading_kvarh"):
            counted = getattr(self, name)
            if counted is not None:
                self._check(name, counted)

    def _check(self, name: str, counted: Quantities) -> None:
        if counted.shape != (self.grid.steps,):
            raise ValueError(f"{name} has shape {counted.shape}, the grid {self.grid.steps} steps")
        wrong = np.flatnonzero((counted < 0) | np.isinf(counted))
        if wrong.size:
            moment = self.grid.at(int(wrong[0])).astimezone(self.zone)
            raise NegativeReadingError(
                f"{name} of {moment.isoformat()} is {counted[wrong[0]]:g} "
                f"({wrong.size} such readings); a meter counts upwards, so correct the reading or "
                "leave it out"
            )

    @property
    def demand_kw(self) -> KilowattArray:
        """Mean demand of each interval, shape (grid.steps,); NaN where missing."""
        return self.kwh / HOURS_PER_STEP

    def on(self, grid: TimeGrid) -> MeteredEnergy:
        """Return the same readings on another grid, missing where there were none."""
        offset = int((utc_instant(grid.start) - utc_instant(self.grid.start)) // STEP)
        return MeteredEnergy(
            grid=grid,
            zone=self.zone,
            kwh=_shifted(self.kwh, offset, grid.steps),
            lagging_kvarh=_shifted_if_any(self.lagging_kvarh, offset, grid.steps),
            leading_kvarh=_shifted_if_any(self.leading_kvarh, offset, grid.steps),
        )


def metered_energy(
    history: LoadHistory, reactive: ReactiveEnergy | None, zone: ZoneInfo
) -> MeteredEnergy:
    """Return what is known of a firm's meter; ``reactive`` is of the same firm and grid."""
    if reactive is not None and (reactive.firm_id, reactive.grid) != (
        history.firm_id,
        history.grid,
    ):
        raise ValueError(f"reactive energy of {reactive.firm_id} lies on another grid or firm")
    told = reactive if reactive is not None and reactive.measured else None
    return MeteredEnergy(
        grid=history.grid,
        zone=zone,
        kwh=history.demand_kw * HOURS_PER_STEP,
        lagging_kvarh=None if told is None else told.lagging_kvarh,
        leading_kvarh=None if told is None else told.leading_kvarh,
    )


def _shifted(counted: Quantities, offset: int, steps: int) -> Quantities:
    shifted = np.full(steps, np.nan)
    first, end = max(offset, 0), min(offset + steps, counted.size)
    if first < end:
        shifted[first - offset : end - offset] = counted[first:end]
    return shifted


def _shifted_if_any(counted: Quantities | None, offset: int, steps: int) -> Quantities | None:
    return None if counted is None else _shifted(counted, offset, steps)
