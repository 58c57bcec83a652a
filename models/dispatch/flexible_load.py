"""What of a site's load may be moved or given up beside its battery, over a stretch of time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import cvxpy as cp
import numpy as np

from feature_store.time_grid import KilowattArray, TimeGrid
from models.assets.asset import Asset, AssetPlan
from models.assets.curtailable_load import CurtailableLoad
from models.assets.shiftable_job import ShiftableJob
from models.optimizer.job_relations import relation_constraints, relation_violations
from models.site import Site


@dataclass(frozen=True, kw_only=True)
class FlexibleLoad:
    """Jobs that are placed day by day, and at most one load that is reduced interval by interval.

    The jobs' usual runs are not part of the base load that is forecast and known.
    """

    grid: TimeGrid
    """The stretch, e.g. the intervals of a billing month."""
    site: Site
    """Its jobs, what holds between them, and its reducible load: nothing else."""

    @property
    def assets(self) -> tuple[Asset, ...]:
        """Jobs and reducible load."""
        return self.site.assets

    @property
    def jobs(self) -> tuple[ShiftableJob, ...]:
        """In the order in which runs are told."""
        return tuple(asset for asset in self.assets if isinstance(asset, ShiftableJob))

    @property
    def curtailable(self) -> CurtailableLoad | None:
        """The load that may be reduced."""
        loads = [asset for asset in self.assets if isinstance(asset, CurtailableLoad)]
        return loads[0] if loads else None

    def over(self, first: int, steps: int) -> FlexibleLoad:
        """Return the same load over ``steps`` from step ``first`` on, which may be negative."""
        return replace(self, grid=TimeGrid(self.grid.at(first), steps))

    def usual_kw(self) -> KilowattArray:
        """Return the runs at their usual places, shape (jobs, steps)."""
        return np.array([job.usual_kw(self.grid) for job in self.jobs]).reshape(-1, self.grid.steps)

    def runs(self) -> int:
        """Return how many runs all jobs have together."""
        return sum(len(job.runs(self.grid)) for job in self.jobs)

    def relation_constraints(self, plans: Mapping[str, AssetPlan]) -> list[cp.Constraint]:
        """Return what the relations between jobs demand of their plans, by name."""
        return relation_constraints(self.site, self.grid, plans)

    def limit_kw(self) -> KilowattArray:
        """Return how far the load may be reduced at each step, shape (steps,)."""
        if self.curtailable is None:
            return np.zeros(self.grid.steps)
        limits = self.curtailable.parameters
        step = self.grid.clock(self.curtailable.zone).step_of_day
        in_window = (step >= limits.earliest_start) & (step < limits.latest_end)
        return np.where(in_window, limits.max_reduction_kw, 0.0)

    @property
    def kwh_per_day(self) -> float:
        """Most energy given up on one local day."""
        return self.curtailable.parameters.max_energy_kwh_per_day if self.curtailable else 0.0

    @property
    def krw_per_kwh(self) -> float:
        """What a kWh given up costs the firm."""
        return self.curtailable.parameters.cost_krw_per_kwh if self.curtailable else 0.0

    def given_up_krw(self, given_up_kw: KilowattArray) -> float:
        """Return what reductions cost the firm in work or comfort, shape (steps,)."""
        if self.curtailable is None:
            return 0.0
        cost_krw = self.curtailable.cost_krw(-given_up_kw)
        return float(cost_krw.value if isinstance(cost_krw, cp.Expression) else cost_krw)

    def violations(self, runs_kw: KilowattArray, given_up_kw: KilowattArray) -> tuple[str, ...]:
        """Return every limit that is broken, in words.

        Args:
            runs_kw: Of each job, shape (jobs, steps).
            given_up_kw: Reductions, shape (steps,).
        """
        broken = [
            word
            for job, run_kw in zip(self.jobs, runs_kw, strict=True)
            for word in job.violations(run_kw, self.grid)
        ]
        if self.curtailable is not None:
            broken += self.curtailable.violations(-given_up_kw, self.grid)
        elif given_up_kw.any():
            broken.append("a load is reduced where none may be")
        by_name = {job.name: run_kw for job, run_kw in zip(self.jobs, runs_kw, strict=True)}
        broken += relation_violations(self.site, self.grid, by_name)
        return tuple(broken)
