"""A place's weather, hour by hour, as it was known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

from feature_store.entities.weather_batch import VARIABLES
from feature_store.time_grid import STEP, STEPS_PER_HOUR, Instants, utc_instant

HOUR = STEPS_PER_HOUR * STEP
"""Weather is kept by the hour: every source that is read tells it so."""


@dataclass(frozen=True, kw_only=True)
class KnownWeather:
    """What one row each told of many hours; what is not known is NaN, never zero.

    The arrays have one value an hour asked about, shape (hours,), and cannot be written to. All
    values of an hour are from one source: a variable that it does not tell is NaN, even if another
    source tells it.
    """

    place: str
    valid_times: Instants
    """The hours, on the full hour; what the variables mean at it stands at ``VARIABLES``."""
    values: Mapping[str, npt.NDArray[np.float64]]
    """One array for each of ``VARIABLES``, by its name."""
    kind: npt.NDArray[np.str_]
    """A ``WeatherKind`` of each hour; empty where nothing is known."""
    issued_at: Instants
    """What the values speak from: when a forecast was first handed out, and of what was measured
    the hour itself; NaT where nothing is known."""
    known_at: Instants
    """When the values could first be read; NaT where nothing is known."""

    def __post_init__(self) -> None:
        """Refuse arrays of different lengths or other variables; close them to writing."""
        arrays = (self.valid_times, self.kind, self.issued_at, self.known_at, *self.values.values())
        if {array.shape for array in arrays} != {(len(self.valid_times),)}:
            shapes = sorted({str(array.shape) for array in arrays})
            raise ValueError(f"{self.place}: one value an hour is needed, not {', '.join(shapes)}")
        if set(self.values) != {variable.name for variable in VARIABLES}:
            raise ValueError(f"{self.place}: has {sorted(self.values)}, which are not VARIABLES")
        for array in arrays:
            array.setflags(write=False)

    @property
    def lead_time(self) -> npt.NDArray[np.timedelta64]:
        """How far ahead each value was told, ``timedelta64[s]``: 0 if measured, NaT if unknown."""
        return self.valid_times - self.issued_at


def valid_hours(start: datetime, end: datetime) -> Instants:
    """Return the full hours from ``start`` on to before ``end``; naive ones are refused.

    Example:
        >>> from datetime import UTC, timedelta
        >>> begun = datetime(2026, 7, 1, 8, 45, tzinfo=UTC)
        >>> valid_hours(begun, begun + timedelta(hours=2)).astype("datetime64[h]").tolist()[-1]
        datetime.datetime(2026, 7, 1, 10, 0)
    """
    first, end_instant = utc_instant(start, what="start"), utc_instant(end, what="end")
    if end_instant <= first:
        raise ValueError(f"weather is asked for from {start} to {end}, which is not later")
    since_hour = (first - first.astype("datetime64[h]")).astype("timedelta64[s]")
    return np.arange(first + (HOUR - since_hour) % HOUR, end_instant, HOUR)
