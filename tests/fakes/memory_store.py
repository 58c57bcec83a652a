"""A store of plain lists: what the ledger promises, in the fewest words. Nothing survives it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise, takewhile

import numpy as np

from feature_store.entities.firm import Firm
from feature_store.entities.known_weather import KnownWeather
from feature_store.entities.load_history import LoadHistory
from feature_store.entities.meter import Meter
from feature_store.entities.meter_readings import MeterReadings, ReadingSource
from feature_store.entities.place_weather import PlaceWeather, told_weather, weather_known
from feature_store.entities.reactive_energy import ReactiveEnergy
from feature_store.entities.reading_batch import ReadingBatch
from feature_store.entities.superseded import Superseded
from feature_store.entities.validity import moment_of_bound
from feature_store.entities.weather_batch import WeatherBatch
from feature_store.entities.weather_versions import WeatherVersions
from feature_store.errors import NotEnoughReadingsError, UnknownFirmError
from feature_store.time_grid import (
    HOURS_PER_STEP,
    INTERVAL,
    TimeGrid,
    floor_to_step,
    to_datetime,
    utc_instant,
)
from tests.fakes.memory_weather import MemoryWeather

EVER, FOR_GOOD = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Version:
    """One version of one reading."""

    firm_id: str
    period_start: datetime
    known_at: datetime
    kwh: float
    lagging_kvarh: float | None = None
    leading_kvarh: float | None = None
    meter_id: str | None = None
    quality: str | None = None
    source: ReadingSource | None = None

    @property
    def told(self) -> tuple[float | str | None, ...]:
        """What the meter told."""
        return self.kwh, self.lagging_kvarh, self.leading_kvarh, self.quality


@dataclass(frozen=True)
class Declared:
    """One declaration of a firm."""

    firm: Firm
    known_at: datetime
    valid_from: datetime
    valid_to: datetime


@dataclass
class MemoryStore:
    """A :class:`feature_store.point_in_time.Store` that a test fills by hand."""

    versions: list[Version] = field(default_factory=list)
    declared: list[Declared] = field(default_factory=list)
    files: set[tuple[str, frozenset[tuple[str, str]]]] = field(default_factory=set)
    weather: MemoryWeather = field(default_factory=MemoryWeather)

    def append(self, batch: ReadingBatch, *, recorded_at: datetime) -> None:
        """Add a batch as the ledger does: equal rows left out, others as corrections."""
        told = [_told(row) for row in batch.rows.iter_rows(named=True)]
        file = (batch.content_sha256, frozenset((one.firm_id, one.meter_id) for one in told))
        if file in self.files:
            return
        news = list(self._news(told, _second(recorded_at)))
        if news:
            self.files.add(file)
            source = ReadingSource(
                import_id=len(self.files),
                name=batch.source_name,
                format=batch.source_format,
                content_sha256=batch.content_sha256,
            )
            self.versions += [replace(version, source=source) for version in news]

    def _news(self, rows: list[Version], recorded_at: datetime) -> Iterator[Version]:
        for told in rows:
            before = self._latest(told.meter_id, told.period_start)
            if before is None:
                yield replace(told, quality=told.quality or "measured")
                continue
            whole = replace(
                told,
                known_at=max(recorded_at, before.known_at + timedelta(seconds=1)),
                lagging_kvarh=_else(told.lagging_kvarh, before.lagging_kvarh),
                leading_kvarh=_else(told.leading_kvarh, before.leading_kvarh),
                quality=told.quality or (before.quality if told.kwh == before.kwh else "measured"),
            )
            if before.told != whole.told:
                yield whole

    def _latest(self, meter_id: str | None, period_start: datetime) -> Version | None:
        same = [
            v for v in self.versions if (v.meter_id, v.period_start) == (meter_id, period_start)
        ]
        return max(same, key=lambda version: version.known_at, default=None)

    def declare(
        self,
        firm: Firm,
        *,
        known_at: datetime,
        valid_from: datetime | None = None,
        valid_to: datetime | None = None,
    ) -> None:
        """Declare a firm as known from a moment on, for a time."""
        added = Declared(firm, _second(known_at), valid_from or EVER, valid_to or FOR_GOOD)
        self.declared.append(added)

    def append_weather(self, batch: WeatherBatch, *, recorded_at: datetime) -> None:
        """Add a batch of weather as the ledger does."""
        self.weather.append(batch, recorded_at=recorded_at)

    def as_of(self, moment: datetime) -> MemoryKnowledge:
        """Return what was known at ``moment``."""
        utc_instant(moment)
        return MemoryKnowledge(self, moment)


@dataclass(frozen=True)
class MemoryKnowledge:
    """What a :class:`MemoryStore` knew at a moment."""

    store: MemoryStore
    moment: datetime

    def firms(self, on: datetime | None = None) -> tuple[Firm, ...]:
        """Return the firms declared by then, by id."""
        known = {one.firm.firm_id: one.firm for one in self._declarations(on or self.moment)}
        return tuple(known[firm_id] for firm_id in sorted(known))

    def _declarations(self, on: datetime) -> list[Declared]:
        """Return what is declared for ``on``, the latest known last."""
        in_time = sorted(self.store.declared, key=lambda one: one.known_at)
        return [
            one
            for one in in_time
            if one.known_at <= self.moment and one.valid_from <= on < one.valid_to
        ]

    def firm(self, firm_id: str, on: datetime | None = None) -> Firm:
        """Return one firm."""
        for firm in self.firms(on):
            if firm.firm_id == firm_id:
                return firm
        raise UnknownFirmError(f"no firm {firm_id!r} is declared; declare it")

    def history(self, firm_id: str, *, days: int | None = None) -> LoadHistory:
        """Return the load known by then."""
        grid, sums = self._sums(firm_id, days)
        return LoadHistory(
            firm_id=firm_id,
            grid=grid,
            demand_kw=np.array(
                [sum(v[-1].kwh for v in s) / HOURS_PER_STEP if s else np.nan for s in sums]
            ),
            known_at=np.array(
                [
                    max(utc_instant(_since(v, "kwh")) for v in s) if s else np.datetime64("NaT")
                    for s in sums
                ],
                dtype="datetime64[s]",
            ),
            superseded=_superseded(grid, sums),
            weather=self._weather_of(firm_id),
        )

    def _weather_of(self, firm_id: str) -> PlaceWeather | None:
        declared = [one.firm for one in self._declarations(self.moment)]
        places = [firm.weather_place for firm in declared if firm.firm_id == firm_id]
        if not places or places[-1] is None:
            return None
        everything = self.weather_versions(places[-1], EVER, FOR_GOOD).rows
        return weather_known(told_weather(places[-1], everything), self.moment)

    def reactive_energy(self, firm_id: str, *, days: int | None = None) -> ReactiveEnergy:
        """Return the reactive energy known by then."""
        grid, sums = self._sums(firm_id, days)
        lagging, leading = (
            [sum(np.nan if (x := getattr(v[-1], name)) is None else x for v in s) for s in sums]
            for name in ("lagging_kvarh", "leading_kvarh")
        )
        told = np.array([bool(s) for s in sums])
        return ReactiveEnergy(
            firm_id=firm_id,
            grid=grid,
            lagging_kvarh=np.where(told, np.array(lagging, dtype=float), np.nan),
            leading_kvarh=np.where(told, np.array(leading, dtype=float), np.nan),
        )

    def meter_readings(self, firm_id: str, *, days: int | None = None) -> tuple[MeterReadings, ...]:
        """Return what each meter told by then."""
        everything = self._timeline(firm_id)
        meters = {meter.meter_id: meter for meter in everything}
        return tuple(
            self._of_meter(meters[name], readings)
            for name in sorted(meters)
            if (readings := self._known(name, days))
        )

    def weather(self, place: str, start: datetime, end: datetime) -> KnownWeather:
        """Return of each full hour the best that was known."""
        return self.store.weather.known(place, start, end, moment=self.moment)

    def weather_versions(self, place: str, start: datetime, end: datetime) -> WeatherVersions:
        """Return everything told by then of the hours."""
        return self.store.weather.versions(place, start, end, moment=self.moment)

    def _of_meter(self, meter: Meter, known: dict[datetime, list[Version]]) -> MeterReadings:
        begun = min(known)
        grid = TimeGrid(begun, steps=(max(known) - begun) // INTERVAL + 1)
        rows = [known.get(to_datetime(start)) for start in grid.starts]
        sources = sorted(
            {_first(row, "kwh", "quality").source for row in rows if row},
            key=lambda source: source.import_id,
        )
        return MeterReadings(
            meter=meter,
            grid=grid,
            kwh=np.array([row[-1].kwh if row else np.nan for row in rows]),
            known_at=np.array(
                [
                    utc_instant(_since(row, "kwh", "quality")) if row else np.datetime64("NaT")
                    for row in rows
                ],
                dtype="datetime64[s]",
            ),
            quality=np.array([row[-1].quality if row else "" for row in rows]),
            source=np.array(
                [sources.index(_first(row, "kwh", "quality").source) if row else -1 for row in rows]
            ),
            sources=tuple(sources),
        )

    def _sums(self, firm_id: str, days: int | None) -> tuple[TimeGrid, list[list[list[Version]]]]:
        """Return the grid and the known versions of each interval's meters.

        There are none of an interval of which a meter in service did not tell.
        """
        names = {v.meter_id for v in self.store.versions if v.firm_id == firm_id}
        known = {name: self._known(name, days) for name in names}
        starts = sorted({start for of_meter in known.values() for start in of_meter})
        sums = {}
        for start in starts:
            meters = [meter for meter in self._in_service(firm_id, start) if meter.counted]
            told = [known.get(meter.meter_id, {}).get(start) for meter in meters]
            if meters and all(told):
                sums[start] = told
        if not sums:
            raise NotEnoughReadingsError(f"{firm_id}: no reading is known; import some")
        declared = self._all(firm_id)
        zone = declared[-1].firm.zone if declared else UTC
        first, last = min(sums), max(sums)
        grid = TimeGrid(first.astimezone(zone), steps=(last - first) // INTERVAL + 1)
        return grid, [sums.get(to_datetime(start), []) for start in grid.starts]

    def _known(self, meter_id: str | None, days: int | None) -> dict[datetime, list[Version]]:
        """Return the known versions of each interval, the latest last."""
        since = None if days is None else floor_to_step(self.moment - timedelta(days=days))
        known: dict[datetime, list[Version]] = {}
        for version in sorted(self.store.versions, key=lambda version: version.known_at):
            wanted = version.meter_id == meter_id and version.known_at <= self.moment
            if wanted and (since is None or version.period_start >= since):
                known.setdefault(version.period_start, []).append(version)
        return known

    def _all(self, firm_id: str) -> list[Declared]:
        return [
            one
            for one in self.store.declared
            if one.firm.firm_id == firm_id and one.known_at <= self.moment
        ]

    def _timeline(self, firm_id: str) -> list[Meter]:
        declared = self._all(firm_id)
        if not declared:
            return [Meter(meter_id=firm_id)]
        bounds = {bound for one in declared for bound in (one.valid_from, one.valid_to)}
        held = {}
        for start in sorted(bounds - {FOR_GOOD}):
            for one in self._declarations(start):
                if one.firm.firm_id == firm_id:
                    held[start] = one.firm
        return [meter for firm in held.values() for meter in firm.read_meters]

    def _in_service(self, firm_id: str, start: datetime) -> list[Meter]:
        """Return the meters that are the firm's in the interval from ``start`` on."""
        declared = self._all(firm_id)
        if not declared:
            return [Meter(meter_id=firm_id)]
        earliest = min(one.valid_from for one in declared)
        on = max(start, earliest)  # what is declared first holds for the time before it too
        holding = [one.firm for one in self._declarations(on) if one.firm.firm_id == firm_id]
        if not holding:
            return []
        firm = holding[-1]
        return [
            meter
            for meter in firm.read_meters
            if (meter.valid_from is None or moment_of_bound(meter.valid_from, firm.zone) <= start)
            and (meter.valid_to is None or start < moment_of_bound(meter.valid_to, firm.zone))
        ]


