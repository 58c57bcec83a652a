"""Events in which a site is paid for drawing less than its baseline."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import cvxpy as cp
import numpy as np
import numpy.typing as npt

from feature_store.time_grid import HOURS_PER_STEP, KilowattArray
from models.tariffs.grid_prices import Steps


@dataclass(frozen=True, kw_only=True)
class EventResult:
    """What one operation makes of an event."""

    takes_part: bool
    credited_kwh: float
    """Reduction that counts; 0 where it does not take part."""
    earned_krw: float
    """Pay less penalty."""


@dataclass(frozen=True, kw_only=True)
class DemandResponseEvent:
    """A window in which the draw from the grid should stay a reduction below a baseline.

    What is reduced beyond ``reduction_kw`` is not paid. Reduction is judged interval by interval
    on the expected load, the one that energy is paid for.
    """

    name: str
    start: datetime
    steps: Steps
    """The intervals of the window, on the problem's grid."""
    baseline_kw: KilowattArray
    """Load had nothing been done 고객기준부하, shape (steps,)."""
    reduction_kw: float
    """What is asked for, > 0."""
    paid_krw_per_kwh: float
    """For each kWh reduced."""
    paid_krw: float = 0.0
    """For taking part, whatever is reduced."""
    penalty_krw_per_kwh: float = 0.0
    """For each kWh asked for and not reduced."""
    optional: bool = True
    """Whether the site may decline: neither paid nor penalised."""

    def earned(
        self, net_kw: cp.Expression, room_kw: cp.Parameter
    ) -> tuple[cp.Expression, list[cp.Constraint]]:
        """Return what a draw from the grid earns, and the limits on it.

        One binary an interval says whether it counts as reduced: a draw above the baseline is no
        reduction, and no negative one either.

        Args:
            net_kw: Draw, negative if fed back, shape (grid steps,).
            room_kw: A bound on it from above, same shape, >= 0.
        """
        credited_kw = cp.Variable(
            self.steps.size, bounds=[0, self.reduction_kw], name=f"{self.name}.credited_kw"
        )
        reduced = cp.Variable(self.steps.size, boolean=True, name=f"{self.name}.reduced")
        limits = [
            credited_kw <= self.reduction_kw * reduced,
            credited_kw
            <= self.baseline_kw
            - net_kw[self.steps]
            + cp.multiply(room_kw[self.steps], 1 - reduced),
        ]
        if not self.optional:
            return self._earned_krw(cp.sum(credited_kw), 1.0), limits
        takes_part = cp.Variable(boolean=True, name=f"{self.name}.takes_part")
        limits.append(reduced <= takes_part)
        return self._earned_krw(cp.sum(credited_kw), takes_part), limits

    def credited_kw(self, net_kw: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return the reduction that counts, shape (window, paths), of draws (grid steps, paths)."""
        below_kw = self.baseline_kw[:, None] - net_kw[self.steps]
        return np.clip(below_kw, 0.0, self.reduction_kw)

    def earned_krw(self, net_kw: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return what draws of shape (grid steps, paths) earn, shape (paths,); a penalty is < 0."""
        earned = self._earned_krw(self.credited_kw(net_kw).sum(axis=0), 1.0)
        return np.maximum(earned, 0.0) if self.optional else np.asarray(earned)

    def result(self, net_kw: KilowattArray) -> EventResult:
        """Return what a draw from the grid, shape (grid steps,), makes of the event."""
        credited_kw = self.credited_kw(net_kw[:, None]).sum()
        earned_krw = float(self._earned_krw(credited_kw, 1.0))
        takes_part = not self.optional or earned_krw > 0
        return EventResult(
            takes_part=takes_part,
            credited_kwh=float(credited_kw * HOURS_PER_STEP) if takes_part else 0.0,
            earned_krw=earned_krw if takes_part else 0.0,
        )

    def _earned_krw(
        self,
        credited_kw: cp.Expression | npt.NDArray[np.float64],
        takes_part: cp.Expression | float,
    ) -> cp.Expression | npt.NDArray[np.float64]:
        """Return pay less penalty for the sum of credited kW over the window."""
        per_kw_step = (self.paid_krw_per_kwh + self.penalty_krw_per_kwh) * HOURS_PER_STEP
        asked_kwh = self.reduction_kw * self.steps.size * HOURS_PER_STEP
        certain_krw = self.paid_krw - self.penalty_krw_per_kwh * asked_kwh
        return per_kw_step * credited_kw + certain_krw * takes_part
