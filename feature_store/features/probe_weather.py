"""The made weather of the made firm that the catalogue's hash is taken of."""

from __future__ import annotations

from datetime import datetime

import numpy as np

from feature_store.entities.known_weather import HOUR, valid_hours
from feature_store.entities.place_weather import PlaceWeather, ToldWeather, weather_known

_HOUR_S = int(HOUR.astype(np.int64))
_AHEAD_H = (30, 6, -2)
"""Each hour is foretold twice and then measured."""


def probe_weather(start: datetime, end: datetime) -> PlaceWeather | None:
    """Return hours with gaps, foretold, foretold better and then measured."""
    hours = valid_hours(start, end).astype(np.int64) // _HOUR_S
    hour = np.repeat(hours[hours % 89 > 0], len(_AHEAD_H))
    ahead_h = np.tile(_AHEAD_H, len(hour) // len(_AHEAD_H))
    number = hour * 31 + ahead_h
    values = np.stack([(number * 7919 % 401) / 8 - 10, (number * 104_729 % 997) / 1.0])
    told = ToldWeather(place="probe", hour=hour, known_at=(hour - ahead_h) * _HOUR_S, values=values)
    return weather_known(told, end)
