"""Several batteries, or one with a limit of the day, while a month is lived."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from feature_store.time_grid import KilowattArray
from models.dispatch.battery_now import (
    BatteryNow,
    left_today_kwh,
    reach_together_kw,
    reaching,
    usable_charge_kwh,
)
from models.dispatch.pooled_store import split_kw
from models.dispatch.store import Store


@dataclass(kw_only=True)
class RunningBatteries:
    """Batteries that are decided on as one and each keep their limits, as while a day is run."""

    store: Store
    """All as one."""
    declared: Sequence[BatteryNow]
    """As the month begins, with what each may discharge on a day."""
    steps: int
    now: list[BatteryNow] = field(init=False)
    reach_kw: list[tuple[float, float]] = field(init=False)
    """Least and most power of each in the running interval."""
    powers_kw: KilowattArray = field(init=False)
    """Of each, shape (batteries, steps)."""

    def __post_init__(self) -> None:
        """Begin the month."""
        self.now, self.reach_kw = list(self.declared), []
        self.powers_kw = np.zeros((len(self.now), self.steps))

    def begin_day(self) -> None:
        """Give each battery its day's energy anew."""
        self.now = [
            BatteryNow(
                name=one.name,
                store=one.store,
                charge_kwh=one.charge_kwh,
                left_today_kwh=declared.left_today_kwh,
            )
            for one, declared in zip(self.now, self.declared, strict=True)
        ]

    @property
    def charge_kwh(self) -> float:
        """What all of them hold."""
        return usable_charge_kwh(self.now)

    def reached(self) -> Store:
        """Return all as one, with what they reach together in the interval that begins."""
        self.reach_kw = [battery.reach_kw() for battery in self.now]
        return reaching(self.store, self.reach_kw)

    @property
    def left_today_kwh(self) -> float:
        """What all of them may still discharge today."""
        return left_today_kwh(self.now)

    def run(self, step: int, power_kw: float, load_kw: float) -> float:
        """Give a power out and return what comes of it; nothing is fed into the grid.

        What is reached in the interval has been asked for before.
        """
        least_kw, _ = reach_together_kw(self.reach_kw, load_kw)
        parts_kw = split_kw(max(power_kw, least_kw), self.reach_kw)
        self.powers_kw[:, step] = parts_kw
        self.now = [one.after(of_it) for one, of_it in zip(self.now, parts_kw, strict=True)]
        return sum(parts_kw)
