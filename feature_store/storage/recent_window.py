"""The recent readings as columns in memory, beside the ledger: the same answers, much sooner.

A copy and nothing more: it is filled from the ledger firm by firm when first asked, and what was
imported since is added before each answer. Losing it costs time alone.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import polars as pl

from feature_store.entities.firm import Firm
from feature_store.entities.known_weather import KnownWeather
from feature_store.entities.load_history import LoadHistory
from feature_store.entities.meter_readings import MeterReadings
from feature_store.entities.reactive_energy import ReactiveEnergy
from feature_store.entities.weather_versions import WeatherVersions
from feature_store.errors import UnknownFirmError
from feature_store.point_in_time import Knowledge, Store
from feature_store.time_grid import (
    HOURS_PER_STEP,
    STEP,
    KilowattArray,
    TimeGrid,
    floor_to_step,
    utc_instant,
)

WINDOW = timedelta(days=100)
"""Longest look back that is answered from memory: what the features need, and a fortnight for
meters that fell silent. Longer ones are passed on to the store."""
SPARE = timedelta(days=10)
"""Held beyond that, so that looking at yesterday does not read everything again."""
HELD_AT_MOST = timedelta(days=365)
"""A window that has grown longer is read again, shorter: a year's rows take a megabyte."""
FIRMS_AT_MOST = 4000
"""Firms held at once. A fresh window takes a quarter of a megabyte, so all take one gigabyte."""
_STEP_S = int(STEP.astype(np.int64))

Seconds = npt.NDArray[np.int64]


class RecordedKnowledge(Knowledge, Protocol):
    """Knowledge that can also tell whether a firm's load is that of one meter."""

    def only_meter(self, firm_id: str) -> str | None:
        """Return the meter that is the firm's whole load at all times, None if there is no one."""
        ...


class RecordingStore(Store, Protocol):
    """A store that can also tell what was recorded, and what since."""

    def as_of(self, moment: datetime) -> RecordedKnowledge:
        """Return what was known at ``moment``."""
        ...

    def last_import_id(self) -> int:
        """Return the id of the import stored last, 0 if there is none.

        Imports become visible in the order of their ids: none may appear below this one later.
        """
        ...

    def versions(self, meter_id: str, *, since: datetime, after_import: int) -> pl.DataFrame:
        """Return the versions of a meter's energy that imports after ``after_import`` stored.

        Columns ``period_start``, ``known_at`` (UTC epoch seconds) and ``kwh``, one row a version,
        only of periods that start at or after ``since``.
        """
        ...


@dataclass(frozen=True)
class WindowedStore:
    """A :class:`feature_store.point_in_time.Store` that answers recent histories from memory.

    Threads may share it. What it answers for any moment equals what ``store`` answers. Firms of
    several meters are passed on to the store.
    """

    store: RecordingStore
    _windows: dict[str, _Window] = field(default_factory=dict, repr=False)
    _filling: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def as_of(self, moment: datetime) -> WindowedKnowledge:
        """Return what was known at ``moment``, of what has been imported by now."""
        return WindowedKnowledge(
            known=self.store.as_of(moment), windows=self, up_to_import=self.store.last_import_id()
        )

    def forget(self) -> None:
        """Drop everything held; it is read again when asked for."""
        with self._filling:
            self._windows.clear()

    def window(self, meter_id: str, moment: datetime, *, up_to_import: int) -> _Window:
        """Return a meter's readings of the ``WINDOW`` before ``moment``, filled from the store."""
        since = _epoch_s(floor_to_step(moment - WINDOW))
        with self._filling:
            window = self._windows.pop(meter_id, None)
            if window is None or not 0 <= since - window.since <= HELD_AT_MOST.total_seconds():
                window = self._read(meter_id, since - int(SPARE.total_seconds()))
            elif window.up_to_import < up_to_import:
                window = window.with_news(self._news(meter_id, window), up_to_import)
            self._windows[meter_id] = window  # the newest last: the first is the one asked least
            while len(self._windows) > FIRMS_AT_MOST:
                del self._windows[next(iter(self._windows))]
            return window

    def _read(self, meter_id: str, since: int) -> _Window:
        up_to_import = self.store.last_import_id()  # before the rows: what comes meanwhile is news
        nothing = np.empty(0, dtype=np.int64)
        empty = _Window(
            since=since, up_to_import=0, start=nothing, known_at=nothing, demand_kw=np.empty(0)
        )
        return empty.with_news(self._news(meter_id, empty), up_to_import)

    def _news(self, meter_id: str, window: _Window) -> pl.DataFrame:
        return self.store.versions(
            meter_id,
            since=datetime.fromtimestamp(window.since, UTC),
            after_import=window.up_to_import,
        )


