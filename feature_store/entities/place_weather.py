"""A place's weather as it was told, laid out to be looked at from many issue times at once."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
import polars as pl

from feature_store.entities.known_weather import HOUR
from feature_store.entities.weather_versions import by_rank
from feature_store.time_grid import utc_instant

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

SeenVariable = Literal["temperature_celsius", "ghi_w_per_m2"]
"""What loads are forecast from: the heat that is cooled against, and the sun on the roof."""
SEEN_VARIABLES: tuple[SeenVariable, ...] = get_args(SeenVariable)
SEEN_COLUMNS: dict[str, pl.DataType | type[pl.DataType]] = {
    "kind": pl.String,
    "valid_time": pl.Int64,
    "issued_at": pl.Int64,
    "known_at": pl.Int64,
    **dict.fromkeys(SEEN_VARIABLES, pl.Float64),
}
"""Columns of versions that weather is laid out from; times in UTC epoch seconds."""
_HOUR_S = int(HOUR.astype(np.int64))
_SECONDS = 2**32
"""More seconds than any moment has: 2**32 seconds after 1970 is the year 2106."""
_BESIDE = 1
"""Places before the first hour and after the last, of which nothing is ever known."""


@dataclass(frozen=True, kw_only=True)
class ToldWeather:
    """Every version that ever held of a place's hours; many firms may share it."""

    place: str
    hour: IntArray
    """Hour that each version is about, counted from 1970, ascending, shape (versions,)."""
    known_at: IntArray
    """UTC second from which on it held, ascending within an hour, likewise."""
    values: FloatArray
    """What it told, shape (len(SEEN_VARIABLES), versions); NaN where it told nothing."""
    _key: IntArray = field(init=False, repr=False)
    _final: FloatArray = field(init=False, repr=False)
    """What the last version of each hour told, shape (len(SEEN_VARIABLES), hours)."""
    _final_from: IntArray = field(init=False, repr=False)
    """Second from which on the last version of each hour held; 0 where there is none."""
    _digests: dict[tuple[int, int], bytes] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        """Lay out the last version of each hour: nearly all that is asked for is past."""
        hours = int(self.hour[-1] - self.hour[0]) + 1 if len(self.hour) else 0
        place = self.hour - self.first_hour + _BESIDE
        last = np.append(np.diff(self.hour) > 0, True)[: len(self.hour)]
        final = np.full((len(SEEN_VARIABLES), hours + 2 * _BESIDE), np.nan)
        final[:, place[last]] = self.values[:, last]
        final_from = np.zeros(hours + 2 * _BESIDE, dtype=np.int64)
        final_from[place[last]] = self.known_at[last]
        object.__setattr__(self, "_key", place * _SECONDS + self.known_at)
        object.__setattr__(self, "_final", final)
        object.__setattr__(self, "_final_from", final_from)

    @property
    def first_hour(self) -> int:
        """The first hour of which anything was told."""
        return int(self.hour[0]) if len(self.hour) else 0

    def seen(self, variable: SeenVariable, hour: IntArray, asked_at: IntArray) -> FloatArray:
        """Return what was known of hours at UTC seconds, which broadcast; NaN where nothing was."""
        number = SEEN_VARIABLES.index(variable)
        place = hour - (self.first_hour - _BESIDE)
        told: FloatArray = self._final[number].take(place, mode="clip")
        yet_to_come = self._final_from.take(place, mode="clip") > asked_at
        if yet_to_come.any():
            at = np.nonzero(yet_to_come)
            wanted = place[at] * _SECONDS + np.broadcast_to(asked_at, place.shape)[at]
            found = np.searchsorted(self._key, wanted, side="right") - 1
            held = (found >= 0) & (self._key[found] // _SECONDS == place[at])
            told[at] = np.where(held, self.values[number, found], np.nan)
        return told

    def digest(self, since_hour: int, known_by: int) -> bytes:
        """Return a hash of what was known by a UTC second of the hours from one on."""
        asked = (since_hour, known_by)
        if asked not in self._digests:
            first = int(np.searchsorted(self.hour, since_hour))
            kept = first + np.flatnonzero(self.known_at[first:] <= known_by)
            told = hashlib.blake2b(digest_size=16)
            for column in (self.hour, self.known_at, *self.values):
                told.update(column[kept].tobytes())
            self._digests[asked] = told.digest()
        return self._digests[asked]

    def known_by(self, second: int) -> ToldWeather:
        """Only the versions that were known by a UTC second."""
        kept = self.known_at <= second
        return ToldWeather(
            place=self.place,
            hour=self.hour[kept],
            known_at=self.known_at[kept],
            values=self.values[:, kept],
        )


@dataclass(frozen=True, kw_only=True)
class PlaceWeather:
    """What was known of a place's weather at one moment, and at every moment before it."""

    told: ToldWeather
    """It may hold versions that became known after the moment: they are never shown."""
    moment_s: int
    """UTC second that this is known at."""
    whole_from_s: int = _SECONDS
    """UTC second from which on an issue time sees all that was known at the moment, even if it
    comes before that."""

    def as_of(self, moment: datetime) -> PlaceWeather:
        """Return the same weather as it was known at ``moment``."""
        return replace(self, moment_s=min(self.moment_s, _second(moment)))

    def whole_from(self, issue_time: datetime) -> PlaceWeather:
        """Return the same weather, all of which a forecast made at ``issue_time`` may look at."""
        return replace(self, whole_from_s=_second(issue_time))

    def asked_at(self, issue_s: IntArray) -> IntArray:
        """Return as of when issue times, UTC seconds, see this weather."""
        whole = issue_s >= self.whole_from_s
        return np.where(whole, self.moment_s, np.minimum(issue_s, self.moment_s))

    @property
    def foretells(self) -> bool:
        """Whether anything known at the moment was known before its hour began."""
        before = self.told.known_at < self.told.hour * _HOUR_S
        return bool((before & (self.told.known_at <= self.moment_s)).any())

    def digest(self, since: np.datetime64) -> bytes:
        """Return a hash of what is known of the hours from ``since`` on."""
        since_s = int(since.astype("datetime64[s]").astype(np.int64))
        return self.told.digest(since_s // _HOUR_S, self.moment_s)


def told_weather(place: str, versions: pl.DataFrame) -> ToldWeather:
    """Lay out versions of a place's weather, columns as in ``SEEN_COLUMNS``, in any order.

    Each variable is that of the best version that tells it: a station that measures no irradiance
    does not hide that of the reanalysis. What changes no value is left out.
    """
    told = by_rank(versions.with_columns(pl.col(SEEN_VARIABLES).fill_nan(None)))
    best = told.select(
        "valid_time",
        "known_at",
        "rank",
        **{
            name: pl.when(pl.col(name).is_not_null())
            .then("rank")
            .cum_max()
            .forward_fill()
            .over("valid_time")
            for name in SEEN_VARIABLES
        },
    )
    held = best.sort("valid_time", "known_at", "rank").filter(
        pl.any_horizontal(
            pl.col(name).ne_missing(pl.col(name).shift().over("valid_time"))
            for name in SEEN_VARIABLES
        )
    )
    values = told.sort("rank")
    return ToldWeather(
        place=place,
        hour=held["valid_time"].to_numpy() // _HOUR_S,
        known_at=held["known_at"].to_numpy().astype(np.int64),
        values=np.stack([_values(values[name].gather(held[name])) for name in SEEN_VARIABLES]),
    )


def weather_known(told: ToldWeather, moment: datetime) -> PlaceWeather | None:
    """Return what is known of it at a moment; None where nothing was told at all."""
    moment_s = _second(moment)
    if not (told.known_at <= moment_s).any():
        return None
    return PlaceWeather(told=told, moment_s=moment_s)


def _second(moment: datetime) -> int:
    return min(int(utc_instant(moment).astype(np.int64)), _SECONDS - 1)


def _values(column: pl.Series) -> FloatArray:
    return column.cast(pl.Float64).fill_null(np.nan).to_numpy().astype(np.float64)
