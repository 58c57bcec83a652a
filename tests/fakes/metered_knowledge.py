"""A firm's meter as known at one moment, which notes how far back it is asked for."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np

from feature_store.entities.firm import Firm
from feature_store.entities.known_weather import KnownWeather
from feature_store.entities.load_history import LoadHistory
from feature_store.entities.meter_readings import MeterReadings
from feature_store.entities.reactive_energy import ReactiveEnergy
from feature_store.entities.weather_versions import WeatherVersions
from feature_store.errors import NotEnoughReadingsError
from feature_store.time_grid import HOURS_PER_STEP, INTERVAL, STEP, TimeGrid, utc_instant
from models.tariffs.bill.metered_energy import MeteredEnergy
from tests.fakes.memory_weather import MemoryWeather


@dataclass
class MeteredKnowledge:
    """A :class:`feature_store.point_in_time.Knowledge` of one firm, without reactive energy."""

    declared: Firm
    readings: MeteredEnergy
    moment: datetime
    asked_from: list[datetime] = field(default_factory=list)
    """The earliest instant of each question."""

    def firms(self, on: datetime | None = None) -> tuple[Firm, ...]:
        """Return the firm, declared for all times."""
        del on
        return (self.declared,)

    def firm(self, firm_id: str, on: datetime | None = None) -> Firm:
        """Return the firm, whatever it is called and asked for."""
        del firm_id, on
        return self.declared

    def history(self, firm_id: str, *, days: int | None = None) -> LoadHistory:
        """Return the intervals that were over at the moment and not older than ``days``."""
        grid, kwh = self._within(days)
        return LoadHistory(
            firm_id=firm_id,
            grid=grid,
            demand_kw=kwh / HOURS_PER_STEP,
            known_at=grid.starts + np.timedelta64(INTERVAL),
        )

    def reactive_energy(self, firm_id: str, *, days: int | None = None) -> ReactiveEnergy:
        """Return that none was measured."""
        grid, kwh = self._within(days)
        nothing = np.full_like(kwh, np.nan)
        return ReactiveEnergy(
            firm_id=firm_id, grid=grid, lagging_kvarh=nothing, leading_kvarh=nothing
        )

    def meter_readings(self, firm_id: str, *, days: int | None = None) -> tuple[MeterReadings, ...]:
        """Return none: no bill asks for them."""
        del firm_id, days
        return ()

    def weather(self, place: str, start: datetime, end: datetime) -> KnownWeather:
        """Return that nothing is known: no bill asks for it."""
        return MemoryWeather().known(place, start, end, moment=self.moment)

    def weather_versions(self, place: str, start: datetime, end: datetime) -> WeatherVersions:
        """Return that nothing was told."""
        return MemoryWeather().versions(place, start, end, moment=self.moment)

    def _within(self, days: int | None) -> tuple[TimeGrid, np.ndarray]:
        starts = self.readings.grid.starts
        seen = starts + STEP <= utc_instant(self.moment)
        if days is not None:
            since = self.moment - timedelta(days=days)
            self.asked_from.append(since)
            seen &= starts >= utc_instant(since)
        steps = np.flatnonzero(seen)
        if not steps.size:
            raise NotEnoughReadingsError(f"{self.declared.firm_id}: no reading; import some")
        grid = TimeGrid(self.readings.grid.at(int(steps[0])), steps=steps.size)
        return grid, self.readings.kwh[seen]
