"""A store of plain lists: what the ledger promises, in the fewest words. Nothing survives it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np

from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
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
            if before is None:
                yield Version(
                    row["firm_id"], row["period_start"], _second(row["known_at"]), row["kwh"]
                )
            elif before.kwh != row["kwh"]:
                after = max(recorded_at, before.known_at + timedelta(seconds=1))
                yield Version(row["firm_id"], row["period_start"], after, row["kwh"])

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
        since = None if days is None else floor_to_step(self.moment - timedelta(days=days))
        latest: dict[datetime, Version] = {}
        for version in sorted(self.store.versions, key=lambda version: version.known_at):
            known = version.firm_id == firm_id and version.known_at <= self.moment
            if known and (since is None or version.period_start >= since):
                latest[version.period_start] = version
        if not latest:
            raise NotEnoughReadingsError(f"{firm_id}: no reading is known; import some")
        zone = next((firm.zone for firm in self.firms() if firm.firm_id == firm_id), UTC)
        first, last = min(latest), max(latest)
        grid = TimeGrid(first.astimezone(zone), steps=(last - first) // INTERVAL + 1)
        versions = [latest.get(to_datetime(start)) for start in grid.starts]
        return LoadHistory(
            firm_id=firm_id,
            grid=grid,
            demand_kw=np.array([v.kwh / HOURS_PER_STEP if v else np.nan for v in versions]),
            known_at=np.array(
                [utc_instant(v.known_at) if v else np.datetime64("NaT", "s") for v in versions]
            ),
        )


def _second(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=0)
