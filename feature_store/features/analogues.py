"""Past days on which the hours up to the same clock time went like those before an issue time.

What such a day did next, lifted to the present level, is the best single guess of what comes (the
method of analogues: Lorenz 1969, doi 10.1175/1520-0469(1969)26<636:APARBN>2.0.CO;2).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from feature_store.features.load_table import IntArray
from feature_store.features.local_days import NO_DAY
from feature_store.features.loops import fill_members, nearest_days
from feature_store.features.sight import Sight
from feature_store.time_grid import STEPS_PER_DAY, STEPS_PER_HOUR, KilowattArray

FloatArray = npt.NDArray[np.float64]

REACH_DAYS = 366
"""How far back days are compared: once round the seasons."""
MEMBERS = 24
"""Days kept; the weights of later ones are next to nothing."""
COMPARED_STEPS = 16 * STEPS_PER_HOUR
"""Hours before the issue time that are compared, older ones counting less."""
LIKENESS = np.exp(np.arange(-COMPARED_STEPS, 0) / (6 * STEPS_PER_HOUR))
LIKENESS /= LIKENESS.sum()
"""Weight of the difference in each compared interval, oldest first; it fades over six hours."""
MOST_MISSING = 0.5
"""Share of the weight that may be missing from a comparison."""
LEVEL_STEPS = 4 * STEPS_PER_HOUR
LEVEL = np.exp(np.arange(-LEVEL_STEPS, 0) / STEPS_PER_HOUR)
"""Weight of the last intervals in what is called the present level; it fades over an hour."""
LIFT = 0.8
"""Share of the difference of levels by which a day is lifted at once."""
LIFT_FADES_STEPS = 6 * STEPS_PER_HOUR
"""Lead time over which the lift fades."""
NEAR_RANK = 5
"""The distance of the fifth nearest day is the unit of likeness."""
FEWEST = 3
"""With fewer comparable days there are no analogues."""
AGE_FADES = 0.995
"""Weight of a day against one a day younger: half after 138 days."""
SAME_WEEKDAY = 1.5
"""Weight of a day of the same weekday against others of its kind."""
SPANS_AT_ONCE = 1024
"""Days compared together: half a megabyte, which stays near the processor."""
ISSUES_AT_ONCE = 8
"""Issue times whose members are looked at together: of two days of leads 300 kB an array."""
_TINY_KW = 1e-9
"""Where the fifth nearest does not differ at all, only days that do not either have weight."""


@dataclass(frozen=True, kw_only=True)
class Analogues:
    """The days most like, for each issue time and each target day from its own day on.

    A past day stands for a target day if both it and its successor so many days on are of the same
    kinds as the issue day and the target day.
    """

    day: IntArray
    """Past day that the issue day is likened to, shape (issues, target days, MEMBERS); ``NO_DAY``
    where there is none."""
    weight: FloatArray
    """Likewise, 0 where there is no day."""
    lift_kw: KilowattArray
    """How much higher the present level is than that day's was, likewise."""
    near_kw: KilowattArray
    """Distance of the fifth nearest, shape (issues, target days); NaN where days are too few."""

    def members(self, sight: Sight, issues: slice) -> tuple[FloatArray, KilowattArray]:
        """Tell what the days did at the clock time of each target of some issue times.

        Returns:
            Weight and load, lifted to the present level, shape (issues, leads, MEMBERS) each; both
            are 0 where nothing is known. Of a few issue times, they stay near the processor.
        """
        day, ahead = self.day[issues], np.arange(self.day.shape[1])[:, None]
        successor = np.where(day == NO_DAY, NO_DAY, day + ahead)
        days_kw = sight.whole_days(successor.reshape(1, len(day), -1), issues.start)
        place = sight.target_place[issues] - issues.start * self.day.shape[1]
        weight, demand_kw = np.empty((2, *place.shape, MEMBERS))
        fill_members(
            days_kw.reshape(-1, MEMBERS, STEPS_PER_DAY),
            self.weight[issues].reshape(-1, MEMBERS),
            self.lift_kw[issues].reshape(-1, MEMBERS),
            LIFT * np.exp(-sight.lead[issues].ravel() / LIFT_FADES_STEPS),
            place.ravel(),
            sight.target_step[issues].ravel(),
            weight.reshape(-1, MEMBERS),
            demand_kw.reshape(-1, MEMBERS),
        )
        return weight, demand_kw


@dataclass(frozen=True, kw_only=True)
class AnalogueSample:
    """What days alike did at each target, lifted to the present level."""

    demand_kw: KilowattArray
    """Shape (issues, leads, MEMBERS); of no meaning where the weight is 0."""
    weight: FloatArray
    """Likewise; 0 where nothing is known."""
    day: IntArray
    """Which past day a member is, likewise; ``NO_DAY`` where there is none."""


def analogue_sample(sight: Sight) -> AnalogueSample:
    """Find the days alike of every issue time, and what they did at its targets."""
    found = sight.once(find_analogues)
    weight, demand_kw = np.empty((2, *sight.lead.shape, MEMBERS))
    for issues in a_few_at_once(sight):
        weight[issues], demand_kw[issues] = found.members(sight, issues)
    return AnalogueSample(
        demand_kw=demand_kw,
        weight=weight,
        day=found.day.reshape(-1, MEMBERS)[sight.target_place],
    )


