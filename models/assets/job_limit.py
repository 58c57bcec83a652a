"""How many of some jobs may run at once, and whether a firm's relations between jobs make sense."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from zoneinfo import ZoneInfo

import numpy as np

from feature_store.entities.job_relation import (
    Crew,
    Exclusion,
    JobRelation,
    Precedence,
    related_jobs,
)
from feature_store.errors import SandanError
from feature_store.time_grid import DAYS_PER_WEEK, STEPS_PER_DAY, TimeGrid
from models.assets.asset import Asset
from models.assets.clock_time import clock_text, step_of_day
from models.assets.job_decisions import BoolArray, Job


class JobRelationError(SandanError):
    """A firm declares a relation between jobs that cannot hold."""


@dataclass(frozen=True, kw_only=True)
class JobLimit:
    """At most so many of these jobs at once, by the clock: what a crew and an exclusion say."""

    jobs: tuple[str, ...]
    at_most: int
    from_step: int
    to_step: int

    def holds(self, step_of_day: np.ndarray) -> BoolArray:
        """Return at which clock steps it holds; a window may run over midnight."""
        late, early = step_of_day >= self.from_step, step_of_day < self.to_step
        return np.asarray(late & early if self.from_step < self.to_step else late | early)

    def on(self, grid: TimeGrid, zone: ZoneInfo) -> BoolArray:
        """Return in which steps of ``grid`` it holds, shape (steps,)."""
        return self.holds(grid.clock(zone).step_of_day)


def job_limits(relations: Sequence[JobRelation]) -> tuple[JobLimit, ...]:
    """Return what exclusions and crews say, in order."""
    limits = []
    for relation in relations:
        match relation:
            case Exclusion():
                limits.append(
                    JobLimit(jobs=relation.jobs, at_most=1, from_step=0, to_step=STEPS_PER_DAY)
                )
            case Crew():
                limits.append(
                    JobLimit(
                        jobs=relation.jobs,
                        at_most=relation.at_most,
                        from_step=step_of_day(relation.from_time),
                        to_step=step_of_day(relation.to_time),
                    )
                )
            case Precedence():
                pass
    return tuple(limits)


def check_relations(
    firm_id: str, relations: Sequence[JobRelation], assets: Sequence[Asset]
) -> None:
    """Raise a :class:`JobRelationError` for a relation that cannot hold.

    It may name what is no job, form a circle, or be broken by the usual operation: then doing
    nothing would not be allowed.
    """
    named = {asset.name: asset for asset in assets}
    for relation in relations:
        _check_names(firm_id, relation, named)
    jobs = {name: asset for name, asset in named.items() if isinstance(asset, Job)}
    precedences = [relation for relation in relations if isinstance(relation, Precedence)]
    _check_circle(firm_id, precedences)
    for precedence in precedences:
        _check_usual_order(firm_id, precedence, jobs)
    for limit in job_limits(relations):
        _check_usual_count(firm_id, limit, jobs)


def _check_names(firm_id: str, relation: JobRelation, named: Mapping[str, Asset]) -> None:
    names = related_jobs(relation)
    for name, count in Counter(names).items():
        if name not in named:
            raise JobRelationError(
                f"{firm_id}: a {relation.kind} names {name!r}, which is no equipment of the firm; "
                f"write one of {', '.join(named)}"
            )
        if not isinstance(named[name], Job):
            raise JobRelationError(
                f"{firm_id}: a {relation.kind} names {name!r}, which is a {named[name].kind}; "
                "relations hold between jobs"
            )
        if count > 1 and not isinstance(relation, Precedence):
            raise JobRelationError(
                f"{firm_id}: a {relation.kind} names {name!r} twice; list each job once"
            )


def _check_circle(firm_id: str, precedences: Sequence[Precedence]) -> None:
    waits_for: dict[str, set[str]] = {}
    for precedence in precedences:
        waits_for.setdefault(precedence.then, set()).add(precedence.first)
    try:
        TopologicalSorter(waits_for).prepare()
    except CycleError as circle:
        raise JobRelationError(
            f"{firm_id}: the precedences {' before '.join(circle.args[1])} form a circle, so none "
            "of these jobs could start; leave one of them out"
        ) from circle


def _check_usual_order(firm_id: str, precedence: Precedence, jobs: Mapping[str, Job]) -> None:
    first, then = jobs[precedence.first], jobs[precedence.then]
    free_from = max(run.end for run in first.usual_runs) + step_of_day(precedence.gap)
    starts = min(run.start for run in then.usual_runs)
    if set(first.weekdays) & set(then.weekdays) and starts < free_from:
        over = clock_text(max(run.end for run in first.usual_runs))
        raise JobRelationError(
            f"{firm_id}: {precedence.then} usually starts at {clock_text(starts)}, but has to "
            f"wait for {precedence.first}, which is usually over at {over}, and for the gap of "
            f"{precedence.gap}; change a usual_start or the gap"
        )


def _check_usual_count(firm_id: str, limit: JobLimit, jobs: Mapping[str, Job]) -> None:
    clock = np.arange(STEPS_PER_DAY)
    for weekday in range(DAYS_PER_WEEK):
        running = np.zeros(STEPS_PER_DAY, dtype=int)
        for name in limit.jobs:
            if weekday in jobs[name].weekdays:
                for run in jobs[name].usual_runs:
                    running[run.start : run.end] += 1
        over = limit.holds(clock) & (running > limit.at_most)
        if over.any():
            at = clock_text(int(over.argmax()))
            raise JobRelationError(
                f"{firm_id}: of {', '.join(limit.jobs)} at most {limit.at_most} may run at once, "
                f"but usually {running.max()} do at {at}; change a usual_start or the limit"
            )
