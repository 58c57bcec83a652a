"""Past days on which the hours up to the same clock time went like those before an issue time.

What such a day did next, lifted to the present level, is the best single guess of what comes (the
method of analogues: Lorenz 1969, doi 10.1175/1520-0469(1969)26<636:APARBN>2.0.CO;2).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from feature_store.features.load_table import IntArray
from feature_store.features.local_days import NO_DAY
from feature_store.features.sight import Sight
from feature_store.time_grid import STEPS_PER_HOUR, KilowattArray

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
    weight: npt.NDArray[np.float64]
    """Likewise, 0 where there is no day."""
    lift_kw: KilowattArray
    """How much higher the present level is than that day's was, likewise."""
    near_kw: KilowattArray
    """Distance of the fifth nearest, shape (issues, target days); NaN where days are too few."""

    def loads(self, sight: Sight) -> AnalogueSample:
        """What the days alike did at the clock time of each of the sight's targets."""
        ahead = sight.target_day - sight.issue_day
        issue = np.arange(len(ahead))[:, None]
        successor = self.day + np.arange(self.day.shape[1])[:, None]
        successor[self.day == NO_DAY] = NO_DAY
        seen_kw = sight.on(successor[issue, ahead], sight.target_step[..., None])
        fade = LIFT * np.exp(-sight.lead / LIFT_FADES_STEPS)
        demand_kw = self.lift_kw[issue, ahead]
        demand_kw *= fade[..., None]
        demand_kw += seen_kw
        unknown = np.isnan(demand_kw)
        demand_kw[unknown] = 0.0
        weight = self.weight[issue, ahead]
        weight[unknown] = 0.0
        near_kw = np.where(weight.any(axis=-1), self.near_kw[issue, ahead], np.nan)
        return AnalogueSample(
            demand_kw=demand_kw, weight=weight, day=self.day[issue, ahead], near_kw=near_kw
        )


@dataclass(frozen=True, kw_only=True)
class AnalogueSample:
    """What days alike did at each target, lifted to the present level."""

    demand_kw: KilowattArray
    """Shape (issues, leads, MEMBERS); of no meaning where the weight is 0."""
    weight: npt.NDArray[np.float64]
    """Likewise; 0 where nothing is known."""
    day: IntArray
    """Which past day a member is, likewise; ``NO_DAY`` where there is none."""
    near_kw: KilowattArray
    """How near the days are, shape (issues, leads); NaN where there are none."""


def analogue_sample(sight: Sight) -> AnalogueSample:
    """Find the days alike of every issue time, and what they did at its targets."""
    return find_analogues(sight).loads(sight)


def find_analogues(sight: Sight) -> Analogues:
    """Compare every issue time of a sight with the same clock time on past days."""
    candidate = sight.issue_day - np.arange(1, REACH_DAYS + 1)
    slot = sight.days.slot_on(candidate, sight.issue_step)
    alike = sight.kind(candidate) == sight.kind(sight.issue_day)
    distance_kw = _distances(sight, slot, alike)
    weekday = sight.group(candidate) == sight.group(sight.issue_day)
    age = np.arange(1, REACH_DAYS + 1)
    prior = np.power(AGE_FADES, age) * np.where(weekday, SAME_WEEKDAY, 1.0)
    target_days = int((sight.target_day - sight.issue_day).max()) + 1
    shape = (len(sight.issue), target_days, MEMBERS)
    found = Analogues(
        day=np.full(shape, NO_DAY),
        weight=np.zeros(shape),
        lift_kw=np.zeros(shape),
        near_kw=np.full(shape[:2], np.nan),
    )
    for ahead in range(target_days):
        usable = alike & (sight.kind(candidate + ahead) == sight.kind(sight.issue_day + ahead))
        usable &= age > ahead  # so that the day it stands for is over
        _keep_nearest(found, ahead, np.where(usable, distance_kw, np.inf), candidate, prior)
    _lift(found, sight)
    return found


