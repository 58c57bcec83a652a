"""A job that runs once on each of its days, unbroken, some time in a window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Self

import cvxpy as cp
import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from feature_store.calendar.closed_days import closed_days
from feature_store.entities.firm import Firm
from feature_store.time_grid import STEPS_PER_DAY, KilowattArray, TimeGrid
from models.assets.action import Action
from models.assets.asset import TOLERANCE_KW, AssetPlan, Parameters
from models.assets.clock_time import ClockStep, clock_text

TIE_BREAK_KRW_PER_MOVE = 0.1
"""Preference for the usual place among equally cheap ones: any move asks something of people."""
TIE_BREAK_KRW_PER_STEP = 0.01
"""Preference for the nearest of equally cheap places: a run moved by a whole day weighs 1 won."""


class ShiftableJobParameters(Parameters):
    """A job's draw, its usual place and its window by the firm's clock."""

    profile_kw: tuple[Annotated[float, Field(ge=0)], ...] = Field(min_length=1)
    """Draw of the running job, one value per quarter hour."""
    usual_start: ClockStep
    """When it starts if nobody plans it."""
    earliest_start: ClockStep
    latest_end: ClockStep
    days: tuple[Annotated[int, Field(ge=0, le=6)], ...] = Field(min_length=1)
    """Weekdays on which it runs, Monday 0; not on days the firm is closed."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        window = f"{clock_text(self.earliest_start)} to {clock_text(self.latest_end)}"
        if self.earliest_start + len(self.profile_kw) > self.latest_end:
            raise ValueError(
                f"{len(self.profile_kw)} steps of profile_kw do not fit in {window}; widen "
                "earliest_start and latest_end (one day, no window over midnight) or shorten it"
            )
        usual_end = self.usual_start + len(self.profile_kw)
        if self.usual_start < self.earliest_start or usual_end > self.latest_end:
            raise ValueError(
                f"usual_start {clock_text(self.usual_start)} puts the run outside of {window}; "
                "widen the window so that it holds the usual run"
            )
        return self

    def asset(self, name: str, firm: Firm) -> ShiftableJob:
        """Return the job called ``name``, on the calendar of ``firm``."""
        return ShiftableJob(name=name, parameters=self, firm=firm)


@dataclass(frozen=True, kw_only=True)
class JobRun:
    """One day's run on a grid."""

    usual_start: int
    """Step of the usual start; negative if it began before the grid."""
    starts: tuple[int, ...]
    """Steps at which it may start instead; empty if it keeps its usual place."""