def _superseded(grid: TimeGrid, sums: list[list[list[Version]]]) -> Superseded:
    """Every sum that held before the last one: as it was after each moment at which one changed."""
    rows = []
    for start, meters in zip(grid.starts, sums, strict=True):
        moments = sorted(
            {_since(told[: n + 1], "kwh") for told in meters for n in range(len(told))}
        )
        for known_from, known_until in pairwise(moments):
            by_then = [[v for v in told if v.known_at <= known_from] for told in meters]
            if all(by_then):
                kw = sum(told[-1].kwh for told in by_then) / HOURS_PER_STEP
                rows.append((start, utc_instant(known_from), utc_instant(known_until), kw))
    starts, known_from, known_until, demand_kw = zip(*rows, strict=True) if rows else ((),) * 4
    return Superseded(
        start=np.array(starts, dtype="datetime64[s]"),
        known_from=np.array(known_from, dtype="datetime64[s]"),
        known_until=np.array(known_until, dtype="datetime64[s]"),
        demand_kw=np.array(demand_kw, dtype=float),
    )


def _told(row: dict) -> Version:
    times = {name: _second(row[name]) for name in ("period_start", "known_at")}
    return Version(**row | times | {"meter_id": row.get("meter_id") or row["firm_id"]})


def _first(versions: list[Version], *names: str) -> Version:
    """The earliest of the versions that agree with the latest in ``names``."""

    def shown(version: Version) -> list[object]:
        return [getattr(version, name) for name in names]

    same = takewhile(lambda one: shown(one) == shown(versions[-1]), reversed(versions))
    return list(same)[-1]


def _since(versions: list[Version], *names: str) -> datetime:
    """When what the latest version tells could first be read."""
    return _first(versions, *names).known_at


def _else(told: float | None, before: float | None) -> float | None:
    return before if told is None else told


def _second(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=0)
