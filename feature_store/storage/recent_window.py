"""The recent readings as columns in memory, beside the ledger: the same answers, much sooner.

A copy and nothing more: it is filled from the ledger meter by meter when first asked, and what was
imported since is added before each answer, for all meters held by one query. Losing it costs time
alone. A database restored from a backup is another ledger: whoever holds a copy starts anew.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property

from feature_store.entities.firm import Firm
from feature_store.entities.known_weather import KnownWeather
from feature_store.entities.load_history import LoadHistory
from feature_store.entities.meter_readings import MeterReadings
from feature_store.entities.place_weather import PlaceWeather, weather_known
from feature_store.entities.reactive_energy import ReactiveEnergy
from feature_store.entities.weather_versions import WeatherVersions
from feature_store.point_in_time import Knowledge
from feature_store.storage.declarations import Span
from feature_store.storage.held_declarations import HeldDeclarations
from feature_store.storage.held_windows import SPARE, WINDOW, HeldWindows, RecordingStore
from feature_store.storage.meter_sum import sum_of_meters
from feature_store.storage.moments import epoch_seconds
from feature_store.time_grid import floor_to_step

SHORT_LOOK = timedelta(days=7)
"""Longest look back that does not fill a window: the store reads a week sooner than 110 days."""


@dataclass(frozen=True)
class WindowedStore:
    """A :class:`feature_store.point_in_time.Store` that answers recent histories from memory.

    Threads may share it. What it answers for any moment equals what ``store`` answers.
    """

    store: RecordingStore
    held: HeldWindows = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Begin with nothing held."""
        object.__setattr__(self, "held", HeldWindows(self.store))

    def as_of(self, moment: datetime) -> WindowedKnowledge:
        """Return what was known at ``moment``, of what has been imported by now."""
        return WindowedKnowledge(
            known=self.store.as_of(moment),
            held=self.held,
            declarations=self.held.caught_up(),
            seen=self.held.seen,
        )

    def forget(self) -> None:
        """Drop everything held; it is read again when asked for."""
        self.held.forget()


@dataclass(frozen=True, kw_only=True)
class WindowedKnowledge:
    """A :class:`feature_store.point_in_time.Knowledge` with its recent histories from memory."""

    known: Knowledge
    held: HeldWindows
    declarations: HeldDeclarations
    seen: Hashable
    """What names the imports that were read when this was asked for."""

    @property
    def moment(self) -> datetime:
        """The moment that this knowledge is of."""
        return self.known.moment

    def firms(self, on: datetime | None = None) -> tuple[Firm, ...]:
        """Return the firms declared by then for the time ``on`` (default: then), by id."""
        return self.declarations.firms(known_by=self._known_by, on=self._second(on))

    def firm(self, firm_id: str, on: datetime | None = None) -> Firm:
        """Return one firm as declared for ``on``; if it is not, an :class:`UnknownFirmError`."""
        found = self.declarations.firm(firm_id, known_by=self._known_by, on=self._second(on))
        return found or self.known.firm(firm_id, on)  # which says what is missing

    def history(self, firm_id: str, *, days: int | None = None) -> LoadHistory:
        """Return the load known by then, from its first reading or the last ``days`` days."""
        return self._recent(firm_id, days) or self.known.history(firm_id, days=days)

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

    def _recent(self, firm_id: str, days: int | None) -> LoadHistory | None:
        """The load as the windows have it, None where the store is to be asked."""
        if days is None or timedelta(days=days) > WINDOW:
            return None
        in_service, zone = self.declarations.services(firm_id, known_by=self._known_by)
        of_firm = [one for one in in_service if one.meter.counted]
        counted = sorted({one.meter.meter_id for one in of_firm})
        filling = timedelta(days=days) > SHORT_LOOK
        windows = self.held.windows(counted, since=self._window_since, filling=filling)
        if windows is None:
            return None
        since = epoch_seconds(floor_to_step(self.moment - timedelta(days=days)))
        weather = self._weather_of(firm_id)
        if len(of_firm) == 1:
            (service,) = of_firm
            span = service.span.common(Span(start=since))
            window = windows[service.meter.meter_id]
            load = window.load(firm_id, zone, weather, moment=self._known_by, span=span)
            if load is not None:
                return load
        versions = {
            meter_id: window.known(moment=self._known_by, since=since)
            for meter_id, window in windows.items()
        }
        summed = sum_of_meters(versions, in_service, ("kwh",), zone)
        if summed is None:
            return None
        return replace(summed.history(firm_id), weather=weather)

    def _weather_of(self, firm_id: str) -> PlaceWeather | None:
        firm = self.declarations.firm(firm_id, known_by=self._known_by, on=self._known_by)
        if firm is None or firm.weather_place is None:
            return None
        since = self._window_since
        told = self.held.weather.told(
            firm.weather_place,
            since=since,
            begin=since - int(SPARE.total_seconds()),
            seen_at=self.seen,
        )
        return weather_known(told, self.moment)

    @cached_property
    def _known_by(self) -> int:
        return epoch_seconds(self.moment)

    @cached_property
    def _window_since(self) -> int:
        """First second of the intervals that are answered from memory."""
        return epoch_seconds(floor_to_step(self.moment - WINDOW))

    def _second(self, on: datetime | None) -> int:
        return self._known_by if on is None else epoch_seconds(on)
