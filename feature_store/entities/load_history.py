"""A firm's measured load as it was known at one moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from feature_store.errors import NotEnoughReadingsError
from feature_store.time_grid import STEP, Instants, KilowattArray, TimeGrid, utc_instant


@dataclass(frozen=True, kw_only=True)
class LoadHistory:
    """Measured demand on a gapless grid; what is not known is NaN, never zero."""

    firm_id: str
    grid: TimeGrid
    demand_kw: KilowattArray
    """Mean demand of each interval, shape (grid.steps,); NaN where no reading is known."""
    known_at: Instants
    """When each value could first be read, shape (grid.steps,); NaT where there is none."""

    def __post_init__(self) -> None:
        """Refuse arrays that do not lie on the grid."""
        expected = (self.grid.steps,)
        if self.demand_kw.shape != expected or self.known_at.shape != expected:
            raise ValueError(
                f"{self.firm_id}: demand_kw {self.demand_kw.shape} and known_at "
                f"{self.known_at.shape} must both have shape {expected}"
            )

    @property
    def end(self) -> datetime:
        """The instant just after the last measured interval: where a forecast can start."""
        measured = np.flatnonzero(np.isfinite(self.demand_kw))
        if not measured.size:
            raise NotEnoughReadingsError(
                f"{self.firm_id}: no reading is known; import some with 'sandan readings import'"
            )
        return self.grid.at(int(measured[-1]) + 1)

    def as_of(self, moment: datetime) -> LoadHistory:
        """Return the same history with everything hidden that was not known at ``moment``."""
        instant = utc_instant(moment)
        unknown = ~(self.known_at <= instant)  # NaT compares False
        return LoadHistory(
            firm_id=self.firm_id,
            grid=self.grid,
            demand_kw=np.where(unknown, np.nan, self.demand_kw),
            known_at=np.where(unknown, np.datetime64("NaT", "s"), self.known_at),
        )

    def demand_on(self, grid: TimeGrid) -> KilowattArray:
        """Demand on another grid, shape (grid.steps,); NaN outside of what is known."""
        offset = int((utc_instant(grid.start) - self.grid.starts[0]) // STEP)
        wanted = np.arange(grid.steps) + offset
        inside = (wanted >= 0) & (wanted < self.grid.steps)
        demand_kw = np.full(grid.steps, np.nan)
        demand_kw[inside] = self.demand_kw[wanted[inside]]
        return demand_kw
