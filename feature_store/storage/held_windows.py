"""The windows of all meters that were asked for, kept up with what is imported."""

from __future__ import annotations

import threading
from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from feature_store.point_in_time import Store
from feature_store.storage.held_declarations import HeldDeclarations
from feature_store.storage.held_weather import HeldWeather, WeatherStore
from feature_store.storage.import_order import Changes, SeenImport
from feature_store.storage.meter_versions import MeterVersions
from feature_store.storage.meter_window import MeterWindow, window_of
from feature_store.time_grid import STEPS_PER_DAY

WINDOW = timedelta(days=415)
"""Longest look back that is answered from memory: what a forecast and the ratchet need, and a
fortnight for meters that fell silent. Longer ones are passed on to the store."""
SPARE = timedelta(days=10)
"""Held beyond that, so that looking at yesterday does not read everything again."""
TRIMMED_FROM = timedelta(days=60)
"""Intervals older than ``WINDOW`` by more than this are dropped. A meter then takes a megabyte: up
to 475 days of 96 intervals with 24 bytes each."""
METERS_AT_MOST = 4000
"""Meters held at once; all of them take 4.5 GB at most."""
NEWS_AT_MOST = METERS_AT_MOST * STEPS_PER_DAY
"""Readings imported since the last answer that are still read as news, a day of all meters. Of
more, years of few meters, most is older than the windows: these are read again when asked."""
WAITING_AT_MOST = 7 * STEPS_PER_DAY
"""Rows that wait for a meter which nobody asks for, a week of them; it is then held no longer."""


class RecordingStore(Store, WeatherStore, Protocol):
    """A store that can also tell what was recorded, and what since."""

    def changes(self, from_import: int | None) -> Changes:
        """Return the imports from an id on, or from the last settled one, and what is declared."""
        ...

    def declarations(self) -> HeldDeclarations:
        """Return every declaration of every firm."""
        ...

    def versions_of_meter(self, meter_id: str, *, since: int) -> MeterVersions:
        """Return every version of a meter's ``kwh`` of periods from the second ``since`` on."""
        ...

    def versions_of_imports(
        self, import_ids: Collection[int], *, since: int
    ) -> dict[str, MeterVersions]:
        """Return the versions of ``kwh`` that imports stored, by meter, likewise."""
        ...

    def number_of_readings(self, import_ids: Collection[int]) -> int:
        """Return how many readings imports stored."""
        ...


@dataclass(kw_only=True)
class _Held:
    """What is held of one meter."""

    since: int
    window: MeterWindow | None = None
    """None while it is being read."""
    waiting: list[MeterVersions] = field(default_factory=list)
    """What was imported since the window was last asked for, or began to be read."""

    def newest(self) -> MeterWindow | None:
        """The window with its news."""
        if self.window is not None and self.waiting:
            self.window = self.window.with_news(self.waiting)
            self.waiting.clear()
        return self.window


class HeldWindows:
    """Windows by meter, the one asked for last at the end; threads may share them.

    Every import is read once, when it is first seen, in whatever order imports appear: those up to
    ``_settled`` and those in ``_taken`` have been.
    """

    _held: dict[str, _Held]
    _settled: int | None
    _taken: frozenset[int]
    _declarations: HeldDeclarations
    _number_of_declarations: tuple[int, int]
    _newest_since: int

    def __init__(self, store: RecordingStore) -> None:
        self._store = store
        self._lock = threading.Lock()
        self.weather = HeldWeather(store)
        self._start_anew()

    def caught_up(self) -> HeldDeclarations:
        """Take in what was recorded since the last time; return what is declared."""
        with self._lock:
            changes = self._store.changes(self._settled)
            if self._settled and self._settled not in {one.import_id for one in changes.imports}:
                self._start_anew()  # what was read last is there no more: this is another ledger
                changes = self._store.changes(None)
            if changes.declarations != self._number_of_declarations:
                self._declarations = self._store.declarations()
                self._number_of_declarations = changes.declarations
            self._take(changes.imports)
            return self._declarations

    @property
    def seen(self) -> Hashable:
        """What names the imports that were read: another one when there are more."""
        return self._settled, self._taken

    def forget(self) -> None:
        """Drop everything held."""
        with self._lock:
            self._start_anew()

    def windows(
        self, meter_ids: Sequence[str], *, since: int, filling: bool
    ) -> dict[str, MeterWindow] | None:
        """Return the windows that reach back to ``since`` at the least, all as of one time.

        None if the store is to be asked: where a window begins later, or is not held and is not to
        be filled, now or because others look back less far.
        """
        while True:
            with self._lock:
                self._newest_since = max(self._newest_since, since)
                found = self._found(meter_ids, since)
                if len(found) == len(meter_ids):
                    begun = all(window.since <= since for window in found.values())
                    return found if begun else None
                if not filling or self._newest_since - since > SPARE.total_seconds():
                    return None
                begin = since - int(SPARE.total_seconds())
                missing = {
                    name: self._held.setdefault(name, _Held(since=begin))  # news wait from here on
                    for name in meter_ids
                    if name not in found
                }
            for name, held in missing.items():
                self._fill(name, held)

    def _found(self, meter_ids: Sequence[str], since: int) -> dict[str, MeterWindow]:
        """The windows that are held, with their news, moved to the end."""
        found = {}
        for meter_id in meter_ids:
            held = self._held.get(meter_id)
            window = None if held is None else held.newest()
            if held is None or window is None:
                continue
            if since - held.since > TRIMMED_FROM.total_seconds():
                held.since = since - int(SPARE.total_seconds())
                held.window = window = window.from_second(held.since)
            self._held[meter_id] = self._held.pop(meter_id)
            found[meter_id] = window
        return found

    def _fill(self, meter_id: str, held: _Held) -> None:
        """Read a window; what is imported meanwhile waits for it."""
        told = self._store.versions_of_meter(meter_id, since=held.since)
        window = window_of(told, since=held.since)
        with self._lock:
            if self._held.get(meter_id) is not held:
                return  # it was dropped, and with it perhaps news: it is read again
            if held.window is None:  # or another thread was sooner, and has taken news in
                held.window = window
            while len(self._held) > METERS_AT_MOST:
                del self._held[next(iter(self._held))]

    def _take(self, imports: Sequence[SeenImport]) -> None:
        """Read the imports that were not read yet."""
        read_before = self._settled or 0
        new = [
            one
            for one in imports
            if one.import_id > read_before and one.import_id not in self._taken
        ]
        if new and self._held:
            self._read_news(new)
        settled = max([read_before, *(one.import_id for one in imports if one.settled)])
        self._settled = settled
        self._taken = frozenset(one.import_id for one in imports if one.import_id > settled)

    def _read_news(self, new: Sequence[SeenImport]) -> None:
        ids = [one.import_id for one in new]
        rows = sum(one.rows for one in new)  # of weather too: only of many is it asked which
        if rows > NEWS_AT_MOST and self._store.number_of_readings(ids) > NEWS_AT_MOST:
            self._held.clear()
            return
        since = min(held.since for held in self._held.values())
        told = self._store.versions_of_imports(ids, since=since)
        for meter_id in told.keys() & self._held.keys():
            waiting = self._held[meter_id].waiting
            waiting.append(told[meter_id])
            if sum(len(one.start) for one in waiting) > WAITING_AT_MOST:
                del self._held[meter_id]

    def _start_anew(self) -> None:
        self.weather.forget()
        self._held = {}
        self._settled = None
        self._taken = frozenset()
        self._declarations = HeldDeclarations(by_firm={})
        self._number_of_declarations = (0, 0)
        self._newest_since = 0
