"""A store of plain lists: what the ledger promises, in the fewest words. Nothing survives it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import takewhile

import numpy as np

from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.entities.reactive_energy import ReactiveEnergy
from feature_store.entities.reading_batch import ReadingBatch
from feature_store.errors import NotEnoughReadingsError, UnknownFirmError
from feature_store.time_grid import (
    HOURS_PER_STEP,
    INTERVAL,
    TimeGrid,
    floor_to_step,
    to_datetime,
    utc_instant,
)


@dataclass(frozen=True)
class Version:
    """One version of one reading."""

    firm_id: str
    period_start: datetime
    known_at: datetime
    kwh: float
    lagging_kvarh: float | None = None
    leading_kvarh: float | None = None

    @property
    def measured(self) -> tuple[float | None, ...]:
        """What the meter told."""
        return self.kwh, self.lagging_kvarh, self.leading_kvarh


@dataclass
class MemoryStore:
    """A :class:`feature_store.point_in_time.Store` that a test fills by hand."""

    versions: list[Version] = field(default_factory=list)
    declared: list[tuple[datetime, Firm]] = field(default_factory=list)
    files: set[tuple[str, frozenset[str]]] = field(default_factory=set)

    def append(self, batch: ReadingBatch, *, recorded_at: datetime) -> None:
        """Add a batch as the ledger does: equal rows left out, others as corrections."""
        file = (batch.content_sha256, frozenset(batch.rows["firm_id"]))
        if file in self.files:
            return
        news = list(self._news(batch, _second(recorded_at)))
        if news:
            self.files.add(file)
        self.versions += news

    def _news(self, batch: ReadingBatch, recorded_at: datetime) -> Iterator[Version]:
        for row in batch.rows.iter_rows(named=True):
            before = self._latest(row["firm_id"], row["period_start"])
            told = Version(**row | {"known_at": _second(row["known_at"])})
            if before is None:
                yield told
                continue
            whole = replace(
                told,
                known_at=max(recorded_at, before.known_at + timedelta(seconds=1)),
                lagging_kvarh=_else(told.lagging_kvarh, before.lagging_kvarh),
                leading_kvarh=_else(told.leading_kvarh, before.leading_kvarh),
            )
            if before.measured != whole.measured:
                yield whole

    def _latest(self, firm_id: str, period_start: datetime) -> Version | None:
        same = [v for v in self.versions if (v.firm_id, v.period_start) == (firm_id, period_start)]
        return max(same, key=lambda version: version.known_at, default=None)

    def declare(self, firm: Firm, *, known_at: datetime) -> None:
        """Declare a firm as known from a moment on."""
        self.declared.append((_second(known_at), firm))

    def as_of(self, moment: datetime) -> MemoryKnowledge:
        """Return what was known at ``moment``."""
        utc_instant(moment)
        return MemoryKnowledge(self, moment)


@dataclass(frozen=True)
class MemoryKnowledge:
    """What a :class:`MemoryStore` knew at a moment."""

    store: MemoryStore
    moment: datetime

    def firms(self) -> tuple[Firm, ...]:
        """Return the firms declared by then, by id."""
        in_time = sorted(self.store.declared, key=lambda entry: entry[0])
        known = {firm.firm_id: firm for at, firm in in_time if at <= self.moment}
        return tuple(known[firm_id] for firm_id in sorted(known))

    def firm(self, firm_id: str) -> Firm:
        """Return one firm."""
        for firm in self.firms():
            if firm.firm_id == firm_id:
                return firm
        raise UnknownFirmError(f"no firm {firm_id!r} is declared; declare it")

    def history(self, firm_id: str, *, days: int | None = None) -> LoadHistory:
        """Return the load known by then."""
        grid, versions = self._readings(firm_id, days)
        return LoadHistory(
            firm_id=firm_id,
            grid=grid,
            demand_kw=np.array([v[-1].kwh / HOURS_PER_STEP if v else np.nan for v in versions]),
            known_at=np.array(
                [utc_instant(_since(v)) if v else np.datetime64("NaT", "s") for v in versions]
            ),
        )

    def reactive_energy(self, firm_id: str, *, days: int | None = None) -> ReactiveEnergy:
        """Return the reactive energy known by then."""
        grid, versions = self._readings(firm_id, days)
        lagging = [v[-1].lagging_kvarh if v else None for v in versions]
        leading = [v[-1].leading_kvarh if v else None for v in versions]
        return ReactiveEnergy(
            firm_id=firm_id,
            grid=grid,
            lagging_kvarh=np.array(lagging, dtype=float),
            leading_kvarh=np.array(leading, dtype=float),
        )

    def _readings(self, firm_id: str, days: int | None) -> tuple[TimeGrid, list[list[Version]]]:
        """Return the grid and the known versions of each interval, the latest last."""
        since = None if days is None else floor_to_step(self.moment - timedelta(days=days))
        known: dict[datetime, list[Version]] = {}
        for version in sorted(self.store.versions, key=lambda version: version.known_at):
            wanted = version.firm_id == firm_id and version.known_at <= self.moment
            if wanted and (since is None or version.period_start >= since):
                known.setdefault(version.period_start, []).append(version)
        if not known:
            raise NotEnoughReadingsError(f"{firm_id}: no reading is known; import some")
        zone = next((firm.zone for firm in self.firms() if firm.firm_id == firm_id), UTC)
        first, last = min(known), max(known)
        grid = TimeGrid(first.astimezone(zone), steps=(last - first) // INTERVAL + 1)
        return grid, [known.get(to_datetime(start), []) for start in grid.starts]


def _since(versions: list[Version]) -> datetime:
    """When the latest energy could first be read."""
    same = takewhile(lambda version: version.kwh == versions[-1].kwh, reversed(versions))
    return list(same)[-1].known_at


def _else(told: float | None, before: float | None) -> float | None:
    return before if told is None else told


def _second(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=0)