@dataclass(frozen=True, kw_only=True)
class WindowedKnowledge:
    """A :class:`feature_store.point_in_time.Knowledge` with its recent histories from memory."""

    known: RecordedKnowledge
    windows: WindowedStore
    up_to_import: int
    _declared: dict[str, Firm | None] = field(default_factory=dict, repr=False)
    """Firms looked up, None where none is declared."""

    @property
    def moment(self) -> datetime:
        """The moment that this knowledge is of."""
        return self.known.moment

    def firms(self, on: datetime | None = None) -> tuple[Firm, ...]:
        """Return the firms declared by then for the time ``on`` (default: then), by id."""
        firms = self.known.firms(on)
        if on is None:
            self._declared.update({firm.firm_id: firm for firm in firms})
        return firms

    def firm(self, firm_id: str, on: datetime | None = None) -> Firm:
        """Return one firm as declared for ``on``; if it is not, an :class:`UnknownFirmError`."""
        told = self._firm(firm_id) if on is None else None
        return told or self.known.firm(firm_id, on)

    def history(self, firm_id: str, *, days: int | None = None) -> LoadHistory:
        """Return the load known by then, from its first reading or the last ``days`` days."""
        if days is None or timedelta(days=days) > WINDOW:
            return self.known.history(firm_id, days=days)
        meter_id = self.known.only_meter(firm_id)
        if meter_id is None:
            return self.known.history(firm_id, days=days)
        since = _epoch_s(floor_to_step(self.moment - timedelta(days=days)))
        window = self.windows.window(meter_id, self.moment, up_to_import=self.up_to_import)
        start, known_at, demand_kw = window.known(_epoch_s(self.moment), since)
        if not len(start):
            return self.known.history(firm_id, days=days)  # which says what is missing
        firm = self._firm(firm_id)
        zone = ZoneInfo("UTC") if firm is None else firm.zone
        grid = TimeGrid(
            datetime.fromtimestamp(int(start[0]), UTC).astimezone(zone),
            steps=int(start[-1] - start[0]) // _STEP_S + 1,
        )
        if grid.steps > len(start):
            place = (start - start[0]) // _STEP_S
            gapless_kw = np.full(grid.steps, np.nan)
            gapless_kw[place] = demand_kw
            gapless_known_at = np.full(grid.steps, np.datetime64("NaT").astype(np.int64))
            gapless_known_at[place] = known_at
            demand_kw, known_at = gapless_kw, gapless_known_at
        return LoadHistory(
            firm_id=firm_id, grid=grid, demand_kw=demand_kw, known_at=known_at.view("datetime64[s]")
        )

    def reactive_energy(self, firm_id: str, *, days: int | None = None) -> ReactiveEnergy:
        """Return the reactive energy known by then: bills ask for it, and can wait for it."""
        return self.known.reactive_energy(firm_id, days=days)

    def meter_readings(self, firm_id: str, *, days: int | None = None) -> tuple[MeterReadings, ...]:
        """Return what each meter of the firm told, from the store."""
        return self.known.meter_readings(firm_id, days=days)

    def weather(self, place: str, start: datetime, end: datetime) -> KnownWeather:
        """Return what was known of a place's hours, from the store."""
        return self.known.weather(place, start, end)

    def weather_versions(self, place: str, start: datetime, end: datetime) -> WeatherVersions:
        """Return everything told of a place's hours, from the store."""
        return self.known.weather_versions(place, start, end)

    def _firm(self, firm_id: str) -> Firm | None:
        if firm_id not in self._declared:
            try:
                self._declared[firm_id] = self.known.firm(firm_id)
            except UnknownFirmError:
                self._declared[firm_id] = None
        return self._declared[firm_id]


@dataclass(frozen=True, kw_only=True)
class _Window:
    """Every version of one meter's readings from ``since`` on, by period and then ``known_at``."""

    since: int
    up_to_import: int
    start: Seconds
    known_at: Seconds
    demand_kw: KilowattArray
    corrected: bool = False
    """Whether some period has several versions."""

    def with_news(self, news: pl.DataFrame, up_to_import: int) -> _Window:
        """Add versions; one that tells no other load than the one before it is left out."""
        held = pl.DataFrame(
            {
                "period_start": self.start,
                "known_at": self.known_at,
                "demand_kw": self.demand_kw,
            }
        )
        told = news.select("period_start", "known_at", demand_kw=pl.col("kwh") / HOURS_PER_STEP)
        versions = (
            pl.concat([held, told])
            .unique(["period_start", "known_at"], keep="last", maintain_order=True)
            .sort("period_start", "known_at")
        )
        repeated = (pl.col("period_start") == pl.col("period_start").shift(1)) & (
            pl.col("demand_kw") == pl.col("demand_kw").shift(1)
        )
        versions = versions.filter(~repeated.fill_null(value=False))
        start, known_at, demand_kw = (versions[name].to_numpy().copy() for name in versions.columns)
        for column in (start, known_at, demand_kw):
            column.setflags(write=False)  # histories are views of them
        return _Window(
            since=self.since,
            up_to_import=up_to_import,
            start=start,
            known_at=known_at,
            demand_kw=demand_kw,
            corrected=bool((start[1:] == start[:-1]).any()),
        )

    def known(self, moment: int, since: int) -> tuple[Seconds, Seconds, KilowattArray]:
        """Start, belief time and demand of each period from ``since`` on as known at ``moment``."""
        first = int(np.searchsorted(self.start, since))
        start, known_at = self.start[first:], self.known_at[first:]
        demand_kw = self.demand_kw[first:]
        keep = known_at <= moment
        if not keep.all():
            start, known_at, demand_kw = start[keep], known_at[keep], demand_kw[keep]
        if self.corrected and len(start):
            latest = np.append(start[1:] != start[:-1], True)
            start, known_at, demand_kw = start[latest], known_at[latest], demand_kw[latest]
        return start, known_at, demand_kw


def _epoch_s(moment: datetime) -> int:
    return int(utc_instant(moment).astype(np.int64))
