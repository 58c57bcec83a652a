"""Past days alike, as one issue time sees them: what they did where the targets lie."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from feature_store.time_grid import KilowattArray

NO_DAY = -1
"""In ``day``: no past day stands there."""
LEAST_DAYS = 3
"""Fewer past days say too little of how a day can go: what rests on them falls back."""


@dataclass(frozen=True, kw_only=True)
class AnalogueLoads:
    """Loads of past days alike, the members, beside the steps of one forecast.

    The steps fall into parts, the target days. Within a part each column is one past day; in the
    next part the same past day may stand in another column, and is found again by its number.
    """

    demand_kw: KilowattArray
    """What each member did at the step's clock time, lifted to the present level, shape (steps,
    members); NaN where it was not measured."""
    weight: npt.NDArray[np.float64]
    """How alike the member is, >= 0, shape (steps, members); 0 for none."""
    day: npt.NDArray[np.int64]
    """Number of the past day that the member comes from, shape (steps, members); ``NO_DAY`` for
    none. A member that goes on into the next part keeps its number."""

    def __post_init__(self) -> None:
        """Refuse other shapes, weights that are none, and a day that stands twice in a step."""
        shape = self.demand_kw.shape
        if len(shape) != 2 or self.weight.shape != shape or self.day.shape != shape:  # noqa: PLR2004
            raise ValueError(
                f"demand_kw {shape}, weight {self.weight.shape} and day {self.day.shape} must "
                "have one shape (steps, members)"
            )
        if not np.isfinite(self.weight).all() or (self.weight < 0).any():
            raise ValueError("a weight is negative or not finite; 0 stands for no member")
        if ((self.weight > 0) & (self.day == NO_DAY)).any():
            raise ValueError("a member with a weight has no day; number the day it comes from")
        days = np.sort(self.day[self._part_starts], axis=1)
        if ((np.diff(days, axis=1) == 0) & (days[:, 1:] != NO_DAY)).any():
            raise ValueError("a past day stands in two columns of one step; give it one")

    def after(self, steps: int) -> AnalogueLoads:
        """Return what is left without the first steps."""
        return AnalogueLoads(
            demand_kw=self.demand_kw[steps:], weight=self.weight[steps:], day=self.day[steps:]
        )

    def at_standby(self, off: npt.NDArray[np.bool_], standby_kw: KilowattArray) -> AnalogueLoads:
        """Return the same days, none of which draws more than standby while the supply is off.

        The days had supply: what they drew then says nothing of how high these steps can go.

        Args:
            off: Of each step, shape (steps,).
            standby_kw: The most that is thought to be drawn then, >= 0, shape (steps,).
        """
        if not off.any():
            return self
        lowered_kw = np.clip(self.demand_kw, 0.0, standby_kw[:, None])
        return replace(self, demand_kw=np.where(off[:, None], lowered_kw, self.demand_kw))

    @property
    def steps(self) -> int:
        """Steps of the forecast that these stand beside."""
        return len(self.day)

    @cached_property
    def known_weight(self) -> npt.NDArray[np.float64]:
        """The weight of what was measured, 0 elsewhere, shape (steps, members)."""
        return np.where(np.isfinite(self.demand_kw), self.weight, 0.0)

    @cached_property
    def parts(self) -> tuple[slice, ...]:
        """The steps of each target day, in order: where the members stay the same."""
        starts = self._part_starts
        ends = np.append(starts[1:], self.steps)
        return tuple(slice(int(one), int(end)) for one, end in zip(starts, ends, strict=True))

    @cached_property
    def shares(self) -> npt.NDArray[np.float64]:
        """Probability of each member in each part, shape (parts, members).

        It is the mean weight over the part's measured steps; a part with fewer than
        ``LEAST_DAYS`` members has none, all 0.
        """
        weight = np.stack([self.known_weight[part].mean(axis=0) for part in self.parts])
        enough = (weight > 0).sum(axis=1, keepdims=True) >= LEAST_DAYS
        total = weight.sum(axis=1, keepdims=True)
        return np.where(enough, weight / np.where(total > 0, total, 1.0), 0.0)

    def part_days(self, part: int) -> npt.NDArray[np.int64]:
        """Numbers of the past days of a part's columns, shape (members,)."""
        return self.day[self.parts[part].start]

    @property
    def _part_starts(self) -> npt.NDArray[np.intp]:
        changes = (self.day[1:] != self.day[:-1]).any(axis=1)
        return np.flatnonzero(np.concatenate([[True], changes]))
