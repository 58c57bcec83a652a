"""What the ledger knew at a moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine

from feature_store.entities.firm import Firm
from feature_store.entities.known_weather import KnownWeather
from feature_store.entities.load_history import LoadHistory
from feature_store.entities.meter_readings import MeterReadings
from feature_store.entities.place_weather import PlaceWeather, weather_known
from feature_store.entities.reactive_energy import ReactiveEnergy
from feature_store.entities.weather_versions import WeatherVersions
from feature_store.errors import NotEnoughReadingsError, UnknownFirmError
from feature_store.storage.declarations import (
    Service,
    declared_firms,
    service_times,
)
from feature_store.storage.meter_sum import MeterSum, sum_of_meters
from feature_store.storage.meter_versions import by_meter
from feature_store.storage.moments import epoch_seconds
from feature_store.storage.one_meter import readings_of_meter, sources_of
from feature_store.storage.reading_versions import (
    ACTIVE,
    REACTIVE,
    known_versions,
    newest_of,
)
from feature_store.storage.stored_weather import versions_known, weather_told
from feature_store.time_grid import floor_to_step


@dataclass(frozen=True, kw_only=True)
class LedgerKnowledge:
    """A :class:`feature_store.point_in_time.Knowledge` read from the ledger's tables."""

    engine: Engine
    moment: datetime
    _weather: dict[tuple[str, int | None], PlaceWeather | None] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    """What was read of a place since a second: many firms share it."""

    def firms(self, on: datetime | None = None) -> tuple[Firm, ...]:
        """Return the firms declared by then for the time ``on`` (default: then), by id."""
        with self.engine.connect() as connection:
            return tuple(declared_firms(connection, known_by=self._known_by, on=self._second(on)))

    def firm(self, firm_id: str, on: datetime | None = None) -> Firm:
        """Return one firm as declared for ``on``; if it is not, an :class:`UnknownFirmError`."""
        with self.engine.connect() as connection:
            found = declared_firms(
                connection, known_by=self._known_by, on=self._second(on), firm_id=firm_id
            )
        if not found:
            for_when = "" if on is None else f" for {on.isoformat()}"
            raise UnknownFirmError(
                f"no firm {firm_id!r} is declared{for_when} as of {self.moment.isoformat()}; "
                "declare it with 'sandan firms declare FILE.yaml'"
            )
        return found[0]

    def history(self, firm_id: str, *, days: int | None = None) -> LoadHistory:
        """Return the load known by then, from its first reading or the last ``days`` days.

        ``days`` counts back from the moment. The load is the sum over the firm's counted meters;
        an interval of which one of them did not tell is not known. The grid ends with the last
        known interval and is in the firm's zone (UTC for a firm that is not declared yet). A firm
        without readings in it is a :class:`NotEnoughReadingsError`. With it comes the weather of
        the place that is declared for then, of as many days.
        """
        history = self._summed(firm_id, ACTIVE, days).history(firm_id)
        return replace(history, weather=self._weather_of(firm_id, self._since(days)))

    def reactive_energy(self, firm_id: str, *, days: int | None = None) -> ReactiveEnergy:
        """Return the reactive energy known by then, on the grid of :meth:`history`."""
        summed = self._summed(firm_id, REACTIVE, days)
        return ReactiveEnergy(
            firm_id=firm_id,
            grid=summed.grid,
            lagging_kvarh=summed.values["lagging_kvarh"],
            leading_kvarh=summed.values["leading_kvarh"],
        )

    def meter_readings(self, firm_id: str, *, days: int | None = None) -> tuple[MeterReadings, ...]:
        """Return what each meter of the firm told, counted or not; meters that told nothing not."""
        with self.engine.connect() as connection:
            in_service, zone = self._services(connection, firm_id)
            meters = {service.meter.meter_id: service.meter for service in in_service}
            told = known_versions(
                connection,
                meters,
                (*ACTIVE, "quality", "import_id"),
                since=self._since(days),
                known_by=self._known_by,
            )
            versions = newest_of(told)
            sources = sources_of(connection, versions["import_id"])
        return tuple(
            readings_of_meter(meters[rows["meter_id"][0]], rows, sources, zone)
            for rows in versions.partition_by("meter_id")
        )

    def weather(self, place: str, start: datetime, end: datetime) -> KnownWeather:
        """Return of each full hour from ``start`` to before ``end`` the best that was known."""
        return self.weather_versions(place, start, end).known

    def weather_versions(self, place: str, start: datetime, end: datetime) -> WeatherVersions:
        """Return everything told by then of the hours from ``start`` to before ``end``."""
        with self.engine.connect() as connection:
            return versions_known(connection, place, start, end, moment=self.moment)

    def _weather_of(self, firm_id: str, since: int | None) -> PlaceWeather | None:
        with self.engine.connect() as connection:
            declared = declared_firms(
                connection, known_by=self._known_by, on=self._known_by, firm_id=firm_id
            )
            place = declared[0].weather_place if declared else None
            if place is None:
                return None
            if (place, since) not in self._weather:
                told = weather_told(connection, place, since=since, known_by=self._known_by)
                self._weather[place, since] = weather_known(told, self.moment)
            return self._weather[place, since]

    def _summed(self, firm_id: str, columns: Sequence[str], days: int | None) -> MeterSum:
        with self.engine.connect() as connection:
            in_service, zone = self._services(connection, firm_id)
            versions = known_versions(
                connection,
                {service.meter.meter_id for service in in_service if service.meter.counted},
                columns,
                since=self._since(days),
                known_by=self._known_by,
            )
        summed = sum_of_meters(by_meter(versions, columns), in_service, columns, zone)
        if summed is None:
            since = "" if days is None else f" of the last {days} days"
            raise NotEnoughReadingsError(
                f"{firm_id}: no reading{since} is known as of {self.moment.isoformat()}; "
                "import some with 'sandan readings import'"
            )
        return summed

    def _services(self, connection: Connection, firm_id: str) -> tuple[list[Service], ZoneInfo]:
        return service_times(connection, firm_id, known_by=self._known_by)

    @property
    def _known_by(self) -> int:
        return epoch_seconds(self.moment)

    def _second(self, on: datetime | None) -> int:
        return self._known_by if on is None else epoch_seconds(on)

    def _since(self, days: int | None) -> int | None:
        if days is None:
            return None
        return epoch_seconds(floor_to_step(self.moment - timedelta(days=days)))
