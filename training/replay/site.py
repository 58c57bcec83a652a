"""What is lived again: a firm with one battery, its jobs, and the load that was measured."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.time_grid import HOURS_PER_STEP, STEPS_PER_WEEK, KilowattArray, TimeGrid
from models.assets.battery import Battery
from models.assets.shiftable_job import ShiftableJob
from models.dispatch.flexible_load import FlexibleLoad
from models.dispatch.store import Store
from models.site import Site, site_of
from training.replay.beside_battery import beside_battery
from training.replay.not_replayable import NotReplayableError


@dataclass(frozen=True, kw_only=True)
class ReplaySite:
    """A firm, its battery, its jobs and its load."""

    name: str
    """In files and reports; firms may take part with several batteries."""
    firm: Firm
    history: LoadHistory
    """As measured, gaps filled."""
    store: Store
    filled: int
    """Intervals that were not measured."""
    beside: Site | None = None
    """Jobs, what holds between them, and the load that may be reduced; None for a battery alone."""

    @property
    def jobs(self) -> tuple[ShiftableJob, ...]:
        """Jobs that may be moved; their usual runs are part of the readings."""
        assets = self.beside.assets if self.beside else ()
        return tuple(asset for asset in assets if isinstance(asset, ShiftableJob))

    def usual_kw(self, steps_ahead: int = 0) -> KilowattArray:
        """Return the jobs' usual runs over the readings and some steps more, shape (steps,)."""
        grid = self.history.grid
        beyond = TimeGrid(grid.start, grid.steps + steps_ahead)
        return sum((job.usual_kw(beyond) for job in self.jobs), start=np.zeros(beyond.steps))

    def base_history(self) -> LoadHistory:
        """Return the readings without the jobs' usual runs, the load that no job is part of.

        Where less was drawn than a job usually draws, it did not run as declared: the base load is
        zero there, and the run is lived on top of what was measured (see ``runs_not_found_kwh``).
        """
        if not self.jobs:
            return self.history
        base_kw = np.maximum(self.history.demand_kw - self.usual_kw(), 0.0)
        return replace(self.history, demand_kw=base_kw)

    @property
    def runs_not_found_kwh(self) -> float:
        """Energy of usual runs that the readings do not hold."""
        if not self.jobs:
            return 0.0
        missing_kw = np.maximum(self.usual_kw() - self.history.demand_kw, 0.0)
        return float(missing_kw.sum()) * HOURS_PER_STEP

    def flexible_over(self, first: int, steps: int) -> FlexibleLoad | None:
        """Return what may be moved or given up from a position on; None for a battery alone."""
        if self.beside is None:
            return None
        grid = TimeGrid(self.history.grid.at(first), steps)
        return FlexibleLoad(grid=grid, site=self.beside)


def replay_site(firm: Firm, history: LoadHistory, *, name: str | None = None) -> ReplaySite:
    """Return a firm as a site that can be lived again.

    Gaps are filled with the load a week before, or, in the first week, with its mean.

    Raises:
        NotReplayableError: The firm does not declare exactly one battery, or it or what is beside
            it cannot be lived as it is declared.
    """
    site = site_of(firm)
    batteries = [asset for asset in site.assets if isinstance(asset, Battery)]
    if len(batteries) != 1:
        raise NotReplayableError(
            f"{firm.firm_id}: declares {len(batteries)} batteries; declare exactly one, it is what "
            "the policies run"
        )
    _check_battery(firm, batteries[0])
    demand_kw = _filled(history.demand_kw)
    return ReplaySite(
        name=name or firm.firm_id,
        firm=firm,
        history=replace(history, demand_kw=demand_kw),
        store=Store.of(batteries[0]),
        filled=int(np.isnan(history.demand_kw).sum()),
        beside=beside_battery(site),
    )


def _check_battery(firm: Firm, battery: Battery) -> None:
    """Refuse limits that policies do not keep: bills would be those of another battery."""
    limits = battery.parameters
    if limits.reserve_share is not None:
        raise NotReplayableError(
            f"{firm.firm_id}, {battery.name}: reserve_share is not lived in a replay; declare "
            "it as min_soc_share, which keeps the same charge back"
        )
    if limits.max_discharge_kwh_per_day is not None:
        raise NotReplayableError(
            f"{firm.firm_id}, {battery.name}: max_discharge_kwh_per_day is not lived in a replay; "
            "leave it out, and tell what cycles cost as wear_krw_per_kwh"
        )


def _filled(demand_kw: KilowattArray) -> KilowattArray:
    """Fill gaps from what lies before them; those of the first week by its mean."""
    filled = demand_kw.copy()
    first_week = filled[:STEPS_PER_WEEK]
    first_week[np.isnan(first_week)] = np.nanmean(first_week)
    for step in np.flatnonzero(np.isnan(filled)):
        filled[step] = filled[step - STEPS_PER_WEEK]
    return filled