def _distances(sight: Sight, slot: IntArray, wanted: npt.NDArray[np.bool_]) -> KilowattArray:
    """Weighted mean difference of the hours before the issue times and before slots.

    Returns:
        Shape (issues, slots) in kW; infinite where not wanted or where too little is known.
    """
    now_kw = sight.last(COMPARED_STEPS)
    distance_kw = np.full(slot.shape, np.inf)
    for number, issue in enumerate(sight.issue.tolist()):  # a year of days stays near the processor
        chosen = np.flatnonzero(wanted[number])
        apart_kw = sight.readings.spans(number, issue, slot[number, chosen], COMPARED_STEPS)
        apart_kw -= now_kw[number]
        np.abs(apart_kw, out=apart_kw)
        apart_kw *= LIKENESS
        mean_kw = apart_kw.sum(axis=1)
        torn = np.flatnonzero(np.isnan(mean_kw))
        if len(torn):
            mean_kw[torn] = _mean_of_known(apart_kw[torn])
        distance_kw[number, chosen] = mean_kw
    return distance_kw


def _mean_of_known(weighted_kw: KilowattArray) -> KilowattArray:
    known = ~np.isnan(weighted_kw)
    weight = np.where(known, LIKENESS, 0.0).sum(axis=1)
    total = np.where(known, weighted_kw, 0.0).sum(axis=1)
    enough = weight >= 1 - MOST_MISSING
    return np.where(enough, total / np.where(enough, weight, 1.0), np.inf)


def _keep_nearest(
    found: Analogues,
    ahead: int,
    distance_kw: KilowattArray,
    candidate: IntArray,
    prior: npt.NDArray[np.float64],
) -> None:
    nearest = np.argsort(distance_kw, axis=1, kind="stable")[:, :MEMBERS]
    near_kw = np.take_along_axis(distance_kw, nearest, axis=1)
    known = np.isfinite(near_kw)
    number = known.sum(axis=1)
    enough = number >= FEWEST
    rank = np.minimum(NEAR_RANK, np.maximum(number, 1)) - 1
    unit_kw = np.take_along_axis(near_kw, rank[:, None], axis=1)
    ratio = np.where(known, near_kw, 0.0) / (np.where(enough[:, None], unit_kw, 1.0) + _TINY_KW)
    weight = np.exp(-np.square(ratio)) * np.take_along_axis(prior, nearest, axis=1)
    kept = known & enough[:, None]
    found.day[:, ahead] = np.where(kept, np.take_along_axis(candidate, nearest, axis=1), NO_DAY)
    found.weight[:, ahead] = np.where(kept, weight, 0.0)
    found.near_kw[:, ahead] = np.where(enough, unit_kw[:, 0], np.nan)


def _lift(found: Analogues, sight: Sight) -> None:
    """Tell how much higher the present level is than the level of each day kept."""
    day = found.day.reshape(len(found.day), -1)
    slot = sight.days.slot_on(day, sight.issue_step)
    past_kw = _level(sight.readings.seen(_before(slot, LEVEL_STEPS), sight.issue))
    present_kw = _level(sight.last(LEVEL_STEPS))
    lift_kw = present_kw[:, None] - past_kw
    found.lift_kw[:] = np.where(np.isnan(lift_kw), 0.0, lift_kw).reshape(found.lift_kw.shape)


def _before(slot: IntArray, steps: int) -> IntArray:
    return slot[..., None] + np.arange(-steps, 0)


def _level(last_kw: KilowattArray) -> KilowattArray:
    """Weighted mean of what is known of the last intervals, over the last axis."""
    known = ~np.isnan(last_kw)
    weight = np.where(known, LEVEL, 0.0).sum(axis=-1)
    total = (np.where(known, last_kw, 0.0) * LEVEL).sum(axis=-1)
    return total / np.where(weight > 0, weight, np.nan)
