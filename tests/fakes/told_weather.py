"""Made weather of a place: each hour foretold twice, the second time better, and then measured."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np

from feature_store.entities.known_weather import valid_hours
from feature_store.entities.place_weather import PlaceWeather, ToldWeather, weather_known
from tests.builders import MONDAY, seconds
from tests.made_weather import PLACE

HOUR_S = 3600
AHEAD_H = (60, 24, -2)
"""How long before its hour each version is known."""
ERRORS_K = (3.0, 1.5, 0.0)
"""How far off each of them is, about."""


def told_weather_of(hour, known_at, celsius, ghi) -> ToldWeather:
    """Versions in any order, hours and seconds counted from 1970."""
    order = np.lexsort((known_at, hour))
    return ToldWeather(
        place=PLACE,
        hour=np.asarray(hour)[order],
        known_at=np.asarray(known_at)[order],
        values=np.stack([np.asarray(celsius, float)[order], np.asarray(ghi, float)[order]]),
    )


def a_made_weather(
    days: int, *, start: datetime = MONDAY, seed: int = 0, ahead_h=AHEAD_H
) -> PlaceWeather:
    """Days of their own warmth and cloud, from ``start`` to four days after the last of them."""
    random = np.random.default_rng(seed)
    end = start + timedelta(days=days + 4)
    hours = valid_hours(start, end).astype(int) // HOUR_S
    local = np.arange(len(hours)) % 24
    of_day = np.arange(len(hours)) // 24
    warmth = 6 * random.standard_normal(days + 5)[of_day]
    clear = random.uniform(0.1, 1, days + 5)[of_day]
    celsius = 18 + 5 * np.sin((local - 9) / 24 * 2 * np.pi) + warmth
    ghi = 900 * clear * np.clip(np.sin((local - 6) / 12 * np.pi), 0, None)
    parts = []
    for ahead, error in zip(AHEAD_H, ERRORS_K, strict=True):
        if ahead not in ahead_h:
            continue
        off = error * random.standard_normal(days + 5)[of_day]
        known_at = (hours - ahead) * HOUR_S
        parts.append((hours, known_at, celsius + off, ghi * np.clip(1 + off / 20, 0, 1.5)))
    told = told_weather_of(*(np.concatenate(column) for column in zip(*parts, strict=True)))
    return weather_known(told, end)


def from_hour(weather: PlaceWeather, moment: datetime) -> PlaceWeather:
    """The same, of the hours from a moment on."""
    told = weather.told
    kept = told.hour * HOUR_S >= seconds(moment) // HOUR_S * HOUR_S
    cut = told_weather_of(told.hour[kept], told.known_at[kept], *told.values[:, kept])
    return PlaceWeather(told=cut, moment_s=weather.moment_s)


def poisoned_after(weather: PlaceWeather, second: int) -> PlaceWeather:
    """The same, with nonsense in whatever became known after a UTC second, and more of it."""
    told = weather.told
    late = told.known_at > second
    extra = told.hour[late]
    return PlaceWeather(
        told=told_weather_of(
            np.concatenate([told.hour, extra]),
            np.concatenate([told.known_at, told.known_at[late] + 1]),
            *(
                np.concatenate([np.where(late, 1e6, row), np.full(len(extra), -1e6)])
                for row in told.values
            ),
        ),
        moment_s=weather.moment_s,
    )
