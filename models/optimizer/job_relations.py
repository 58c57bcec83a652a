"""Order, exclusion and crews between jobs: as constraints, and as a check of powers."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import cvxpy as cp
import numpy as np
import numpy.typing as npt

from feature_store.entities.job_relation import Precedence
from feature_store.time_grid import KilowattArray, TimeGrid
from models.assets.asset import AssetPlan
from models.assets.clock_time import step_of_day
from models.assets.job_decisions import BoolArray, Job, JobDecisions
from models.assets.job_limit import job_limits
from models.optimizer.limits import JOINED
from models.site import Site


def relation_constraints(
    site: Site, grid: TimeGrid, plans: Mapping[str, AssetPlan]
) -> list[cp.Constraint]:
    """Return what the site's relations demand of the decisions in ``plans``."""
    jobs: dict[str, JobDecisions] = {}

    def decisions(name: str) -> JobDecisions:
        if name not in jobs:
            job = plans[name].job
            assert job is not None  # noqa: S101 - models.assets.job_limit lets only jobs through
            jobs[name] = job()
        return jobs[name]

    constraints: list[cp.Constraint] = []
    for limit in job_limits(site.job_relations):
        holds = np.flatnonzero(limit.on(grid, site.zone))
        if holds.size:
            running = cp.sum([decisions(name).running for name in limit.jobs])
            quantity = "exclusive_on" if limit.at_most == 1 else "crew_on"
            at_once = cp.Variable(
                holds.size, bounds=[0, limit.at_most], name=_named(limit.jobs, quantity)
            )
            constraints.append(at_once == running[holds])
    for relation in site.job_relations:
        if isinstance(relation, Precedence):
            constraints += _in_order(site, grid, relation, decisions)
    return constraints


def relation_violations(
    site: Site, grid: TimeGrid, equipment_kw: Mapping[str, KilowattArray]
) -> list[str]:
    """Return every relation that the powers break, in words; computed without the solver."""
    if not site.job_relations:
        return []
    running = {
        asset.name: asset.running(equipment_kw[asset.name], grid)
        for asset in site.assets
        if isinstance(asset, Job)
    }
    broken = []
    for limit in job_limits(site.job_relations):
        at_once = sum((running[name].astype(int) for name in limit.jobs), np.zeros(grid.steps, int))
        over = limit.on(grid, site.zone) & (at_once > limit.at_most)
        if over.any():
            when = grid.at(int(over.argmax())).astimezone(site.zone)
            broken.append(
                f"more than {limit.at_most} of {', '.join(limit.jobs)} run at once "
                f"at {when:%Y-%m-%d %H:%M}"
            )
    for relation in site.job_relations:
        if isinstance(relation, Precedence):
            broken += _broken_order(site, grid, relation, running)
    return broken


def _in_order(
    site: Site, grid: TimeGrid, precedence: Precedence, decisions: Callable[[str], JobDecisions]
) -> list[cp.Constraint]:
    """Let one job begin only where the other is over, by the sums of their start decisions."""
    day_goes_on = np.flatnonzero(np.diff(grid.clock(site.zone).date).astype(int) == 0)
    looked_at = _over_by(site, grid, precedence)
    constraints: list[cp.Constraint] = []
    begun, over = decisions(precedence.then).begun, decisions(precedence.first).over
    if not begun:
        begun_on = cp.Variable(grid.steps, bounds=[0, 1], name=f"{precedence.then}.begun_on")
        begun = (begun_on,)
        constraints += [
            begun_on >= decisions(precedence.then).running,
            begun_on[day_goes_on + 1] >= begun_on[day_goes_on],
        ]
    if not over:
        over_on = cp.Variable(grid.steps, bounds=[0, 1], name=f"{precedence.first}.over_on")
        over = (over_on,)
        constraints += [
            over_on <= 1 - decisions(precedence.first).running,
            over_on[day_goes_on + 1] >= over_on[day_goes_on],
        ]
    for one in begun:
        for other in over:
            waits = cp.Variable(
                grid.steps,
                bounds=[0, 1],
                name=_named((precedence.first, precedence.then), "order_on"),
            )
            constraints.append(waits == other[looked_at] - one)
    return constraints


def _named(jobs: tuple[str, ...], quantity: str) -> str:
    """Name a variable by the jobs concerned, so that a conflict can be told in their names."""
    return f"{JOINED.join(jobs)}.{quantity}"


def _broken_order(
    site: Site, grid: TimeGrid, precedence: Precedence, running: Mapping[str, BoolArray]
) -> list[str]:
    """Return the days on which one job runs before the other is over."""
    first_on, then_on = running[precedence.first], running[precedence.then]
    dates = grid.clock(site.zone).date
    looked_at = _over_by(site, grid, precedence)
    broken = []
    for date in np.unique(dates[then_on]):
        begins = int(np.flatnonzero(then_on & (dates == date))[0])
        today = np.flatnonzero(first_on & (dates == date))
        if today.size and today[-1] >= looked_at[begins]:
            broken.append(f"{precedence.then} starts before {precedence.first} is over on {date}")
    return broken


def _over_by(site: Site, grid: TimeGrid, precedence: Precedence) -> npt.NDArray[np.int64]:
    """Return the step by which the first job has to be over for the other to run in each step.

    It is the gap earlier, but no earlier than the local day's first step in the grid: what ended
    before the grid is taken to have ended long enough ago.
    """
    dates = grid.clock(site.zone).date
    day_begins = np.searchsorted(dates, dates)
    return np.maximum(np.arange(grid.steps) - step_of_day(precedence.gap), day_begins)
