"""What is lived again: a firm with one battery, its jobs, and the load that was measured."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.errors import SandanError
from feature_store.time_grid import HOURS_PER_STEP, STEPS_PER_WEEK, KilowattArray, TimeGrid
from models.assets.battery import Battery
from models.assets.curtailable_load import CurtailableLoad
from models.assets.shiftable_job import ShiftableJob
from models.dispatch.flexible_load import FlexibleLoad
from models.dispatch.store import Store
from models.site import site_of


class NotReplayableError(SandanError):
    """A site or a stretch of time cannot be lived again."""


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
    jobs: tuple[ShiftableJob, ...] = ()
    """Their usual runs are part of the readings."""
    curtailable: CurtailableLoad | None = None

    @property
    def is_flexible(self) -> bool:
        """Whether there is anything to run beside the battery."""
        return bool(self.jobs) or self.curtailable is not None

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
        if not self.is_flexible:
            return None
        return FlexibleLoad(
            grid=TimeGrid(self.history.grid.at(first), steps),
            jobs=self.jobs,
            curtailable=self.curtailable,
        )


def replay_site(firm: Firm, history: LoadHistory, *, name: str | None = None) -> ReplaySite:
    """Return a firm as a site that can be lived again.

    Gaps are filled with the load a week before, or, in the first week, with the mean load.

    Raises:
        NotReplayableError: The firm does not declare exactly one battery, or more than one load
            that may be reduced.
    """
    assets = site_of(firm).assets
    batteries = [asset for asset in assets if isinstance(asset, Battery)]
    reducible = [asset for asset in assets if isinstance(asset, CurtailableLoad)]
    if len(batteries) != 1:
        raise NotReplayableError(
            f"{firm.firm_id}: declares {len(batteries)} batteries; declare exactly one, it is what "
            "the policies run"
        )
    if len(reducible) > 1:
        raise NotReplayableError(
            f"{firm.firm_id}: declares {len(reducible)} curtailable loads; declare one, with the "
            "power and the energy of all"
        )
    demand_kw = _filled(history.demand_kw)
    return ReplaySite(
        name=name or firm.firm_id,
        firm=firm,
        history=replace(history, demand_kw=demand_kw),
        store=Store.of(batteries[0]),
        filled=int(np.isnan(history.demand_kw).sum()),
        jobs=tuple(asset for asset in assets if isinstance(asset, ShiftableJob)),
        curtailable=reducible[0] if reducible else None,
    )


def _filled(demand_kw: KilowattArray) -> KilowattArray:
    filled = np.where(
        np.isnan(demand_kw[:STEPS_PER_WEEK]), np.nanmean(demand_kw), demand_kw[:STEPS_PER_WEEK]
    )
    filled = np.concatenate([filled, demand_kw[STEPS_PER_WEEK:]])
    for step in np.flatnonzero(np.isnan(filled)):
        filled[step] = filled[step - STEPS_PER_WEEK]
    return filled
