"""The weather of places in memory, read again when more of it was stored."""

from __future__ import annotations

import threading
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Protocol

from feature_store.entities.place_weather import ToldWeather

PLACES_AT_MOST = 50
"""Places held at once; one with eight forecasts a day of four days takes 15 MB."""


class WeatherStore(Protocol):
    """A store that can tell everything of a place, and whether there is more than before."""

    def weather_told(self, place: str, *, since: int | None) -> ToldWeather:
        """Return all versions of a place's hours from the second ``since`` on."""
        ...

    def number_of_weather_versions(self, place: str) -> int:
        """Return how many versions of a place's weather are stored."""
        ...


@dataclass(frozen=True, kw_only=True)
class _Held:
    since: int
    versions: int
    seen_at: Hashable
    told: ToldWeather


class HeldWeather:
    """Weather by place; threads may share it.

    The ledger only grows, so that as many versions as before are the same ones. Whether there are
    more is asked when something was imported since.
    """

    def __init__(self, store: WeatherStore) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._held: dict[str, _Held] = {}

    def forget(self) -> None:
        """Drop everything held."""
        with self._lock:
            self._held = {}

    def told(self, place: str, *, since: int, begin: int, seen_at: Hashable) -> ToldWeather:
        """Return a place's weather from the second ``since`` on at the latest.

        Args:
            place: Whose.
            since: Second from which on it is needed.
            begin: Second from which on it is read, if it has to be.
            seen_at: What names the imports that were seen: another one, and it is looked for news.
        """
        with self._lock:
            held = self._held.pop(place, None)
            if held is None or held.since > since or held.seen_at != seen_at:
                held = self._caught_up(place, held, since=since, begin=begin, seen_at=seen_at)
            self._held[place] = held
            while len(self._held) > PLACES_AT_MOST:
                del self._held[next(iter(self._held))]
            return held.told

    def _caught_up(
        self, place: str, held: _Held | None, *, since: int, begin: int, seen_at: Hashable
    ) -> _Held:
        versions = self._store.number_of_weather_versions(place)  # first: of more, it asks again
        if held is not None and held.since <= since and held.versions == versions:
            told, begin = held.told, held.since
        else:
            told = self._store.weather_told(place, since=begin)
        return _Held(since=begin, versions=versions, seen_at=seen_at, told=told)
