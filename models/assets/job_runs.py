"""The runs of a job on a grid: where each usually lies, and where else it may start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from feature_store.time_grid import KilowattArray


@dataclass(frozen=True, kw_only=True)
class JobRun:
    """One run on a grid."""

    day: date
    """Local day that it belongs to."""
    number: int
    """Which of the day's runs it is, from 0 on, of those that the grid still sees."""
    usual_start: int
    """Step of the usual start; negative if it began before the grid."""
    starts: tuple[int, ...]
    """Steps at which it may start instead; empty if it keeps its usual place."""


def laid_out(
    day: date, places: Sequence[int], allowed: Sequence[int], *, length: int, steps: int
) -> list[JobRun]:
    """Return a day's runs, in order, that usually start at ``places``.

    One that began before the grid, or which would outlast it, keeps its place, and the others
    keep clear of it. ``allowed`` are the steps of the grid at which a run may start.
    """
    kept = [place for place in places if place < 0 or place + length > steps]
    clear = [start for start in allowed if all(abs(start - place) >= length for place in kept)]
    seen = [place for place in places if place + length > 0]
    runs = []
    for number, place in enumerate(seen):
        before = [one for one in kept if one < place]
        after = [one for one in kept if one > place]
        starts = tuple(
            int(start)
            for start in clear
            if all(one < start for one in before) and all(start < one for one in after)
        )
        runs.append(
            JobRun(
                day=day,
                number=number,
                usual_start=int(place),
                starts=() if place in kept else starts,
            )
        )
    return runs


def places_left(usual: Sequence[int], *, free_from: int, last_start: int, length: int) -> list[int]:
    """Lay runs that are still to come as near to their usual places as the window lets them.

    What no longer fits between ``free_from`` and the end of a run from ``last_start`` is lost.
    """
    places: list[int] = []
    for number, start in enumerate(usual):
        behind = len(usual) - number - 1
        place = min(max(start, free_from), last_start - behind * length)
        if place >= free_from:
            places.append(place)
            free_from = place + length
    return places


def located(
    power_kw: KilowattArray,
    choices_kw: npt.NDArray[np.float64],
    runs: Sequence[JobRun],
    *,
    length: int,
    tolerance_kw: float,
) -> list[int]:
    """Return the starts of the runs of one day that ``power_kw`` shows, in order; perhaps fewer.

    Args:
        power_kw: Draw of these runs, shape (steps,).
        choices_kw: Draw of a run from each of the starts that they share, shape (steps, starts).
        runs: Of one day, with the same starts.
        length: Steps of a run.
        tolerance_kw: How far a draw may be off.
    """
    starts = np.array(runs[0].starts)
    step = np.arange(power_kw.size)[:, None]
    wrong = np.abs(power_kw[:, None] - choices_kw) > tolerance_kw
    free_from = int(starts[0])
    found: list[int] = []
    for run in runs:
        looked_at = (step >= free_from) & (step < starts + length)
        matching = starts[~(wrong & looked_at).any(axis=0) & (starts >= free_from)]
        if not matching.size:
            break
        found.append(int(matching[np.abs(matching - run.usual_start).argmin()]))
        free_from = found[-1] + length
    return found
