"""A firm's measured load as it was known at one moment."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import numpy.typing as npt

from feature_store.entities.place_weather import PlaceWeather
from feature_store.entities.superseded import Superseded
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
    superseded: Superseded = field(default_factory=Superseded)
    """What was known of intervals before ``known_at``, where a value is a correction."""
    weather: PlaceWeather | None = None
    """Of the firm's place, past and to come; None where no place is declared or nothing told."""

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

    @property
    def punctual(self) -> bool:
        """Whether every reading was known when its interval ended, and none was corrected."""
        late = self.known_at > self.grid.starts + STEP  # NaT compares False
        return not late.any() and not len(self.superseded.start)

    @property
    def first_known_at(self) -> Instants:
        """When each interval's first version could be read, shape (grid.steps,); NaT where none."""
        first = self.known_at.copy()
        told, earliest = np.unique(self.superseded.start, return_index=True)
        first[self._place(told)] = self.superseded.known_from[earliest]
        return first

    def as_of(self, moment: datetime) -> LoadHistory:
        """Return the same history as it was known at ``moment``.

        What was not known yet is hidden; where it is a correction, the value before it is back.
        """
        instant = utc_instant(moment)
        unknown = ~(self.known_at <= instant)  # NaT compares False
        demand_kw = np.where(unknown, np.nan, self.demand_kw)
        known_at = np.where(unknown, np.datetime64("NaT", "s"), self.known_at)
        then = self.superseded.held_at(instant)
        place = self._place(then.start)
        demand_kw[place], known_at[place] = then.demand_kw, then.known_from
        return LoadHistory(
            firm_id=self.firm_id,
            grid=self.grid,
            demand_kw=demand_kw,
            known_at=known_at,
            superseded=self.superseded.superseded_by(instant),
            weather=None if self.weather is None else self.weather.as_of(moment),
        )

    def demand_on(self, grid: TimeGrid) -> KilowattArray:
        """Demand on another grid, shape (grid.steps,); NaN outside of what is known."""
        offset = int((utc_instant(grid.start) - self.grid.starts[0]) // STEP)
        wanted = np.arange(grid.steps) + offset
        inside = (wanted >= 0) & (wanted < self.grid.steps)
        demand_kw = np.full(grid.steps, np.nan)
        demand_kw[inside] = self.demand_kw[wanted[inside]]
        return demand_kw

    def _place(self, starts: Instants) -> npt.NDArray[np.int64]:
        """Positions on the grid of the intervals that start at UTC instants."""
        return ((starts - utc_instant(self.grid.start)) // STEP).astype(np.int64)
