"""Least times on and off of what is switched, as constraints and as a check."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import cvxpy as cp
import numpy as np
import numpy.typing as npt

from models.assets.job_decisions import BoolArray


@dataclass(frozen=True, kw_only=True)
class SwitchingLimits:
    """How long it stays on, and off, at least, in steps of the grid."""

    min_on: int
    min_off: int

    @property
    def memory(self) -> int:
        """Steps before the grid that still matter in it."""
        return max(self.min_on, self.min_off)


@dataclass(frozen=True, kw_only=True)
class Switching:
    """Decisions to switch on, over one grid."""

    start_on: cp.Variable
    """1 in the steps in which it comes on, shape (steps,)."""
    constraints: list[cp.Constraint]


def past_on(limits: SwitchingLimits, *, on_before: int) -> npt.NDArray[np.float64]:
    """Return the steps before the grid, oldest first, of what was on for the last ``on_before``.

    Before that it was off long enough.
    """
    return (np.arange(limits.memory, 0, -1) <= on_before).astype(np.float64)


def switching(
    name: str, on: cp.Expression, past: cp.Parameter, limits: SwitchingLimits
) -> Switching:
    """Tie starts to ``on``, shape (steps,), and keep the least times.

    ``past`` holds the steps before the grid, oldest first, shape (memory,). Source of the
    formulation: the start and stop inequalities of Rajan and Takriti (IBM RC23628, 2005), which
    describe the hull of least times on and off.
    """
    steps = on.shape[0]
    start_on = cp.Variable(steps, bounds=[0, 1], name=f"{name}.started_on")
    stop_on = cp.Variable(steps, bounds=[0, 1], name=f"{name}.stopped_on")
    before = cp.hstack([past[limits.memory - 1], on[: steps - 1]]) if steps > 1 else past[-1:]
    constraints: list[cp.Constraint] = [on - before == start_on - stop_on]
    if limits.min_on > 1:
        constraints += [_lately(steps, limits.min_on) @ start_on <= on]
        constraints += _carried(f"{name}.held_on", on, cp.diff(past), limits.min_on)
    if limits.min_off > 1:
        constraints += [_lately(steps, limits.min_off) @ stop_on <= 1 - on]
        constraints += _carried(f"{name}.barred_on", 1 - on, -cp.diff(past), limits.min_off)
    return Switching(start_on=start_on, constraints=constraints)


def starts_of(on: BoolArray, past: npt.NDArray[np.float64]) -> BoolArray:
    """Return the steps in which it comes on, shape (steps,)."""
    before = np.concatenate(([past[-1] > 0.5], on[:-1]))  # noqa: PLR2004 - half between off and on
    return on & ~before


def broken_times(
    on: BoolArray, past: npt.NDArray[np.float64], limits: SwitchingLimits
) -> tuple[str, ...]:
    """Return which least times ``on`` breaks; what the grid's end cuts off may go on after it."""
    whole = np.concatenate((past > 0.5, on))  # noqa: PLR2004 - half between off and on
    changes = [*(np.flatnonzero(np.diff(whole)) + 1), whole.size]
    broken = set()
    for first, end in pairwise(map(int, changes)):
        least = limits.min_on if whole[first] else limits.min_off
        if past.size <= end < whole.size and end - first < least:
            broken.add("stays on too short" if whole[first] else "stays off too short")
    return tuple(sorted(broken))


def _lately(steps: int, least: int) -> npt.NDArray[np.float64]:
    """Sum over the last ``least`` steps, shape (steps, steps)."""
    ago = np.arange(steps)[:, None] - np.arange(steps)[None, :]
    return ((ago >= 0) & (ago < least)).astype(np.float64)


def _carried(
    name: str, held: cp.Expression, changes: cp.Expression, least: int
) -> list[cp.Constraint]:
    """Hold what changed before the grid until its least time is over.

    Args:
        name: Of the variable.
        held: What must be 1 that long, shape (steps,).
        changes: 1 where the past changed to it, shape (memory-1,), the last one at step -1.
        least: Steps that it stays.
    """
    memory = changes.shape[0]
    bound = np.arange(memory) - memory + least - 1  # last step of the grid that a change binds
    binding = np.flatnonzero(bound >= 0)
    if not binding.size:
        return []
    last = np.minimum(bound[binding], held.shape[0] - 1)
    length = int(last.max()) + 1
    still = cp.Variable(length, bounds=[0, 1], name=name)
    constraints: list[cp.Constraint] = [still[last] >= changes[binding], held[:length] >= still]
    if length > 1:
        constraints.append(still[: length - 1] >= still[1:])
    return constraints
