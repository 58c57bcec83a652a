"""Columns on a quarter-hourly grid that grow at the end: views of them may be handed out."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from feature_store.time_grid import STEPS_PER_WEEK, Instants, KilowattArray

SPARE_STEPS = STEPS_PER_WEEK
"""Room beyond what is written: readings are added one by one, and a week of them costs one copy."""
NEVER = np.datetime64("NaT", "s")


@dataclass(frozen=True, kw_only=True)
class GridColumns:
    """What is known of one interval after another; what was written once never changes.

    More is written behind the end of who came first, into the same room; a second who wants to add
    there is given room of its own. Views are read-only: nobody writes into what another one reads.
    """

    demand_kw: KilowattArray
    """Shape (steps,); NaN where nothing is told."""
    known_at: Instants
    """Likewise; NaT where nothing is told."""
    known_by: npt.NDArray[np.int64]
    """UTC second by which this interval and all before it were known, so never falling; likewise.
    """
    _room: _Room

    @property
    def steps(self) -> int:
        """How many intervals there are."""
        return len(self.demand_kw)

    def grown(self, demand_kw: KilowattArray, known_at: Instants) -> GridColumns:
        """Return the same with more intervals at the end, shape (more,) each."""
        room = self._room
        end = self.steps + len(demand_kw)
        if room.used != self.steps or end > len(room.demand_kw):
            room = _Room.of(self, end + SPARE_STEPS)
        room.demand_kw[self.steps : end] = demand_kw
        room.known_at[self.steps : end] = known_at
        newest = known_at.view(np.int64)  # NaT is the smallest number
        before = self.known_by[-1:]
        known_by = np.maximum.accumulate(np.concatenate([before, newest]))[len(before) :]
        room.known_by[self.steps : end] = known_by
        room.used = end
        return room.columns


def grid_columns(demand_kw: KilowattArray, known_at: Instants) -> GridColumns:
    """Hold columns of shape (steps,) each, in memory of their own."""
    return _Room().columns.grown(demand_kw, known_at)


@dataclass(kw_only=True)
class _Room:
    """Memory that columns lie in, written up to ``used``."""

    demand_kw: KilowattArray = field(default_factory=lambda: np.empty(0))
    known_at: Instants = field(default_factory=lambda: np.empty(0, dtype="datetime64[s]"))
    known_by: npt.NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    used: int = 0

    @staticmethod
    def of(columns: GridColumns, steps: int) -> _Room:
        """Room for so many steps, with ``columns`` in it."""
        room = _Room(
            demand_kw=np.empty(steps),
            known_at=np.empty(steps, dtype="datetime64[s]"),
            known_by=np.empty(steps, dtype=np.int64),
            used=columns.steps,
        )
        room.demand_kw[: room.used] = columns.demand_kw
        room.known_at[: room.used] = columns.known_at
        room.known_by[: room.used] = columns.known_by
        return room

    @property
    def columns(self) -> GridColumns:
        """What is written by now."""
        columns = GridColumns(
            demand_kw=self.demand_kw[: self.used],
            known_at=self.known_at[: self.used],
            known_by=self.known_by[: self.used],
            _room=self,
        )
        for view in (columns.demand_kw, columns.known_at, columns.known_by):
            view.flags.writeable = False
        return columns
