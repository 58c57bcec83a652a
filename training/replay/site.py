"""What is lived again: a firm with its batteries, its jobs, and the load that was measured."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.time_grid import HOURS_PER_STEP, STEPS_PER_WEEK, KilowattArray, TimeGrid
from models.assets.battery import Battery
from models.assets.shiftable_job import ShiftableJob
from models.dispatch.battery_now import BatteryNow
from models.dispatch.flexible_load import FlexibleLoad
from models.dispatch.pooled_store import pooled_store, usable_store
from models.dispatch.store import Store
from models.site import Site, site_of
from training.replay.beside_battery import beside_battery
from training.replay.not_replayable import NotReplayableError


@dataclass(frozen=True, kw_only=True)
class ReplaySite:
    """A firm, its batteries, its jobs and its load."""

    name: str
    """In files and reports; firms may take part with several batteries."""
    firm: Firm
    history: LoadHistory
    """As measured, gaps filled."""
    store: Store
    """The battery above its reserve, or all of them as one."""
    filled: int
    """Intervals that were not measured."""
    beside: Site | None = None
    """Jobs, what holds between them, and the load that may be reduced; None for batteries alone."""
    batteries: tuple[BatteryNow, ...] = ()
    """Those that ``store`` stands for, each as a month begins; empty where it is the one battery,
    without a limit of the day."""

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
        """Return what may be moved or given up from a position on; None for batteries alone."""
        if self.beside is None:
            return None
        grid = TimeGrid(self.history.grid.at(first), steps)
        return FlexibleLoad(grid=grid, site=self.beside)


def replay_site(firm: Firm, history: LoadHistory, *, name: str | None = None) -> ReplaySite:
    """Return a firm as a site that can be lived again.

    Gaps are filled with the load a week before, or, in the first week, with its mean.

    Raises:
        NotReplayableError: The firm declares no battery, or one of them or what is beside them
            cannot be lived as it is declared.
    """
    site = site_of(firm)
    batteries = [asset for asset in site.assets if isinstance(asset, Battery)]
    if not batteries:
        raise NotReplayableError(
            f"{firm.firm_id}: declares no battery; declare at least one, it is what the policies "
            "run"
        )
    each = tuple(_as_a_month_begins(firm, battery) for battery in batteries)
    is_plain = len(each) == 1 and each[0].left_today_kwh is None
    return ReplaySite(
        name=name or firm.firm_id,
        firm=firm,
        history=replace(history, demand_kw=_filled(history.demand_kw)),
        store=each[0].store if is_plain else pooled_store(batteries),
        filled=int(np.isnan(history.demand_kw).sum()),
        beside=beside_battery(site),
        batteries=() if is_plain else each,
    )


def _as_a_month_begins(firm: Firm, battery: Battery) -> BatteryNow:
    """A battery with its declared charge and a whole day's energy."""
    store = usable_store(battery)
    if battery.parameters.reserve_share is not None and store.start_kwh < store.least_kwh:
        raise NotReplayableError(
            f"{firm.firm_id}, {battery.name}: every month begins with {store.start_kwh:g} kWh, "
            f"below the reserve of {store.least_kwh:g} kWh; declare a higher initial_soc_share or "
            "a lower reserve_share"
        )
    return BatteryNow(
        name=battery.name,
        store=store,
        charge_kwh=store.start_kwh,
        left_today_kwh=battery.parameters.max_discharge_kwh_per_day,
    )


def _filled(demand_kw: KilowattArray) -> KilowattArray:
    """Fill gaps from what lies before them; those of the first week by its mean."""
    filled = demand_kw.copy()
    first_week = filled[:STEPS_PER_WEEK]
    first_week[np.isnan(first_week)] = np.nanmean(first_week)
    for step in np.flatnonzero(np.isnan(filled)):
        filled[step] = filled[step - STEPS_PER_WEEK]
    return filled
