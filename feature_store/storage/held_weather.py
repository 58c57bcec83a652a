"""The weather of places in memory; what more of it was stored is added."""

from __future__ import annotations

import threading
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Protocol

import polars as pl

from feature_store.entities.place_weather import ToldWeather, told_weather

PLACES_AT_MOST = 50
"""Places held at once; one with eight forecasts a day of four days takes 30 MB, half of it for the
versions as they were told, to which news are added."""


class WeatherStore(Protocol):
    """A store that can tell what imports told of a place, and which was the last."""

    def newest_weather_import(self, place: str) -> int:
        """Return the largest id of an import that told of a place's weather, 0 if none did."""
        ...

    def seen_weather(
        self, place: str, *, since: int, after_import: int, to_import: int
    ) -> pl.DataFrame:
        """Return the versions that imports, after one up to another, told of a place's hours.

        Columns as in ``SEEN_COLUMNS``, rows in any order; hours from the second ``since`` on.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class _Held:
    since: int
    to_import: int
    """Everything up to this import is held, nothing of a later one."""
    seen_at: Hashable
    rows: pl.DataFrame
    told: ToldWeather
    """The rows, laid out."""


@dataclass(kw_only=True)
class _Place:
    """What is held of one place, and the lock of whoever reads it."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    held: _Held | None = None


class HeldWeather:
    """Weather by place; threads may share it, and of one place wait for one reader.

    The ledger only grows, and of a place no import comes after one with a larger id. Whether there
    is news is asked when something was imported since.
    """

    def __init__(self, store: WeatherStore) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._places: dict[str, _Place] = {}

    def forget(self) -> None:
        """Drop everything held."""
        with self._lock:
            self._places = {}

    def told(self, place: str, *, since: int, begin: int, seen_at: Hashable) -> ToldWeather:
        """Return a place's weather from the second ``since`` on at the latest.

        Args:
            place: Whose.
            since: Second from which on it is needed.
            begin: Second from which on it is read, if it has to be.
            seen_at: What names the imports that were seen: another one, and it is looked for news.
        """
        with self._lock:
            of_place = self._places.pop(place, None) or _Place()
            self._places[place] = of_place  # at the end: asked for last
            while len(self._places) > PLACES_AT_MOST:
                del self._places[next(iter(self._places))]
        with of_place.lock:
            held = of_place.held
            if held is None or held.since > since:
                held = self._read(place, begin, seen_at)
            elif held.seen_at != seen_at:
                held = self._with_news(place, held, seen_at)
            of_place.held = held
            return held.told

    def _read(self, place: str, begin: int, seen_at: Hashable) -> _Held:
        newest = self._store.newest_weather_import(place)
        rows = self._store.seen_weather(place, since=begin, after_import=0, to_import=newest)
        return _Held(
            since=begin,
            to_import=newest,
            seen_at=seen_at,
            rows=rows,
            told=told_weather(place, rows),
        )

    def _with_news(self, place: str, held: _Held, seen_at: Hashable) -> _Held:
        newest, rows, told = self._store.newest_weather_import(place), held.rows, held.told
        if newest != held.to_import:
            news = self._store.seen_weather(
                place, since=held.since, after_import=held.to_import, to_import=newest
            )
            if news.height:  # an older version may rank above a new one: all are laid out again
                rows = pl.concat([rows, news])
                told = told_weather(place, rows)
        return _Held(since=held.since, to_import=newest, seen_at=seen_at, rows=rows, told=told)