def a_few_at_once(sight: Sight) -> Iterator[slice]:
    """Part the issue times of a sight for :meth:`Analogues.members`."""
    for first in range(0, len(sight.issue), ISSUES_AT_ONCE):
        yield slice(first, min(first + ISSUES_AT_ONCE, len(sight.issue)))


def find_analogues(sight: Sight) -> Analogues:
    """Compare every issue time of a sight with the same clock time on past days."""
    candidate = sight.issue_day - np.arange(1, REACH_DAYS + 1)
    slot = sight.days.slot_on(candidate, sight.issue_step)
    alike = sight.kind(candidate) == sight.kind(sight.issue_day)
    distance_kw = _distances(sight, slot, alike)
    day, near_kw = _nearest(sight, distance_kw)
    known = np.isfinite(near_kw)
    number = known.sum(axis=-1, keepdims=True)
    enough = number >= FEWEST
    rank = np.minimum(NEAR_RANK, np.maximum(number, 1)) - 1
    unit_kw = np.where(enough, np.take_along_axis(near_kw, rank, axis=-1), np.nan)
    kept = known & enough
    ratio = np.where(kept, near_kw, 0.0) / (np.where(enough, unit_kw, 1.0) + _TINY_KW)
    day = np.where(kept, day, NO_DAY)
    return Analogues(
        day=day,
        weight=np.where(kept, np.exp(-np.square(ratio)) * _prior(sight, day), 0.0),
        lift_kw=_lift(sight, day),
        near_kw=unit_kw[..., 0],
    )


def _distances(sight: Sight, slot: IntArray, wanted: npt.NDArray[np.bool_]) -> KilowattArray:
    """Weighted mean difference of the hours before the issue times and before slots.

    Returns:
        Shape (issues, slots) in kW; infinite where not wanted or where too little is known.
    """
    now_kw = sight.last(COMPARED_STEPS)
    distance_kw = np.full(slot.shape, np.inf)
    told = slot - COMPARED_STEPS >= sight.readings.first_slot[:, None]
    number, place = np.nonzero(wanted & told)
    for first in range(0, len(number), SPANS_AT_ONCE):
        issue, back = number[first : first + SPANS_AT_ONCE], place[first : first + SPANS_AT_ONCE]
        apart_kw = sight.readings.spans(
            issue, slot[issue, back], sight.issue[issue], COMPARED_STEPS
        )
        apart_kw -= now_kw.take(issue, axis=0)
        np.abs(apart_kw, out=apart_kw)
        mean_kw = _weighted_mean(apart_kw, LIKENESS, 1 - MOST_MISSING)
        distance_kw[issue, back] = np.fmin(mean_kw, np.inf)  # infinite where it is NaN
    return distance_kw


def _nearest(sight: Sight, distance_kw: KilowattArray) -> tuple[IntArray, KilowattArray]:
    """The nearest of the days that may stand for each target day, and how near they are.

    Args:
        sight: Of the issue times.
        distance_kw: Of the days before each issue day, shape (issues, REACH_DAYS).

    Returns:
        Shape (issues, target days, MEMBERS) each; infinite where there is no further day.
    """
    order = np.argsort(distance_kw, axis=1, kind="stable")  # of those as near, the youngest first
    kinds = sight.kind(sight.target_days)
    day = np.full((*kinds.shape, MEMBERS), NO_DAY)
    near_kw = np.full(day.shape, np.inf)
    of_day, calendar = sight.of_firms.kind, sight.calendar
    nearest_days(distance_kw, order, sight.issue_day[:, 0], of_day, calendar, kinds, day, near_kw)
    return day, near_kw


def _prior(sight: Sight, day: IntArray) -> FloatArray:
    """Weight of past days, shape (issues, target days, MEMBERS), whatever they were like."""
    issue_day = sight.issue_day[..., None]
    faded = np.power(AGE_FADES, np.arange(REACH_DAYS + 1))
    weekday = sight.group(day) == sight.group(issue_day)
    return faded.take(issue_day - day, mode="clip") * np.where(weekday, SAME_WEEKDAY, 1.0)


def _lift(sight: Sight, day: IntArray) -> KilowattArray:
    """How much higher the present level is than that of past days, of the shape of these."""
    issue = np.repeat(np.arange(len(day)), day[0].size)
    slot = sight.days.slot_on(day.ravel(), sight.issue_step[issue, 0])
    past_kw = sight.readings.spans(issue, slot, sight.issue[issue], LEVEL_STEPS)
    least = LEVEL.min()
    present_kw = _weighted_mean(sight.last(LEVEL_STEPS), LEVEL, least)
    lift_kw = present_kw[issue] - _weighted_mean(past_kw, LEVEL, least)
    return np.where(np.isnan(lift_kw), 0.0, lift_kw).reshape(day.shape)


def _weighted_mean(rows_kw: KilowattArray, weights: FloatArray, least: float) -> KilowattArray:
    """Weighted mean of what is known of each row, NaN where that weighs less than ``least``."""
    mean_kw = np.vecdot(rows_kw, weights) / weights.sum()
    torn = np.flatnonzero(np.isnan(mean_kw))
    if len(torn):
        known = ~np.isnan(rows_kw[torn])
        weight = np.vecdot(known, weights)
        total_kw = np.vecdot(np.where(known, rows_kw[torn], 0.0), weights)
        mean_kw[torn] = total_kw / np.where(weight >= least, weight, np.nan)
    return mean_kw