@dataclass(frozen=True, kw_only=True)
class ShiftableJob:
    """Run ``profile_kw`` once a day, starting between two steps of the grid.

    One binary per allowed start; the drawn power is the profile shifted to the chosen one.
    A run whose usual start lies before the grid, or which would usually outlast it, keeps its
    usual place. Source of the formulation: start-time indicators have the tightest relaxation
    of the known ones for uninterruptible jobs.
    """

    kind: ClassVar[str] = "shiftable_job"
    in_readings: ClassVar[bool] = True
    drawing: ClassVar[Action] = "run"
    feeding: ClassVar[Action] = "run"

    name: str
    parameters: ShiftableJobParameters
    firm: Firm
    """Whose clock and calendar the job keeps."""

    def runs(self, grid: TimeGrid) -> tuple[JobRun, ...]:
        """Return the runs that usually draw in ``grid``, in order; also one under way."""
        length = len(self.parameters.profile_kw)
        before = TimeGrid(grid.at(-STEPS_PER_DAY), grid.steps + STEPS_PER_DAY)
        clock = before.clock(self.firm.zone)
        step = np.arange(before.steps) - STEPS_PER_DAY
        working = np.isin(clock.weekday, self.parameters.days)
        working &= ~closed_days(self.firm, clock.date)
        in_window = (clock.step_of_day >= self.parameters.earliest_start) & (
            clock.step_of_day <= self.parameters.latest_end - length
        )
        fits = (step >= 0) & (step <= grid.steps - length)
        runs = []
        for position in np.flatnonzero(
            working & (clock.step_of_day == self.parameters.usual_start)
        ):
            usual_start = int(step[position])
            same_day = clock.date == clock.date[position]
            movable = usual_start >= 0 and usual_start + length <= grid.steps
            starts = step[same_day & in_window & fits] if movable else ()
            if usual_start + length > 0:
                runs.append(JobRun(usual_start=usual_start, starts=tuple(map(int, starts))))
        return tuple(runs)

    def usual_kw(self, grid: TimeGrid) -> KilowattArray:
        """Return the profile at the usual start of each day."""
        return self._drawn_kw(grid, [run.usual_start for run in self.runs(grid)]).sum(axis=1)

    def plan(self, grid: TimeGrid) -> AssetPlan:
        """Return the job's start decisions over ``grid``."""
        runs = self.runs(grid)
        kept_kw = self._kept_kw(grid, runs)
        movable = [run for run in runs if run.starts]
        if not movable:
            return AssetPlan(
                power_kw=cp.Constant(kept_kw), constraints=[], tie_break_krw=cp.Constant(0)
            )
        starts = [start for run in movable for start in run.starts]
        owner = np.repeat(np.arange(len(movable)), [len(run.starts) for run in movable])
        once = (owner == np.arange(len(movable))[:, None]).astype(float)
        moved = np.abs(np.array(starts) - np.array([run.usual_start for run in movable])[owner])
        weight_krw = TIE_BREAK_KRW_PER_MOVE * (moved > 0) + TIE_BREAK_KRW_PER_STEP * moved

        start_on = cp.Variable(len(starts), boolean=True, name=f"{self.name}.start_on")
        return AssetPlan(
            power_kw=kept_kw + self._drawn_kw(grid, starts) @ start_on,
            constraints=[once @ start_on == 1],
            tie_break_krw=weight_krw @ start_on,
        )

    def cost_krw(
        self,
        power_kw: cp.Expression | KilowattArray,  # noqa: ARG002 - a move has no cost of its own
    ) -> cp.Expression:
        """Return zero: the work is the same wherever it lies."""
        return cp.Constant(0)

    def soc_kwh(self, power_kw: KilowattArray) -> None:
        """Return nothing: a job stores no energy."""

    def violations(self, power_kw: KilowattArray, grid: TimeGrid) -> tuple[str, ...]:
        """Return the runs that are missing, broken, doubled or outside of their window."""
        runs = self.runs(grid)
        rest_kw = power_kw - self._kept_kw(grid, runs)
        broken = []
        for run in runs:
            if not run.starts:
                continue
            choices_kw = self._drawn_kw(grid, run.starts)
            window = choices_kw.any(axis=1)
            wrong_kw = np.abs(choices_kw[window] - rest_kw[window, None]).max(axis=0, initial=0.0)
            if wrong_kw.min() > TOLERANCE_KW:
                usual = grid.at(run.usual_start).astimezone(self.firm.zone)
                broken.append(f"{self.name} does not run once and whole on {usual:%Y-%m-%d}")
            rest_kw = np.where(window, 0.0, rest_kw)
        if np.abs(rest_kw).max() > TOLERANCE_KW:
            broken.append(f"{self.name} draws outside of its windows")
        return tuple(broken)

    def _kept_kw(self, grid: TimeGrid, runs: tuple[JobRun, ...]) -> KilowattArray:
        """Draw of the runs that keep their usual place, shape (steps,)."""
        return self._drawn_kw(grid, [run.usual_start for run in runs if not run.starts]).sum(axis=1)

    def _drawn_kw(
        self, grid: TimeGrid, starts: list[int] | tuple[int, ...]
    ) -> npt.NDArray[np.float64]:
        """Draw of a run from each start, clipped to the grid, shape (steps, len(starts))."""
        since_start = np.arange(grid.steps)[:, None] - np.array(starts, dtype=np.int64)[None, :]
        profile_kw = np.array(self.parameters.profile_kw)
        running = (since_start >= 0) & (since_start < profile_kw.size)
        return np.where(running, profile_kw[np.clip(since_start, 0, profile_kw.size - 1)], 0.0)
