"""The weather that was foretold of the target, and how far it lies off what the profile is used to.

A profile already holds the usual weather of its days: the difference is what tells more.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import numpy.typing as npt

from feature_store.entities.place_weather import SEEN_VARIABLES
from feature_store.features.feature import Column
from feature_store.features.load_table import IntArray
from feature_store.features.local_days import PROFILE_REACH_DAYS
from feature_store.features.sight import PROFILE_WEIGHTS, Sight
from feature_store.time_grid import STEPS_PER_DAY, STEPS_PER_HOUR

FloatArray = npt.NDArray[np.float64]

_HOURS_PER_DAY = STEPS_PER_DAY // STEPS_PER_HOUR


@dataclass(frozen=True)
class Weather:
    """Temperature and sunshine of the target's clock hour as known at the issue time.

    And how far they lie off their mean on the last days of the target's kind whose load is known,
    weighted as in the load's profile: what was measured of those days, or foretold, by then.
    """

    names: tuple[str, ...] = (
        "temperature_celsius",
        "irradiance_w_per_m2",
        "temperature_off_profile_k",
        "irradiance_off_profile_w_per_m2",
    )
    lookback: timedelta = timedelta(days=PROFILE_REACH_DAYS + 1)

    def values(self, sight: Sight) -> tuple[Column, ...]:
        """See :class:`feature_store.features.feature.Feature`."""
        if sight.weather is None:
            nothing = np.full((len(sight.issue), 1), np.nan)
            return (nothing,) * len(self.names)
        hour, of_lead = _clock_hours(sight)
        day, step = hour // _HOURS_PER_DAY, hour % _HOURS_PER_DAY * STEPS_PER_HOUR
        slot = sight.days.slot_on(day, step)
        earlier, step = sight.days_of_kind(day, step), step[..., None]
        weight = np.where(np.isnan(sight.on(earlier, step)), 0.0, PROFILE_WEIGHTS)
        earlier_slot = sight.days.slot_on(earlier, step)
        told, off_profile = [], []
        for variable in SEEN_VARIABLES:
            seen = sight.weather.on(variable, slot)
            usual = _mean(sight.weather.on(variable, earlier_slot), weight)
            told.append(np.take_along_axis(seen, of_lead, axis=1))
            off_profile.append(np.take_along_axis(seen - usual, of_lead, axis=1))
        return (*told, *off_profile)


def _clock_hours(sight: Sight) -> tuple[IntArray, IntArray]:
    """Distinct clock hours of the targets, and which of them is each lead's.

    Weather is told by the hour: leads one after another share it. An hour is counted from the first
    of the sight's days, so that what is made of it does not depend on what else is asked.

    Returns:
        Shapes (issues, n) and (issues, leads).
    """
    hour = sight.target_day * _HOURS_PER_DAY + sight.target_step // STEPS_PER_HOUR
    first = hour.min(axis=1, keepdims=True)
    hours = int((hour - first).max()) + 1
    if hours >= hour.shape[1]:
        return hour, np.broadcast_to(np.arange(hour.shape[1]), hour.shape)
    return np.minimum(first + np.arange(hours), hour.max(axis=1, keepdims=True)), hour - first


def _mean(values: FloatArray, weight: FloatArray) -> FloatArray:
    """Weighted mean over the last axis of what is known; NaN without any."""
    known = ~np.isnan(values)
    total = np.where(known, values * weight, 0.0).sum(axis=-1)
    weights = (weight * known).sum(axis=-1)
    return total / np.where(weights > 0, weights, np.nan)
