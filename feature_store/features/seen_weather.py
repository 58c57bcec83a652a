"""The weather that many issue times see, each of its firm's place and as known then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from feature_store.entities.place_weather import PlaceWeather, SeenVariable, ToldWeather
from feature_store.features.load_table import IntArray
from feature_store.time_grid import STEP, STEPS_PER_HOUR

_STEP_S = int(STEP.astype(np.int64))
HOURS_AHEAD: dict[SeenVariable, int] = {"temperature_celsius": 0, "ghi_w_per_m2": 1}
"""Hour that tells of a quarter hour: temperature holds at its hour, irradiance of the one before.
"""


@dataclass(frozen=True, kw_only=True)
class _OfPlace:
    """Issue times that look at the same weather."""

    told: ToldWeather
    issues: IntArray
    asked_at: IntArray
    """Second as of which each of them sees it."""


@dataclass(frozen=True, kw_only=True)
class SeenWeather:
    """The guard of belief time: a value is given to an issue time only if it was known then."""

    places: tuple[_OfPlace, ...]

    def on(self, variable: SeenVariable, slot: IntArray) -> npt.NDArray[np.float64]:
        """Values of quarter hours, shape (issues, ...), NaN where nothing was known."""
        hour = slot // STEPS_PER_HOUR + HOURS_AHEAD[variable]
        beside = (-1, *(1,) * (slot.ndim - 1))
        seen = np.full(slot.shape, np.nan)
        for one in self.places:
            asked_at = one.asked_at.reshape(beside)
            seen[one.issues] = one.told.seen(variable, hour[one.issues], asked_at)
        return seen


def seen_weather(
    weathers: Sequence[PlaceWeather | None], firm: IntArray, issue: IntArray
) -> SeenWeather | None:
    """Gather what issue times, slots, see of the weather of their firms; None if none sees any.

    Args:
        weathers: One a firm.
        firm: Of each issue time.
        issue: Of each, shape (issues,).
    """
    places: dict[int, list[tuple[PlaceWeather, IntArray]]] = {}
    for number, weather in enumerate(weathers):
        if weather is not None:
            issues = np.flatnonzero(firm == number)
            places.setdefault(id(weather.told), []).append((weather, issues))
    if not places:
        return None
    return SeenWeather(places=tuple(_of_place(of_firms, issue) for of_firms in places.values()))


def _of_place(of_firms: list[tuple[PlaceWeather, IntArray]], issue: IntArray) -> _OfPlace:
    asked_at = [weather.asked_at(issue[issues] * _STEP_S) for weather, issues in of_firms]
    return _OfPlace(
        told=of_firms[0][0].told,
        issues=np.concatenate([issues for _, issues in of_firms]),
        asked_at=np.concatenate(asked_at),
    )
