"""What a moved run of a job lies at: its window, its starts and pauses, other jobs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

import numpy as np

from feature_store.entities.job_relation import Precedence, related_jobs
from feature_store.time_grid import KilowattArray
from models.assets.asset import Asset
from models.assets.clock_time import step_of_day
from models.assets.interruptible_job import InterruptibleJob
from models.assets.job_decisions import BoolArray, Job
from models.assets.job_limit import job_limits
from models.assets.shiftable_job import ShiftableJob
from models.optimizer.changed_power import ChangedPower, stretches
from models.optimizer.schedule import Binding, BindingLimit
from models.site import Site

Run = tuple[int, int]
"""First step of a run, and the step after it."""


def windows(job: ShiftableJob | InterruptibleJob, power: ChangedPower) -> Iterator[Binding]:
    """Yield the ends of its window that a moved run begins or ends at."""
    for run in moved_runs(job, power):
        starts, ends = _at_window(job, power, run)
        if starts:
            yield "window_start"
        if ends:
            yield "window_end"


def limits_of_starts(job: InterruptibleJob, power: ChangedPower) -> Iterator[Binding]:
    """Yield the least times that runs and pauses around a moved run have, and a day's starts."""
    limits = job.parameters
    moved, runs = moved_runs(job, power), stretches(job.running(power.planned_kw, power.grid))
    for first, end in moved:
        whole = first > 0 and end < power.grid.steps
        if whole and 1 < end - first == limits.switching.min_on:
            yield "shortest_time"
    for earlier, later in pairwise(runs):
        beside_moved = earlier in moved or later in moved
        if beside_moved and 1 < later[0] - earlier[1] == limits.switching.min_off:
            yield "shortest_pause"
    if limits.max_starts is not None:
        under_way = job.on_before(power.grid) > 0
        begun = [first for first, _ in runs if first > 0 or not under_way]
        for day in job.work_days(power.grid):
            done = limits.starts_done if day.carries_state else 0
            count = done + sum(bool(day.window[first]) for first in begun)
            if count >= limits.max_starts and any(day.window[first] for first, _ in moved):
                yield "days_starts"


def relations(
    site: Site, job: Asset, power: ChangedPower, planned_kw: Mapping[str, KilowattArray]
) -> Iterator[BindingLimit]:
    """Yield the relations that keep a moved run from lying one step earlier or later."""
    assert isinstance(job, ShiftableJob | InterruptibleJob)  # noqa: S101 - the kinds of job
    own = [relation for relation in site.job_relations if job.name in related_jobs(relation)]
    if not own:
        return
    named = {name for relation in own for name in related_jobs(relation)}
    running = {
        asset.name: asset.running(planned_kw[asset.name], power.grid)
        for asset in site.assets
        if asset.name in named and isinstance(asset, Job)
    }
    moved = moved_runs(job, power)
    dates = power.grid.clock(site.zone).date
    for relation in own:
        if isinstance(relation, Precedence):
            days = [dates == dates[first] for first, _ in moved]
            today = [{name: on & day for name, on in running.items()} for day in days]
            pairs = zip(moved, today, strict=True)
            if any(_waits(relation, job.name, run, by_name) for run, by_name in pairs):
                other = relation.first if job.name == relation.then else relation.then
                yield BindingLimit(what="precedence", others=(other,))
            continue
        (limit,) = job_limits((relation,))
        others = [name for name in limit.jobs if name != job.name]
        at_once = np.sum([running[name] for name in others], axis=0)
        blocked = limit.on(power.grid, site.zone) & (at_once >= limit.at_most)
        beside = [step for run in moved for step in _beside(job, power, run) if blocked[step]]
        if beside:
            holding = tuple(name for name in others if running[name][beside].any())
            yield BindingLimit(what=relation.kind, others=holding)


def moved_runs(job: Job, power: ChangedPower) -> list[Run]:
    """Return the runs of the plan that usually lie elsewhere, or nowhere."""
    usual = stretches(job.running(power.usual_kw, power.grid))
    planned = stretches(job.running(power.planned_kw, power.grid))
    return [run for run in planned if run not in usual]


def _at_window(
    job: ShiftableJob | InterruptibleJob, power: ChangedPower, run: Run
) -> tuple[bool, bool]:
    """Whether a run begins with its window, and whether it ends with it."""
    clock = power.grid.clock(job.firm.zone).step_of_day
    begins = int(clock[run[0]]) == job.parameters.earliest_start
    return begins, int(clock[run[1] - 1]) + 1 == job.parameters.latest_end


def _beside(job: ShiftableJob | InterruptibleJob, power: ChangedPower, run: Run) -> tuple[int, ...]:
    """Return the steps just before and after a run, as far as its window lets it run there."""
    first, end = run
    begins, ends = _at_window(job, power, run)
    before = () if begins or first == 0 else (first - 1,)
    return before if ends or end == power.grid.steps else (*before, end)


def _waits(
    precedence: Precedence, name: str, run: Run, running_today: Mapping[str, BoolArray]
) -> bool:
    """Whether a run begins just the gap after the first job's day, or ends that before the other's.

    Args:
        precedence: The relation.
        name: Whose run it is, one of its two jobs.
        run: The run.
        running_today: When each job runs on the run's day, by name, shape (steps,).
    """
    first = np.flatnonzero(running_today[precedence.first])
    then = np.flatnonzero(running_today[precedence.then])
    if not first.size or not then.size:
        return False
    at_the_edge = then[0] == run[0] if name == precedence.then else first[-1] + 1 == run[1]
    return bool(at_the_edge and then[0] == first[-1] + 1 + step_of_day(precedence.gap))
