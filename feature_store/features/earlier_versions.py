"""What an issue time saw of a reading that was corrected after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from feature_store.entities.load_history import LoadHistory
from feature_store.features.load_table import IntArray
from feature_store.time_grid import STEP, Instants, KilowattArray

_SLOTS = 2**32
"""More slots than any time has: 2**32 quarter hours after 1970 is the year 124,000."""


@dataclass(frozen=True, kw_only=True)
class EarlierVersions:
    """Superseded readings of many firms, found by place and issue time at once.

    A place is a position in :attr:`feature_store.features.known_readings.KnownReadings.demand_kw`.
    """

    until: IntArray
    """Place x ``_SLOTS`` + first slot at which the version no longer held, ascending."""
    visible_from: IntArray
    """First slot at whose start the version was known, shape (versions,)."""
    demand_kw: KilowattArray
    """What it told, likewise."""

    def seen(self, place: IntArray, issue: IntArray) -> KilowattArray:
        """Versions of places that held at issue times, both of shape (n,); else NaN."""
        wanted = place * _SLOTS + issue
        found = np.searchsorted(self.until, wanted, side="right")  # the first that held for longer
        found = np.minimum(found, len(self.until) - 1)
        until = self.until[found]
        held = (until > wanted) & (until // _SLOTS == place) & (self.visible_from[found] <= issue)
        return np.where(held, self.demand_kw[found], np.nan)


def earlier_versions(
    histories: Sequence[LoadHistory], first_slot: IntArray, last_slot: IntArray, begin: IntArray
) -> EarlierVersions | None:
    """Lay out the superseded readings of ``histories``; None if no issue time could see any.

    Args:
        histories: One a firm.
        first_slot: Slot that lies at ``begin``, shape (firms,); it is never seen.
        last_slot: Slot from which on nothing is asked for, likewise.
        begin: Place where each firm's stretch begins, likewise, ascending.
    """
    untils, visible, told_kw = [], [], []
    for number, history in enumerate(histories):
        earlier = history.superseded
        if not len(earlier.start):
            continue
        slot = _first_slot_from(earlier.start)
        visible_from = np.maximum(_first_slot_from(earlier.known_from), slot + 1)
        until = _first_slot_from(earlier.known_until)
        inside = (slot > first_slot[number]) & (slot < last_slot[number])
        kept = inside & (visible_from < until)  # or it came and went between two issue times
        place = begin[number] + slot - first_slot[number]
        untils.append((place * _SLOTS + until)[kept])
        visible.append(visible_from[kept])
        told_kw.append(earlier.demand_kw[kept])
    if not any(len(until) for until in untils):
        return None
    return EarlierVersions(
        until=np.concatenate(untils),
        visible_from=np.concatenate(visible),
        demand_kw=np.concatenate(told_kw),
    )


def _first_slot_from(instants: Instants) -> IntArray:
    """The first slot that starts at or after each instant."""
    seconds = instants.astype("datetime64[s]").astype(np.int64)
    return -(-seconds // STEP.astype(np.int64))
