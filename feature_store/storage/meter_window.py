"""One meter's recent readings in memory, every version of them, laid out by interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np

from feature_store.entities.load_history import LoadHistory
from feature_store.entities.place_weather import PlaceWeather
from feature_store.entities.superseded import Superseded
from feature_store.storage.declarations import FOR_GOOD, Span
from feature_store.storage.meter_sum import STEP_S
from feature_store.storage.meter_versions import MeterVersions, Seconds
from feature_store.storage.meter_window_columns import NEVER, GridColumns, grid_columns
from feature_store.storage.moments import moment_of_seconds
from feature_store.time_grid import HOURS_PER_STEP, Instants, KilowattArray, TimeGrid

_NOTHING = Superseded()


@dataclass(frozen=True, kw_only=True)
class MeterWindow:
    """Every version of one meter's energy from ``since`` on, whenever it is known."""

    since: int
    """First second of the first interval that is held, UTC epoch."""
    first: int
    """Second at which the first interval of ``newest`` starts."""
    newest: GridColumns
    """The last version of every interval, from the first told to the last told."""
    earlier: MeterVersions
    """The versions before those, of ``kwh``; none tells the same as the one before it."""
    earlier_until: Seconds
    """When the next version of the interval became known, shape of ``earlier``."""

    @property
    def versions(self) -> MeterVersions:
        """All versions, by interval and then by when they were known."""
        told = np.flatnonzero(~np.isnat(self.newest.known_at))
        versions = MeterVersions(
            start=self.first + told * STEP_S,
            known_at=self.newest.known_at[told].view(np.int64),
            # exact: a quarter of a number and four times that differ in the exponent alone
            values={"kwh": self.newest.demand_kw[told] * HOURS_PER_STEP},
        )
        if not len(self.earlier.start):
            return versions
        versions = _joined([self.earlier, versions])
        return versions.where(np.lexsort((versions.known_at, versions.start)))

    def known(self, *, moment: int, since: int) -> MeterVersions:
        """What was known at ``moment`` of the intervals from ``since`` on."""
        told = self.versions.within(Span(start=since, end=FOR_GOOD))
        known = told.known_at <= moment
        return told if known.all() else told.where(known)

    def load(
        self, firm_id: str, zone: ZoneInfo, weather: PlaceWeather | None, *, moment: int, span: Span
    ) -> LoadHistory | None:
        """The load of a firm that has this one meter, as known at a moment, without a copy of it.

        Args:
            firm_id: Whose.
            zone: Of its grid.
            weather: Of its place.
            moment: UTC second.
            span: Only the intervals that start in it.

        Returns:
            None if nothing was known then, or something out of turn: an interval that had not been
            told or had been corrected otherwise before one that was known. It is to be made of
            :meth:`known` then.
        """
        first = max(-((self.first - span.start) // STEP_S), 0)
        last = min(max(-((self.first - span.end) // STEP_S), 0), self.newest.steps)
        known = int(np.searchsorted(self.newest.known_by[:last], moment, side="right"))
        if self._out_of_turn(known, last, moment):
            return None
        columns = self.newest
        first, last = _trimmed(columns, first, known)
        if first >= last:
            return None
        begin = self.first + first * STEP_S
        return LoadHistory(
            firm_id=firm_id,
            grid=TimeGrid(moment_of_seconds(begin).astimezone(zone), steps=last - first),
            demand_kw=columns.demand_kw[first:last],
            known_at=columns.known_at[first:last],
            superseded=self._superseded(begin, self.first + last * STEP_S),
            weather=weather,
        )

    def with_news(self, news: Sequence[MeterVersions]) -> MeterWindow:
        """Add versions in any order, some of them perhaps held already."""
        recent = [one.within(Span(start=self.since, end=FOR_GOOD)) for one in news]
        recent = [one for one in recent if len(one.start)]
        if not recent:
            return self
        told = recent[0] if len(recent) == 1 else _joined(recent)
        end = self.first + self.newest.steps * STEP_S
        if not self.newest.steps or told.start[0] < end or (np.diff(told.start) <= 0).any():
            return window_of(_joined([self.versions, told]), since=self.since)
        return MeterWindow(  # as meters tell, one interval after another
            since=self.since,
            first=self.first,
            newest=self.newest.grown(*_on_grid(told, end)),
            earlier=self.earlier,
            earlier_until=self.earlier_until,
        )

    def from_second(self, since: int) -> MeterWindow:
        """The same window without the intervals before ``since``, in memory of its own."""
        return window_of(self.versions.within(Span(start=since, end=FOR_GOOD)), since=since)

    def _out_of_turn(self, known: int, last: int, moment: int) -> bool:
        """Whether of the intervals from a place to before another something was known."""
        if known == last:
            return False
        instant = np.datetime64(moment, "s")
        if (self.newest.known_at[known:last] <= instant).any():  # NaT compares False
            return True
        first = np.searchsorted(self.earlier.start, self.first + known * STEP_S)
        return bool((self.earlier.known_at[first:] <= moment).any())

    def _superseded(self, begin: int, end: int) -> Superseded:
        """The earlier versions of the intervals that start in a span of seconds."""
        if not len(self.earlier.start):
            return _NOTHING
        of_span = slice(*np.searchsorted(self.earlier.start, [begin, end]))
        return Superseded(
            start=self.earlier.start[of_span].astype("datetime64[s]"),
            known_from=self.earlier.known_at[of_span].astype("datetime64[s]"),
            known_until=self.earlier_until[of_span].astype("datetime64[s]"),
            demand_kw=self.earlier.values["kwh"][of_span] / HOURS_PER_STEP,
        )


def window_of(versions: MeterVersions, *, since: int) -> MeterWindow:
    """Hold versions, in any order; of two with one interval and moment the later one counts."""
    told = _in_order(versions)
    newest = told.newest
    earlier = np.flatnonzero(~newest)  # none is the last of all
    first = int(told.start[0]) if len(told.start) else since
    return MeterWindow(
        since=since,
        first=first,
        newest=grid_columns(*_on_grid(told.where(newest), first)),
        earlier=told.where(earlier),
        earlier_until=told.known_at[earlier + 1],
    )


def _in_order(versions: MeterVersions) -> MeterVersions:
    """Versions by interval and moment, without those that say nothing new."""
    told = versions.where(np.lexsort((versions.known_at, versions.start)))
    same_interval = told.start[1:] == told.start[:-1]
    doubled = same_interval & (told.known_at[1:] == told.known_at[:-1])
    if doubled.any():
        told = told.where(np.append(~doubled, np.True_))
        same_interval = told.start[1:] == told.start[:-1]
    kwh = told.values["kwh"]
    repeated = same_interval & (kwh[1:] == kwh[:-1])
    return told.where(np.concatenate([[True], ~repeated])) if repeated.any() else told


def _on_grid(told: MeterVersions, first: int) -> tuple[KilowattArray, Instants]:
    """Load and when it was known of each interval from a second on, one version each at most."""
    place = (told.start - first) // STEP_S
    steps = int(place[-1]) + 1 if len(place) else 0
    demand_kw, known_at = np.full(steps, np.nan), np.full(steps, NEVER)
    demand_kw[place] = told.values["kwh"] / HOURS_PER_STEP
    known_at[place] = told.known_at.astype("datetime64[s]")
    return demand_kw, known_at


def _trimmed(columns: GridColumns, first: int, last: int) -> tuple[int, int]:
    """The same intervals from the first that was told to the last."""
    if first < last and not np.isnat(columns.known_at[[first, last - 1]]).any():
        return first, last  # nearly always
    told = np.flatnonzero(~np.isnat(columns.known_at[first:last]))
    return (first + int(told[0]), first + int(told[-1]) + 1) if len(told) else (0, 0)


def _joined(parts: Sequence[MeterVersions]) -> MeterVersions:
    return MeterVersions(
        start=np.concatenate([one.start for one in parts]),
        known_at=np.concatenate([one.known_at for one in parts]),
        values={"kwh": np.concatenate([one.values["kwh"] for one in parts])},
    )
