"""The one door to data: what was known at a moment."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from feature_store.entities.firm import Firm
from feature_store.entities.known_weather import KnownWeather
from feature_store.entities.load_history import LoadHistory
from feature_store.entities.meter_readings import MeterReadings
from feature_store.entities.reactive_energy import ReactiveEnergy
from feature_store.entities.weather_versions import WeatherVersions


class Knowledge(Protocol):
    """Everything known at one moment; nothing later can be read through it."""

    @property
    def moment(self) -> datetime:
        """The moment that this knowledge is of."""
        ...

    def firms(self, on: datetime | None = None) -> tuple[Firm, ...]:
        """Return the firms declared by then for the time ``on`` (default: the moment), by id."""
        ...

    def firm(self, firm_id: str, on: datetime | None = None) -> Firm:
        """Return one firm as declared by then for the time ``on`` (default: the moment).

        Of the declarations known, the latest known one holds whose validity covers ``on``. If
        there is none, it is an :class:`UnknownFirmError`.
        """
        ...

    def history(self, firm_id: str, *, days: int | None = None) -> LoadHistory:
        """Return the load known by then, from its first reading or the last ``days`` days.

        It is the sum over the counted meters that were in service; an interval of which one of
        them did not tell is not known, and a sum is known when the last of them told. A firm
        without readings is a :class:`NotEnoughReadingsError`. With it come all versions of the
        weather of the firm's place that were known by then, where any was told.
        """
        ...

    def reactive_energy(self, firm_id: str, *, days: int | None = None) -> ReactiveEnergy:
        """Return the reactive energy known by then, on the grid of :meth:`history`.

        It is for the bill; NaN where the meter did not tell. A firm without readings is a
        :class:`NotEnoughReadingsError`.
        """
        ...

    def meter_readings(self, firm_id: str, *, days: int | None = None) -> tuple[MeterReadings, ...]:
        """Return what each meter of the firm told by then, counted or not, by id.

        With it come the quality of each reading and the delivery that brought it. A meter that
        told nothing is left out.
        """
        ...

    def weather(self, place: str, start: datetime, end: datetime) -> KnownWeather:
        """Return of each full hour from ``start`` to before ``end`` the best that was known.

        An observation known by then holds, else the reanalysis, else the newest issue of the
        forecast; an hour of which nothing was known is NaN. A place that nobody told of has no
        known hour.
        """
        ...

    def weather_versions(self, place: str, start: datetime, end: datetime) -> WeatherVersions:
        """Return everything told by then of the hours from ``start`` to before ``end``.

        What was known of them at any earlier moment is picked from it, for frames of many issue
        times.
        """
        ...


class Store(Protocol):
    """Whatever can answer what was known at a moment: the ledger, or a fake in a test."""

    def as_of(self, moment: datetime) -> Knowledge:
        """Return what was known at ``moment``."""
        ...
