"""Check a complex's plan against what the firms share, without the solver that made it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

import numpy as np

from feature_store.errors import SandanError
from feature_store.time_grid import KilowattArray, TimeGrid
from models.assets.asset import TOLERANCE_KW
from models.optimizer.complex.terms import Member, SharedTerms
from models.optimizer.verify import UnsafeScheduleError, without_numbers

NAMED = 3
"""Intervals and firms that a message names; more are counted."""


class FeederLimitError(SandanError):
    """The firms of a complex cannot keep below the feeder's limit together."""


def verify_shared(
    members: Sequence[Member],
    terms: SharedTerms,
    grid: TimeGrid,
    drawn_kw: KilowattArray,
    battery_kw: Mapping[str, KilowattArray],
) -> None:
    """Raise an :class:`UnsafeScheduleError` that names every shared limit that is broken.

    ``drawn_kw`` is what the equipment of all firms draws together, shape (steps,).
    """
    _refuse_broken(without_numbers(grid, battery_kw))
    broken = [
        violation
        for battery in terms.batteries
        for violation in battery.violations(battery_kw[battery.name], grid)
    ]
    added_kw = drawn_kw + sum(battery_kw.values(), start=np.zeros(grid.steps))
    median_kw = sum(member.pricing.base.median_kw for member in members) + added_kw
    cautious_kw = sum(member.pricing.base.cautious_kw for member in members) + added_kw
    zone = members[0].pricing.site.zone
    if terms.batteries and median_kw.min() < -TOLERANCE_KW:
        step = int(median_kw.argmin())
        broken.append(f"power is fed back into the grid at {local_time(grid, step, zone)}")
    if terms.feeder_limit_kw is not None:
        over_kw = cautious_kw - terms.feeder_limit_kw
        if over_kw.max() > TOLERANCE_KW:
            broken.append(f"the feeder's limit is exceeded: {overdraws(over_kw, grid, zone)}")
    _refuse_broken(broken)


def _refuse_broken(broken: list[str]) -> None:
    if broken:
        raise UnsafeScheduleError(
            f"complex: the schedule breaks limits ({'; '.join(broken)}); "
            "it was thrown away: report it with the firms' declarations and the issue time"
        )


def overdraws(over_kw: KilowattArray, grid: TimeGrid, zone: ZoneInfo) -> str:
    """Tell where a limit is exceeded and by how much, the worst intervals first."""
    steps = worst_steps(over_kw)
    told = ", ".join(f"{local_time(grid, step, zone)} by {over_kw[step]:.1f} kW" for step in steps)
    more = int((over_kw > TOLERANCE_KW).sum()) - len(steps)
    return f"{told} and {more} more intervals" if more else told


def worst_steps(over_kw: KilowattArray) -> list[int]:
    """Return the steps with the largest excess, at most ``NAMED``, the worst first."""
    order = np.argsort(-over_kw, kind="stable")[:NAMED]
    return [int(step) for step in order if over_kw[step] > TOLERANCE_KW]


def local_time(grid: TimeGrid, step: int, zone: ZoneInfo) -> str:
    """Return when ``step`` begins by the complex's clock."""
    return f"{grid.at(step).astimezone(zone):%Y-%m-%d %H:%M}"
