"""A job that runs on each of its days, unbroken, once or several times in a window."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, groupby, pairwise
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
from models.assets.job_decisions import BoolArray, JobDecisions, UsualRun
from models.assets.job_runs import JobRun, laid_out, located, places_left

TIE_BREAK_KRW_PER_MOVE = 0.1
"""Preference for the usual place among equally cheap ones: any move asks something of people."""
TIE_BREAK_KRW_PER_STEP = 0.01
"""Preference for the nearest of equally cheap places: a run moved by a whole day weighs 1 won."""
TIE_BREAK_KRW_PER_LEFT_OUT = 2.0
"""Preference for running at all: above that of any move within a day."""


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
    later_usual_starts: tuple[ClockStep, ...] = ()
    """When further runs of a day start if nobody plans them, in order."""
    worth_krw: float | None = Field(default=None, gt=0)
    """What a run is worth: one whose electricity costs more is left out. Left out itself, every
    run has to be done. A price ceiling of c won per kWh is c times the energy of the run."""
    runs_done: int | None = Field(default=None, ge=0)
    """Runs of today that were over before the plan; left out, as usual."""
    steps_done: int = Field(default=0, ge=0)
    """Quarter hours already done of a run that is under way, 0 for none; its rest follows."""

    @property
    def usual_starts(self) -> tuple[int, ...]:
        """When the runs of a day start if nobody plans them, in order."""
        return (self.usual_start, *self.later_usual_starts)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        window = f"{clock_text(self.earliest_start)} to {clock_text(self.latest_end)}"
        if self.earliest_start + len(self.profile_kw) > self.latest_end:
            raise ValueError(
                f"{len(self.profile_kw)} steps of profile_kw do not fit in {window}; widen "
                "earliest_start and latest_end (one day, no window over midnight) or shorten it"
            )
        for number, start in enumerate(self.usual_starts):
            if start < self.earliest_start or start + len(self.profile_kw) > self.latest_end:
                parameter = "later_usual_starts" if number else "usual_start"
                raise ValueError(
                    f"{parameter} {clock_text(start)} puts the run outside of {window}; "
                    "widen the window so that it holds the usual run"
                )
        for start, following in pairwise(self.usual_starts):
            if following < start + len(self.profile_kw):
                raise ValueError(
                    f"later_usual_starts {clock_text(following)} is before the run from "
                    f"{clock_text(start)} is over; list later ones, in order"
                )
        return self

    @model_validator(mode="after")
    def _stands_somewhere(self) -> Self:
        if self.steps_done and self.runs_done is None:
            raise ValueError("steps_done needs runs_done: how many runs of today were over before")
        if self.steps_done >= len(self.profile_kw):
            raise ValueError(
                f"steps_done {self.steps_done} is the whole run of {len(self.profile_kw)} steps; "
                "count it among runs_done"
            )
        return self

    def asset(self, name: str, firm: Firm) -> ShiftableJob:
        """Return the job called ``name``, on the calendar of ``firm``."""
        return ShiftableJob(name=name, parameters=self, firm=firm)


@dataclass(frozen=True, kw_only=True)
class ShiftableJob:
    """Run ``profile_kw`` on each of its days, starting between two steps of the grid.

    One binary per allowed start; the drawn power is the profile shifted to the chosen one.
    A run whose usual start lies before the grid, or which would usually outlast it, keeps its
    usual place, unless ``runs_done`` tells what was done before. Source of the formulation:
    start-time indicators have the tightest relaxation of the known ones for uninterruptible jobs.
    """

    kind: ClassVar[str] = "shiftable_job"
    in_readings: ClassVar[bool] = True
    drawing: ClassVar[Action] = "run"
    feeding: ClassVar[Action] = "run"

    name: str
    parameters: ShiftableJobParameters
    firm: Firm
    """Whose clock and calendar the job keeps."""

    @property
    def weekdays(self) -> tuple[int, ...]:
        """See :class:`models.assets.job_decisions.Job`."""
        return self.parameters.days

    @property
    def usual_runs(self) -> tuple[UsualRun, ...]:
        """See :class:`models.assets.job_decisions.Job`."""
        return tuple(
            UsualRun(start=start, end=start + self._length)
            for start in self.parameters.usual_starts
        )

    @property
    def _length(self) -> int:
        return len(self.parameters.profile_kw)

    def runs(self, grid: TimeGrid) -> tuple[JobRun, ...]:
        """Return the runs that usually draw in ``grid``, in order; also one under way."""
        length = self._length
        before = TimeGrid(grid.at(-STEPS_PER_DAY), grid.steps + STEPS_PER_DAY)
        clock = before.clock(self.firm.zone)
        step = np.arange(before.steps) - STEPS_PER_DAY
        working = np.isin(clock.weekday, self.parameters.days)
        working &= ~closed_days(self.firm, clock.date)
        in_window = (clock.step_of_day >= self.parameters.earliest_start) & (
            clock.step_of_day <= self.parameters.latest_end - length
        )
        fits = (step >= 0) & (step <= grid.steps - length)
        usual = working & np.isin(clock.step_of_day, self.parameters.usual_starts)
        runs = []
        for day in np.unique(clock.date[usual]):
            same_day = clock.date == day
            places = [int(place) for place in step[usual & same_day]]
            if day == clock.date[STEPS_PER_DAY]:
                places = [place for place in self._today(places) if place < grid.steps]
            allowed = step[same_day & in_window & fits]
            runs += laid_out(day.item(), places, allowed, length=length, steps=grid.steps)
        return tuple(runs)

    def usual_kw(self, grid: TimeGrid) -> KilowattArray:
        """Return the profile at the usual starts of each day."""
        return self._drawn_kw(grid, [run.usual_start for run in self.runs(grid)]).sum(axis=1)

    def plan(self, grid: TimeGrid) -> AssetPlan:
        """Return the job's start decisions over ``grid``."""
        runs = self.runs(grid)
        kept_kw = self._kept_kw(grid, runs)
        movable = [run for run in runs if run.starts]
        if not movable:
            return AssetPlan(
                power_kw=cp.Constant(kept_kw),
                constraints=[],
                tie_break_krw=cp.Constant(0),
                job=lambda: self._decisions(grid, runs, None),
            )
        starts = [start for run in movable for start in run.starts]
        owner = np.repeat(np.arange(len(movable)), [len(run.starts) for run in movable])
        once = (owner == np.arange(len(movable))[:, None]).astype(float)
        moved = np.abs(np.array(starts) - np.array([run.usual_start for run in movable])[owner])
        weight_krw = TIE_BREAK_KRW_PER_MOVE * (moved > 0) + TIE_BREAK_KRW_PER_STEP * moved

        start_on = cp.Variable(len(starts), boolean=True, name=f"{self.name}.start_on")
        constraints = [once @ start_on == 1]
        tie_break_krw: cp.Expression = weight_krw @ start_on
        left_out_krw: cp.Expression = cp.Constant(0)
        if self.parameters.worth_krw is not None:
            left_out = len(movable) - cp.sum(start_on)
            constraints = [once @ start_on <= 1]
            tie_break_krw += TIE_BREAK_KRW_PER_LEFT_OUT * left_out
            left_out_krw = self.parameters.worth_krw * left_out
        return AssetPlan(
            power_kw=kept_kw + self._drawn_kw(grid, starts) @ start_on,
            constraints=[*constraints, *self._in_order(grid, movable, start_on)],
            tie_break_krw=tie_break_krw,
            decision_krw=left_out_krw,
            job=lambda: self._decisions(grid, runs, start_on),
        )

    def cost_krw(
        self,
        power_kw: cp.Expression | KilowattArray,  # noqa: ARG002 - a move has no cost of its own
    ) -> cp.Expression:
        """Return zero: the work is the same wherever it lies."""
        return cp.Constant(0)

    def billed_krw(
        self,
        power_kw: KilowattArray,  # noqa: ARG002 - it costs nothing by power
    ) -> float:
        """See :class:`models.assets.asset.Asset`."""
        return 0.0

    def decision_krw(self, power_kw: KilowattArray, grid: TimeGrid) -> float:
        """Return what the runs that are left out would have been worth."""
        if self.parameters.worth_krw is None:
            return 0.0
        runs = self.runs(grid)
        movable = [run for run in runs if run.starts]
        found = [start for _, _, starts in self._found(power_kw, grid, runs) for start in starts]
        return self.parameters.worth_krw * (len(movable) - len(found))

    def soc_kwh(self, power_kw: KilowattArray) -> None:
        """Return nothing: a job stores no energy."""

    def running(self, power_kw: KilowattArray, grid: TimeGrid) -> BoolArray:
        """See :class:`models.assets.job_decisions.Job`; from start to end, idle steps too."""
        runs = self.runs(grid)
        kept = [run.usual_start for run in runs if not run.starts]
        found = [start for _, _, starts in self._found(power_kw, grid, runs) for start in starts]
        return self._covered(grid, kept + found)

    def violations(self, power_kw: KilowattArray, grid: TimeGrid) -> tuple[str, ...]:
        """Return the runs that are missing, broken, doubled or outside of their window."""
        runs = self.runs(grid)
        rest_kw = power_kw - self._kept_kw(grid, runs)
        broken = []
        for day, window, starts in self._found(power_kw, grid, runs):
            wrong_kw = np.abs(rest_kw - self._drawn_kw(grid, starts).sum(axis=1))[window].max()
            missing = len(starts) < len(day) and self.parameters.worth_krw is None
            if wrong_kw > TOLERANCE_KW or missing:
                times = "once" if len(day) == 1 else f"{len(day)} times"
                broken.append(f"{self.name} does not run {times} and whole on {day[0].day}")
            rest_kw = np.where(window, 0.0, rest_kw)
        if np.abs(rest_kw).max() > TOLERANCE_KW:
            broken.append(f"{self.name} draws outside of its windows")
        return tuple(broken)

    def _today(self, usual: list[int]) -> list[int]:
        """Return the places of the runs of the day on which the grid begins."""
        done, under_way = self.parameters.runs_done, self.parameters.steps_done
        if done is None or not usual:
            return usual
        to_window_end = self.parameters.latest_end - self._length - self.parameters.usual_start
        begun = [-under_way] if under_way else []
        return begun + places_left(
            usual[done + len(begun) :],
            free_from=self._length - under_way if begun else 0,
            last_start=usual[0] + to_window_end,
            length=self._length,
        )

    def _in_order(
        self, grid: TimeGrid, movable: list[JobRun], start_on: cp.Variable
    ) -> list[cp.Constraint]:
        """Keep the movable runs of one day in order and apart.

        Neighbours are enough where every run is done; one that is left out parts no others.
        """
        optional = self.parameters.worth_krw is not None
        pairs = combinations(movable, 2) if optional else pairwise(movable)
        return [
            self._begun(grid, movable, following) @ start_on
            + self._not_over(grid, movable, run) @ start_on
            <= 1
            for run, following in pairs
            if run.day == following.day
        ]

    def _begun(self, grid: TimeGrid, movable: list[JobRun], run: JobRun) -> npt.NDArray[np.float64]:
        """Which starts of ``run`` lie at or before each step, shape (steps, starts of all)."""
        starts = np.array([start for one in movable for start in one.starts])
        owned = np.array([one is run for one in movable for _ in one.starts])
        return (owned & (starts <= np.arange(grid.steps)[:, None])).astype(np.float64)

    def _not_over(
        self, grid: TimeGrid, movable: list[JobRun], run: JobRun
    ) -> npt.NDArray[np.float64]:
        """Which starts of ``run`` end after the beginning of each step, same shape."""
        starts = np.array([start for one in movable for start in one.starts])
        owned = np.array([one is run for one in movable for _ in one.starts])
        return (owned & (starts + self._length > np.arange(grid.steps)[:, None])).astype(np.float64)

    def _decisions(
        self, grid: TimeGrid, runs: tuple[JobRun, ...], start_on: cp.Variable | None
    ) -> JobDecisions:
        """Say when it runs, has begun and is over, by the start decisions of the movable runs."""
        movable = [run for run in runs if run.starts]
        kept = [run.usual_start for run in runs if not run.starts]
        running: cp.Expression = cp.Constant(self._runs_at(grid, kept).sum(axis=1, dtype=float))
        if start_on is not None:
            starts = [start for run in movable for start in run.starts]
            running += self._runs_at(grid, starts).astype(np.float64) @ start_on
        by_number = {
            number: [run for run in runs if run.number == number]
            for number in sorted({run.number for run in runs})
        }
        decided = [self._decided(grid, runs, numbered, start_on) for numbered in by_number.values()]
        nothing = cp.Constant(np.zeros(grid.steps))
        return JobDecisions(
            running=running,
            begun=tuple(begun for begun, _ in decided) or (nothing,),
            over=tuple(over for _, over in decided) or (1 - nothing,),
        )

    def _decided(
        self,
        grid: TimeGrid,
        runs: tuple[JobRun, ...],
        numbered: list[JobRun],
        start_on: cp.Variable | None,
    ) -> tuple[cp.Expression, cp.Expression]:
        """Return begun and over of the runs of one number, one on each day."""
        movable = [run for run in runs if run.starts]
        dates = grid.clock(self.firm.zone).date
        step = np.arange(grid.steps)
        begun: cp.Expression = cp.Constant(np.zeros(grid.steps))
        not_over: cp.Expression = cp.Constant(np.zeros(grid.steps))
        for run in numbered:
            today = dates == np.datetime64(run.day)
            if not run.starts:
                begun += today & (step >= run.usual_start)
                not_over += today & (step < run.usual_start + self._length)
            elif start_on is not None:
                begun += (today[:, None] * self._begun(grid, movable, run)) @ start_on
                not_over += (today[:, None] * self._not_over(grid, movable, run)) @ start_on
        return begun, 1 - not_over

    def _found(
        self, power_kw: KilowattArray, grid: TimeGrid, runs: tuple[JobRun, ...]
    ) -> list[tuple[list[JobRun], BoolArray, list[int]]]:
        """Return each day's movable runs, the steps they may draw in, and the starts seen."""
        rest_kw = power_kw - self._kept_kw(grid, runs)
        found = []
        for _, same_day in groupby((run for run in runs if run.starts), key=lambda run: run.day):
            day = list(same_day)
            starts = located(
                rest_kw,
                self._drawn_kw(grid, day[0].starts),
                day,
                length=self._length,
                tolerance_kw=TOLERANCE_KW,
            )
            found.append((day, self._covered(grid, day[0].starts), starts))
        return found

    def _kept_kw(self, grid: TimeGrid, runs: tuple[JobRun, ...]) -> KilowattArray:
        """Draw of the runs that keep their usual place, shape (steps,)."""
        return self._drawn_kw(grid, [run.usual_start for run in runs if not run.starts]).sum(axis=1)

    def _runs_at(self, grid: TimeGrid, starts: list[int] | tuple[int, ...]) -> BoolArray:
        """Whether a run from each start runs in each step, shape (steps, len(starts))."""
        since_start = np.arange(grid.steps)[:, None] - np.array(starts, dtype=np.int64)[None, :]
        return (since_start >= 0) & (since_start < self._length)

    def _covered(self, grid: TimeGrid, starts: list[int] | tuple[int, ...]) -> BoolArray:
        """Whether a run from any of the starts runs in each step, shape (steps,)."""
        return self._runs_at(grid, starts).sum(axis=1) > 0

    def _drawn_kw(
        self, grid: TimeGrid, starts: list[int] | tuple[int, ...]
    ) -> npt.NDArray[np.float64]:
        """Draw of a run from each start, clipped to the grid, shape (steps, len(starts))."""
        since_start = np.arange(grid.steps)[:, None] - np.array(starts, dtype=np.int64)[None, :]
        profile_kw = np.array(self.parameters.profile_kw)
        drawn_kw = profile_kw[np.clip(since_start, 0, profile_kw.size - 1)]
        return np.where(self._runs_at(grid, starts), drawn_kw, 0.0)
