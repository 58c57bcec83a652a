"""Weather in a plain list: what the ledger promises of it, in the fewest words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from feature_store.entities.known_weather import KnownWeather, valid_hours
from feature_store.entities.weather_batch import VARIABLES, WeatherBatch
from feature_store.entities.weather_versions import VERSION_COLUMNS, WeatherVersions
from feature_store.time_grid import to_datetime
from tests.builders import seconds

NAMES = [variable.name for variable in VARIABLES]
WORST_FIRST = ["forecast", "reanalysis", "observation"]


@dataclass(frozen=True)
class Told:
    """What one source told of an hour at one time, or put right later."""

    place: str
    kind: str
    valid_time: datetime
    issued_at: datetime
    known_at: datetime
    values: tuple[float | None, ...]

    @property
    def issue(self) -> tuple[object, ...]:
        """What its corrections have in common with it."""
        return self.place, self.kind, self.valid_time, self.issued_at

    @property
    def worth(self) -> tuple[object, ...]:
        """The largest holds."""
        return WORST_FIRST.index(self.kind), self.issued_at, self.known_at


@dataclass
class MemoryWeather:
    """Everything that was ever told of the weather."""

    told: list[Told] = field(default_factory=list)
    files: set[object] = field(default_factory=set)

    def append(self, batch: WeatherBatch, *, recorded_at: datetime) -> None:
        """Add a batch as the ledger does."""
        rows = [_told(row, batch.kind) for row in batch.rows.iter_rows(named=True)]
        rows = [one for one in rows if any(value is not None for value in one.values)]
        file = (batch.content_sha256, batch.kind, frozenset(one.place for one in rows))
        if file in self.files:
            return
        news = [new for one in rows if (new := self._new(one, _second(recorded_at)))]
        if news:
            self.files.add(file)
            self.told += news

    def _new(self, told: Told, recorded_at: datetime) -> Told | None:
        same = [one for one in self.told if one.issue == told.issue]
        if not same:
            return told
        before = max(same, key=lambda one: one.known_at)
        pairs = zip(told.values, before.values, strict=True)
        values = tuple(old if new is None else new for new, old in pairs)
        late = max(recorded_at, before.known_at + timedelta(seconds=1))
        return None if values == before.values else replace(told, known_at=late, values=values)

    def known(
        self, place: str, start: datetime, end: datetime, *, moment: datetime
    ) -> KnownWeather:
        """Return the best that was known of each hour."""
        hours = [to_datetime(instant) for instant in valid_hours(start, end)]
        return self.as_shown(place, [(valid, moment) for valid in hours])

    def as_shown(self, place: str, asked: Sequence[tuple[datetime, datetime]]) -> KnownWeather:
        """Return the best that was known of hours, each at its own moment."""
        best = [self._best(place, valid, moment) for valid, moment in asked]
        values = np.array(
            [one.values if one else [None] * len(NAMES) for one in best], dtype=float
        ).reshape(len(best), len(NAMES))

        def instants(name: str) -> np.ndarray:
            times = [None if one is None else seconds(getattr(one, name)) for one in best]
            return np.array(["NaT" if one is None else one for one in times], "datetime64[s]")

        return KnownWeather(
            place=place,
            valid_times=np.array([seconds(valid) for valid, _ in asked], "datetime64[s]"),
            values={name: values[:, number].copy() for number, name in enumerate(NAMES)},
            kind=np.array([one.kind if one else "" for one in best], dtype=np.str_),
            issued_at=instants("issued_at"),
            known_at=instants("known_at"),
        )

    def _best(self, place: str, valid: datetime, moment: datetime) -> Told | None:
        known = [one for one in self.told if (one.place, one.valid_time) == (place, valid)]
        known = [one for one in known if one.known_at <= moment]
        return max(known, key=lambda one: one.worth, default=None)

    def versions(
        self, place: str, start: datetime, end: datetime, *, moment: datetime
    ) -> WeatherVersions:
        """Return everything told of the hours and known by then."""
        rows = [
            (one.kind, *map(seconds, (one.valid_time, one.issued_at, one.known_at)), *one.values)
            for one in self.told
            if one.place == place and start <= one.valid_time < end and one.known_at <= moment
        ]
        return WeatherVersions(
            place=place,
            start=start,
            end=end,
            moment=moment,
            rows=pl.DataFrame(rows, schema=VERSION_COLUMNS, orient="row"),
        )


def _told(row: dict, kind: str) -> Told:
    valid_time, known_at = _second(row["valid_time"]), _second(row["known_at"])
    measured = kind != "forecast"
    return Told(
        place=row["place"],
        kind=kind,
        valid_time=valid_time,
        issued_at=valid_time if measured else known_at,
        known_at=max(known_at, valid_time) if measured else known_at,
        values=tuple(row[name] for name in NAMES),
    )


def _second(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=0)
