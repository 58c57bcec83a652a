"""What every way of running the equipment must answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
import numpy.typing as npt

from feature_store.time_grid import KilowattArray
from models.dispatch.battery_now import BatteryNow, left_today_kwh
from models.dispatch.flexible_load import FlexibleLoad
from models.dispatch.known_load import KnownLoad
from models.dispatch.storage_value import DayPrices
from models.dispatch.store import Store


@dataclass(frozen=True, kw_only=True)
class PeakCost:
    """What a month's counted peak costs, in it and in those that will remember it.

    A sum of charges, each of which pays for what exceeds its own threshold; arrays of shape
    (charges,).
    """

    krw_per_kw: npt.NDArray[np.float64]
    above_kw: npt.NDArray[np.float64]
    """Billed anyway."""

    def krw(self, peak_kw: npt.NDArray[np.float64] | float) -> npt.NDArray[np.float64]:
        """Return the cost of peaks, any shape."""
        over_kw = np.maximum(np.asarray(peak_kw)[..., None] - self.above_kw, 0.0)
        return over_kw @ self.krw_per_kw


@dataclass(frozen=True, kw_only=True)
class Month:
    """A billing month to be lived: all of it that is known before it begins."""

    name: str
    first: int
    """Position of its first interval."""
    prices: DayPrices
    """Of its intervals."""
    store: Store
    """The battery, or all of them as one."""
    peak_cost: PeakCost
    flexible: FlexibleLoad | None = None
    """Jobs and a load that may be reduced, over the month; None is a battery alone."""
    batteries: tuple[BatteryNow, ...] = ()
    """Those that ``store`` stands for, as the month begins; empty where it is the one battery,
    without a limit of the day."""

    @property
    def steps(self) -> int:
        """Number of its intervals."""
        return len(self.prices.krw_per_kwh)

    @property
    def kwh_per_day(self) -> float:
        """Most energy that all batteries discharge on a local day; infinite without a limit."""
        return left_today_kwh(self.batteries)

    def usable(self, now: Now) -> Store:
        """Return the store as it can be used in an interval."""
        return now.reached or self.store

    def usual_runs_kw(self, morning: Morning) -> KilowattArray:
        """Return a day's runs at their usual places, shape (jobs, steps of the day)."""
        if self.flexible is None:
            return np.zeros((0, morning.steps))
        return self.flexible.over(morning.step, morning.steps).usual_kw()


@dataclass(frozen=True, kw_only=True)
class Now:
    """An interval that is being run, as its controller sees it."""

    step: int
    """Within the month."""
    load_kw: float
    """Mean load of the running interval: the battery follows the meter within seconds, so its
    power is decided while the load is seen."""
    soc_kwh: float
    """At its start."""
    peak_kw: float
    """The month's counted peak so far; 0 before the first counted interval."""
    reducible_kw: float = 0.0
    """How far the load may be reduced in the interval: what its window, its power, the energy left
    of the day and the load itself allow."""
    reducible_kwh: float = 0.0
    """Energy that may still be given up on the running day."""
    reached: Store | None = None
    """The month's store with the power that its batteries reach together in the interval; None
    where it is one battery."""
    dischargeable_kwh: float = float("inf")
    """Energy that may still be discharged on the running day."""


@dataclass(frozen=True, kw_only=True)
class Morning:
    """A day that begins, when its jobs are placed."""

    step: int
    """Its first interval within the month."""
    steps: int
    """Its intervals: a day of a clock change has more or fewer."""
    soc_kwh: float
    peak_kw: float
    """The month's counted peak so far."""


@dataclass(frozen=True, kw_only=True)
class Move:
    """What is done in an interval."""

    power_kw: float
    """Of the battery; what it cannot reach is held back by the battery itself."""
    given_up_kw: float = 0.0
    """By how much the load is reduced."""


class Dispatcher(Protocol):
    """One month's decisions: where jobs lie when a day begins, all else interval by interval."""

    def place(self, morning: Morning) -> KilowattArray:
        """Return the day's runs of each job, shape (jobs, steps of the day); they are kept."""
        ...

    def move(self, now: Now) -> Move:
        """Return what battery and load do; what the load cannot give up must not be asked for."""
        ...


class Policy(Protocol):
    """From what is known to what the equipment does."""

    @property
    def name(self) -> str:
        """Name in reports and commands."""
        ...

    @property
    def reads_forecasts(self) -> bool:
        """Whether it looks at forecasts: they take longer to make than a month to live."""
        ...

    def start(self, month: Month, known: KnownLoad) -> Dispatcher:
        """Begin a month. Only what was known at each interval may reach the power of it."""
        ...


@dataclass(frozen=True, kw_only=True)
class Operation:
    """What all equipment did in a month."""

    battery_kw: KilowattArray
    """Of all batteries, shape (steps,)."""
    runs_kw: KilowattArray
    """Of each job, shape (jobs, steps)."""
    given_up_kw: KilowattArray
    """By how much the load was reduced, shape (steps,)."""
    batteries_kw: KilowattArray | None = None
    """Of each battery, shape (batteries, steps); None where the store is the one battery."""

    @property
    def by_battery_kw(self) -> KilowattArray:
        """Of each battery, also of one, shape (batteries, steps)."""
        return self.battery_kw[None] if self.batteries_kw is None else self.batteries_kw

    @classmethod
    def of_battery(cls, battery_kw: KilowattArray) -> Self:
        """Return what a battery alone did, shape (steps,)."""
        steps = len(battery_kw)
        return cls(battery_kw=battery_kw, runs_kw=np.zeros((0, steps)), given_up_kw=np.zeros(steps))


@dataclass(frozen=True, kw_only=True)
class LivedMonth:
    """What became of a month."""

    policy: str
    month: str
    operation: Operation
    soc_kwh: KilowattArray
    """At the start of each interval and at the end, shape (steps + 1,)."""
    load_kw: KilowattArray
    """Without the battery, with the jobs where they were placed, unreduced, shape (steps,)."""
    energy_krw: float
    """Energy drawn, with the charge missing at the end bought."""
    peak_krw: float
    wear_krw: float
    given_up_krw: float
    """What the load that was reduced cost the firm in work or comfort."""
    peak_kw: float
    """Highest counted demand."""

    @property
    def power_kw(self) -> KilowattArray:
        """Of the battery, shape (steps,)."""
        return self.operation.battery_kw

    @property
    def bill_krw(self) -> float:
        """All of it."""
        return self.energy_krw + self.peak_krw + self.wear_krw + self.given_up_krw

    @property
    def import_kw(self) -> KilowattArray:
        """Drawn from the grid, shape (steps,)."""
        return self.load_kw + self.power_kw - self.operation.given_up_kw
