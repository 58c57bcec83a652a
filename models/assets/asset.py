"""What every piece of equipment must tell the optimiser."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import cvxpy as cp
from pydantic import BaseModel, ConfigDict

from feature_store.entities.firm import Firm
from feature_store.time_grid import KilowattArray, TimeGrid
from models.assets.action import Action
from models.assets.job_decisions import JobDecisions

TOLERANCE_KW = 1e-3
"""Slack when a schedule is checked against limits: 1 W, far below what a meter resolves and far
above the solver's feasibility tolerance (1e-7)."""
TIE_BREAK_KRW_PER_KWH = 1e-4
"""Preference for leaving equipment alone among equally cheap plans: 10 MWh moved weigh 1 won."""


@dataclass(frozen=True, kw_only=True)
class AssetPlan:
    """One asset's share of the optimisation problem, over one time grid."""

    power_kw: cp.Expression
    """Draw from the site bus, shape (steps,). Positive consumes, negative feeds or reduces."""
    constraints: list[cp.Constraint]
    """What the asset can physically do."""
    tie_break_krw: cp.Expression
    """Convex preference among equally cheap plans, 0 for the usual operation, at most a few won;
    never part of a reported cost."""
    decision_krw: cp.Expression = field(default_factory=lambda: cp.Constant(0))
    """What starts and left-out runs cost, linear in the decisions: what ``Asset.decision_krw``
    reads from the powers that they lead to."""
    job: Callable[[], JobDecisions] | None = None
    """When it runs, asked only where jobs are related; None for what is no job."""
    state: Mapping[str, cp.Parameter] = field(default_factory=dict)
    """State at the start of the grid, set to what is declared; may be overwritten by a measured
    value, e.g. ``soc_kwh``."""


class Asset(Protocol):
    """A battery, a job, a solar roof: anything that can be scheduled.

    A new kind is one module with its ``Parameters``, one line in ``models.site.KINDS`` and one in
    ``tests/contracts/test_every_asset.py``.
    """

    @property
    def name(self) -> str:
        """Name the operators know the equipment by."""
        ...

    @property
    def kind(self) -> str:
        """Name of the kind in a firm's declaration."""
        ...

    @property
    def drawing(self) -> Action:
        """What it does while its power is positive."""
        ...

    @property
    def feeding(self) -> Action:
        """What it does while its power is negative."""
        ...

    def usual_kw(self, grid: TimeGrid) -> KilowattArray:
        """Return the draw if nobody changes anything, shape (steps,)."""
        ...

    @property
    def in_readings(self) -> bool:
        """Whether the metered load already contains the usual draw."""
        ...

    def plan(self, grid: TimeGrid) -> AssetPlan:
        """Return fresh variables and constraints over ``grid``."""
        ...

    def cost_krw(self, power_kw: cp.Expression | KilowattArray) -> cp.Expression:
        """Return what operating costs besides electricity: wear, lost comfort. Convex, scalar."""
        ...

    def billed_krw(self, power_kw: KilowattArray) -> float:
        """Return what :meth:`cost_krw` tells, by plain sums: what the verifier bills again."""
        ...

    def decision_krw(self, power_kw: KilowattArray, grid: TimeGrid) -> float:
        """Return what starting and leaving out cost, which no convex function of power tells."""
        ...

    def soc_kwh(self, power_kw: KilowattArray) -> KilowattArray | None:
        """Return the state of charge at each step and the end, (steps+1,); None if not a store."""
        ...

    def violations(self, power_kw: KilowattArray, grid: TimeGrid) -> tuple[str, ...]:
        """Return every limit that ``power_kw`` breaks, in words; computed without the solver."""
        ...


class Parameters(BaseModel):
    """What a firm's file declares about one kind; units are in the names."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @abstractmethod
    def asset(self, name: str, firm: Firm) -> Asset:
        """Return the equipment called ``name`` of ``firm``."""
