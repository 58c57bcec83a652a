"""Every version of a place's weather, from which what was known at any moment is picked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import polars as pl

from feature_store.entities.known_weather import KnownWeather, valid_hours
from feature_store.entities.weather_batch import VARIABLES, WeatherKind
from feature_store.time_grid import Instants, utc_instant

PRECEDENCE: tuple[WeatherKind, ...] = ("forecast", "reanalysis", "observation")
"""A later one holds where both are known: a station measures on the spot, the reanalysis is a model
of the past that saw measurements, a forecast saw none of the hour."""

VERSION_COLUMNS: dict[str, pl.DataType | type[pl.DataType]] = {
    "kind": pl.String,
    "valid_time": pl.Int64,
    "issued_at": pl.Int64,
    "known_at": pl.Int64,
    **{variable.name: pl.Float64 for variable in VARIABLES},
}
"""The times are UTC epoch seconds. ``issued_at`` is when a forecast was first handed out, and of
what was measured the hour itself; ``known_at`` is later than that where an issue was corrected."""


@dataclass(frozen=True, kw_only=True)
class WeatherVersions:
    """All that was told of a place's hours from ``start`` to before ``end``, known at ``moment``.

    It serves a frame of many issue times with one look at the store.
    """

    place: str
    start: datetime
    end: datetime
    moment: datetime
    rows: pl.DataFrame
    """Columns as in ``VERSION_COLUMNS``, one row a version, in any order."""

    @property
    def known(self) -> KnownWeather:
        """What was known at ``moment`` of each full hour."""
        hours = valid_hours(self.start, self.end)
        return self.as_known_at(np.full(hours.shape, utc_instant(self.moment)), hours)

    def as_known_at(self, issue_times: Instants, valid_times: Instants) -> KnownWeather:
        """Return of each hour what was known at the issue time beside it.

        Of the versions known by then, the kind that comes last in ``PRECEDENCE`` holds, of it the
        newest issue, of that the latest correction. It equals asking the store's knowledge at each
        issue time.

        Args:
            issue_times: Moments up to that of the versions, shape (n,).
            valid_times: Full hours from ``start`` to before ``end``, shape (n,).
        """
        self._refuse_outside(issue_times, valid_times)
        asked = pl.DataFrame(
            {
                "valid_time": valid_times.astype(np.int64),
                "asked_at": issue_times.astype(np.int64),
            }
        ).with_row_index("position")
        told = (
            asked.sort("asked_at")
            .join_asof(
                holding(self.rows).with_columns(held_from="known_at"),
                left_on="asked_at",
                right_on="held_from",
                by="valid_time",
                strategy="backward",
                check_sortedness=False,  # both are sorted
            )
            .sort("position")
        )
        return KnownWeather(
            place=self.place,
            valid_times=valid_times.copy(),
            values={one.name: told[one.name].fill_null(np.nan).to_numpy() for one in VARIABLES},
            kind=told["kind"].fill_null("").to_numpy().astype(np.str_),
            issued_at=_instants(told["issued_at"]),
            known_at=_instants(told["known_at"]),
        )

    def _refuse_outside(self, issue_times: Instants, valid_times: Instants) -> None:
        if issue_times.shape != valid_times.shape:
            raise ValueError(
                f"{self.place}: {issue_times.shape} issue times for {valid_times.shape} hours; "
                "give one for each"
            )
        if (issue_times > utc_instant(self.moment)).any():
            raise ValueError(
                f"{self.place}: an issue time is later than {self.moment}, when these versions "
                "were known; ask the store at a later moment"
            )
        before = valid_times < utc_instant(self.start)
        if (before | (valid_times >= utc_instant(self.end))).any():
            raise ValueError(
                f"{self.place}: an hour is not from {self.start} to before {self.end}; ask the "
                "store for a longer time"
            )


def holding(versions: pl.DataFrame) -> pl.DataFrame:
    """Return the versions that held from their ``known_at`` on, until the next of their hour.

    They are in the order of :func:`by_rank`. One that becomes known when a better one is known
    already never holds.
    """
    return by_rank(versions).filter(pl.col("rank") == pl.col("rank").cum_max().over("valid_time"))


def by_rank(versions: pl.DataFrame) -> pl.DataFrame:
    """Return the versions with a ``rank`` each, from 0, the best of an hour having the largest.

    They are in the order in which they became known, of those at once the best last.
    """
    return (
        versions.with_columns(precedence=pl.col("kind").cast(pl.Enum(PRECEDENCE)))
        .sort("precedence", "issued_at", "known_at")
        .with_row_index("rank")
        .sort("known_at", "rank")
    )


def _instants(seconds: pl.Series) -> Instants:
    """Return UTC epoch seconds as instants; null becomes NaT."""
    return pl.from_epoch(seconds, time_unit="s").to_numpy().astype("datetime64[s]")
