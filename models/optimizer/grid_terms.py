"""What the grid allows, pays for and has delivered already, beside the tariff's prices."""

from __future__ import annotations

from dataclasses import dataclass

import cvxpy as cp
import numpy as np
import numpy.typing as npt

from feature_store.time_grid import HOURS_PER_STEP, KilowattArray
from models.optimizer.demand_response import DemandResponseEvent


@dataclass(frozen=True, kw_only=True)
class Export:
    """Power may be fed back into the grid, and is paid for."""

    krw_per_kwh: npt.NDArray[np.float64]
    """What a kWh fed back earns, shape (steps,)."""
    most_kw: float = np.inf
    """Limit of the connection."""


@dataclass(frozen=True, kw_only=True)
class RunningInterval:
    """The first interval is under way: part of its mean demand can no longer be changed.

    Powers planned for it hold from now to its end. Stores are taken to hold them for the whole
    interval, which is off by at most one interval's energy times the share elapsed.
    """

    drawn_kwh: float
    """What the meter has counted in it so far, everything that ran included."""
    elapsed_share: float
    """Part of it that is over, at least 0 and less than 1."""


@dataclass(frozen=True, kw_only=True)
class GridTerms:
    """Everything about the connection that no table of prices says."""

    export: Export | None = None
    """None: nothing may be fed back."""
    contract_is_hard: bool = False
    """Whether demand must stay below the contract power, instead of paying the surcharge."""
    running: RunningInterval | None = None
    events: tuple[DemandResponseEvent, ...] = ()

    def metered(self, bus_kw: cp.Expression) -> cp.Expression:
        """Return the mean that the meter counts when the bus draws ``bus_kw``, shape (steps,)."""
        if self.running is None:
            return bus_kw
        share, drawn_kw = self._rest(bus_kw.size)
        return cp.multiply(share, bus_kw) + drawn_kw

    def metered_kw(self, bus_kw: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return the same of numbers, shape (steps,) or (steps, paths)."""
        if self.running is None:
            return bus_kw
        share, drawn_kw = self._rest(len(bus_kw))
        shape = (-1, *[1] * (bus_kw.ndim - 1))
        return share.reshape(shape) * bus_kw + drawn_kw.reshape(shape)

    def rest_share(self, step: int) -> float:
        """Return the share of an interval that is still to come: 1 of all but the running one."""
        if self.running is None or step:
            return 1.0
        return 1.0 - self.running.elapsed_share

    def _rest(self, steps: int) -> tuple[KilowattArray, KilowattArray]:
        """Share of each interval to come, and the mean that it has had already, (steps,)."""
        share, drawn_kw = np.ones(steps), np.zeros(steps)
        if self.running is not None:
            share[0] -= self.running.elapsed_share
            drawn_kw[0] = self.running.drawn_kwh / HOURS_PER_STEP
        return share, drawn_kw


USUAL_TERMS = GridTerms()
"""Nothing is fed back, the contract power may be exceeded at its surcharge."""
