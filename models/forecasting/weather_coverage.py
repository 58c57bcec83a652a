"""Whether the weather of the hours to come is known where weather is looked at."""

from __future__ import annotations

import numpy as np

from feature_store.entities.place_weather import SEEN_VARIABLES, PlaceWeather
from feature_store.time_grid import STEPS_PER_DAY, Instants


def lacks_weather(weather: PlaceWeather | None, issue: np.datetime64, starts: Instants) -> bool:
    """Whether weather of the place is foretold, but that of an hour of the first day ahead is not.

    Nothing lacks where none was ever known before its hour, as where only measurements or a
    reanalysis are stored: then no model has learnt to look at any, and none is waited for.

    Args:
        weather: Of the firm's place.
        issue: From when it is looked at, a UTC instant.
        starts: Of the intervals that are forecast, UTC instants in the order of time.
    """
    if weather is None:
        return False
    hour = np.unique(starts[:STEPS_PER_DAY].astype("datetime64[h]")).astype(np.int64)
    issue_s = issue.astype("datetime64[s]").astype(np.int64)
    asked_at = weather.asked_at(np.full(hour.shape, issue_s))
    told = [weather.told.seen(variable, hour, asked_at) for variable in SEEN_VARIABLES]
    return bool(np.isnan(told).all(axis=0).any()) and weather.foretells
