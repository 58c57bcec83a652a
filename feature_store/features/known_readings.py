"""Readings of many firms laid end to end, each with the slot from which on it can be seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from feature_store.entities.load_history import LoadHistory
from feature_store.features.earlier_versions import EarlierVersions, earlier_versions
from feature_store.features.load_table import IntArray
from feature_store.features.loops import any_after, fill_runs
from feature_store.time_grid import STEP, KilowattArray, utc_instant

_STEP_S = int(STEP.astype(np.int64))


@dataclass(frozen=True, kw_only=True)
class KnownReadings:
    """The guard of belief time: a value is given to an issue time only if it was known then."""

    demand_kw: KilowattArray
    """All firms' readings one after another, NaN where there is none. Each firm's stretch begins
    with a slot that is never seen and holds every slot up to its last target."""
    visible_from: IntArray | None
    """First slot at whose start each of ``demand_kw`` was known; None where every reading was
    known when its interval ended."""
    earlier: EarlierVersions | None
    """What was known before a correction was; None where nothing was corrected."""
    begin: IntArray
    """Where the stretch of each firm begins; of each issue time's firm once asked."""
    first_slot: IntArray
    """Slot that lies there, likewise."""
    steps: IntArray
    """Length of the stretch, likewise."""

    def of_issues(self, firm: IntArray) -> KnownReadings:
        """The same readings, asked by issue times of the given firms."""
        return replace(
            self, begin=self.begin[firm], first_slot=self.first_slot[firm], steps=self.steps[firm]
        )

    def seen(self, slot: IntArray, issue: IntArray) -> KilowattArray:
        """Readings of slots, shape (issues, ...), as known at the issue times; else NaN."""
        beside = (-1, *(1,) * (slot.ndim - 1))
        begin, issue = self.begin.reshape(beside), issue.reshape(beside)
        place = np.maximum(slot + (begin - self.first_slot.reshape(beside)), begin)
        known = slot < issue
        if self.visible_from is None:
            return np.where(known, self.demand_kw.take(place), np.nan)
        yet_to_come = self.visible_from.take(place) > issue
        seen_kw = np.where(known & ~yet_to_come, self.demand_kw.take(place), np.nan)
        if self.earlier is not None:
            at = np.nonzero(known & yet_to_come)
            issues = np.broadcast_to(issue, slot.shape)
            seen_kw[at] = self.earlier.seen(place[at], issues[at])
        return seen_kw

    def before(self, issue: IntArray, steps: int) -> KilowattArray:
        """The last ``steps`` readings before each issue time, shape (issues, steps)."""
        if (issue - steps < self.first_slot).any():
            raise ValueError(f"{steps} steps before the issue time are more than were laid out")
        return self.spans(np.arange(len(issue)), issue, issue, steps)

    def spans(self, number: IntArray, slot: IntArray, issue: IntArray, steps: int) -> KilowattArray:
        """The ``steps`` readings before each of many slots, as issue times knew them.

        Args:
            number: Which issue time asks for each, shape (n,).
            slot: Likewise; from its issue time on nothing is seen.
            issue: The slot of that issue time, likewise.
            steps: Readings before each.

        Returns:
            Shape (n, steps); NaN where a span begins before what was laid out.
        """
        begin = self.begin[number]
        start = begin + (slot - steps - self.first_slot[number])
        known = issue - slot + steps
        seen_kw = np.empty((len(slot), steps))
        fill_runs(self.demand_kw, start, begin, known, seen_kw)
        if self.visible_from is not None:
            place = np.maximum(start, begin)[:, None] + np.arange(steps)
            asked = (start >= begin)[:, None] & (np.arange(steps) < known[:, None])
            row, back = np.nonzero(asked & (self.visible_from.take(place) > issue[:, None]))
            seen_kw[row, back] = np.nan
            if self.earlier is not None:
                seen_kw[row, back] = self.earlier.seen(place[row, back], issue[row])
        return seen_kw

    def measured(self, slot: IntArray) -> KilowattArray:
        """Readings of slots, shape (issues, leads), whenever known: targets, never features."""
        place = np.clip(slot - self.first_slot[:, None], 0, self.steps[:, None] - 1)
        return self.demand_kw.take(self.begin[:, None] + place)


def known_readings(
    histories: Sequence[LoadHistory], first_slot: IntArray, last_slot: IntArray
) -> KnownReadings:
    """Lay out the readings of ``histories`` after the first and before the last of their slots."""
    steps = last_slot - first_slot + 1
    begin = np.concatenate([[0], np.cumsum(steps)])
    demand_kw = np.empty(begin[-1])
    late: list[tuple[int, IntArray]] = []
    for number, history in enumerate(histories):
        first, last = int(first_slot[number]), int(last_slot[number])
        start = int(utc_instant(history.grid.start).astype(np.int64)) // _STEP_S
        cut = slice(max(first + 1 - start, 0), max(last - start, 0))
        known_at = history.known_at[cut].astype("datetime64[s]", copy=False).view(np.int64)
        place = int(begin[number]) + start + cut.start - first
        demand_kw[begin[number] : min(place, begin[number + 1])] = np.nan
        demand_kw[place : place + len(known_at)] = history.demand_kw[cut]
        demand_kw[place + len(known_at) : begin[number + 1]] = np.nan
        began = start + cut.start
        if any_after(known_at, (began + 1) * _STEP_S, _STEP_S):
            ended = np.arange(began + 1, began + len(known_at) + 1) * _STEP_S
            late.append((place, -(-np.maximum(known_at, ended) // _STEP_S)))
    return KnownReadings(
        demand_kw=demand_kw,
        visible_from=_visible_from(len(demand_kw), late),
        earlier=earlier_versions(histories, first_slot, last_slot, begin[:-1]),
        begin=begin[:-1],
        first_slot=first_slot,
        steps=steps,
    )


def _visible_from(steps: int, late: list[tuple[int, IntArray]]) -> IntArray | None:
    if not late:
        return None
    visible_from = np.zeros(steps, dtype=np.int64)  # of the others, the interval's end decides
    for place, known_from in late:
        visible_from[place : place + len(known_from)] = known_from
    return visible_from
