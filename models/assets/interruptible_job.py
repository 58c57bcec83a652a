"""A job that may pause: so much energy inside a window of each of its days."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, ClassVar, Self

import cvxpy as cp
import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from feature_store.calendar.closed_days import closed_days
from feature_store.entities.firm import Firm
from feature_store.time_grid import HOURS_PER_STEP, STEPS_PER_DAY, KilowattArray, TimeGrid
from models.assets.action import Action
from models.assets.asset import TIE_BREAK_KRW_PER_KWH, TOLERANCE_KW, AssetPlan, Parameters
from models.assets.clock_time import ClockStep, clock_text
from models.assets.job_decisions import BoolArray, JobDecisions, UsualRun
from models.assets.switching import SwitchingLimits, broken_times, past_on, starts_of, switching

TIE_BREAK_KRW_PER_START = 0.1
"""Preference for the usual number of starts among equally cheap plans: as for a moved run."""
_WHOLE = 1e-9
"""Rounding of energies in steps of work, so that 50 kWh at 100 kW are two steps and not three."""


class InterruptibleJobParameters(Parameters):
    """A job's work, its power levels and its window by the firm's clock."""

    levels_kw: tuple[Annotated[float, Field(gt=0)], ...] = Field(min_length=1)
    """Powers at which it can run."""
    energy_kwh: float | None = Field(default=None, gt=0)
    """Work of a day as energy."""
    duration: ClockStep | None = Field(default=None)
    """Work of a day as time, ``HH:MM``, for a job of one level; either this or ``energy_kwh``."""
    usual_start: ClockStep
    """When it starts if nobody plans it: it then runs unbroken at its highest level."""
    earliest_start: ClockStep
    latest_end: ClockStep
    days: tuple[Annotated[int, Field(ge=0, le=6)], ...] = Field(min_length=1)
    """Weekdays on which it runs, Monday 0; not on days the firm is closed."""
    min_on: ClockStep = 1
    """Least time that it runs at once, ``HH:MM``."""
    min_off: ClockStep = 1
    """Least time of a pause."""
    max_starts: int | None = Field(default=None, ge=1)
    """Most starts on a day."""
    done_kwh: float | None = Field(default=None, ge=0)
    """Energy of today's work that was drawn before the plan; left out, as usual."""
    on_before: ClockStep | None = None
    """How long it has run at the start of a plan, 00:00 if it stands; left out, as usual."""
    starts_done: int = Field(default=0, ge=0)
    """Starts of today before the plan."""

    @property
    def need_kwh(self) -> float:
        """Work of a day."""
        if self.energy_kwh is not None:
            return self.energy_kwh
        return (self.duration or 0) * max(self.levels_kw) * HOURS_PER_STEP

    @property
    def usual_steps(self) -> int:
        """Steps of the usual run."""
        return steps_of_work(self.need_kwh, self.levels_kw)

    @property
    def switching(self) -> SwitchingLimits:
        """Its least times in steps; a pause or a run of no length is none."""
        return SwitchingLimits(min_on=max(self.min_on, 1), min_off=max(self.min_off, 1))

    @model_validator(mode="after")
    def _has_one_work(self) -> Self:
        if (self.energy_kwh is None) == (not self.duration):
            raise ValueError("declare the work of a day as energy_kwh or as duration, one of both")
        if self.duration and len(set(self.levels_kw)) > 1:
            raise ValueError(
                "duration says nothing about which of several levels_kw it runs at; "
                "declare energy_kwh instead"
            )
        return self

    @model_validator(mode="after")
    def _fits(self) -> Self:
        window = f"{clock_text(self.earliest_start)} to {clock_text(self.latest_end)}"
        steps = self.usual_steps
        if self.earliest_start + steps > self.latest_end:
            raise ValueError(
                f"{steps} steps of work at {max(self.levels_kw):g} kW do not fit in {window}; "
                "widen earliest_start and latest_end (one day, no window over midnight) or "
                "declare less work"
            )
        if self.usual_start < self.earliest_start or self.usual_start + steps > self.latest_end:
            raise ValueError(
                f"usual_start {clock_text(self.usual_start)} puts the run outside of {window}; "
                "widen the window so that it holds the usual run"
            )
        if self.switching.min_on > steps:
            raise ValueError(
                f"min_on {clock_text(self.min_on)} is longer than the work of "
                f"{clock_text(steps)}; shorten it"
            )
        between = STEPS_PER_DAY - steps
        if 0 < between < self.switching.min_off:
            raise ValueError(
                f"min_off {clock_text(self.min_off)} is longer than the {clock_text(between)} "
                "between the usual runs of two days; shorten it"
            )
        return self

    def asset(self, name: str, firm: Firm) -> InterruptibleJob:
        """Return the job called ``name``, on the calendar of ``firm``."""
        return InterruptibleJob(name=name, parameters=self, firm=firm)


def steps_of_work(energy_kwh: float, levels_kw: tuple[float, ...]) -> int:
    """Return how many steps at the highest level ``energy_kwh`` takes."""
    return math.ceil(energy_kwh / (max(levels_kw) * HOURS_PER_STEP) - _WHOLE)


@dataclass(frozen=True, kw_only=True)
class WorkDay:
    """One day's work on a grid."""

    window: BoolArray
    """Steps in which it may run, shape (steps,)."""
    usual_on: BoolArray
    """Steps in which it usually runs, shape (steps,)."""
    least_kwh: float
    """Work that has to be done within the grid."""
    most_kwh: float
    """What the usual run draws in the grid: whole steps may be more than the work."""
    carries_state: bool
    """Whether what was done before the grid was work of this day."""


@dataclass(frozen=True, kw_only=True)
class InterruptibleJob:
    """Do a day's work in its window, at fixed levels, with pauses if they pay.

    One binary for each step and level. The work of a window that outlasts the grid is done as far
    as it usually would be by then, so that no plan leaves more of it behind. Work that no longer
    fits before the deadline is lost: as much as fits is done.
    """

    kind: ClassVar[str] = "interruptible_job"
    in_readings: ClassVar[bool] = True
    drawing: ClassVar[Action] = "run"
    feeding: ClassVar[Action] = "run"

    name: str
    parameters: InterruptibleJobParameters
    firm: Firm
    """Whose clock and calendar the job keeps."""

    @property
    def weekdays(self) -> tuple[int, ...]:
        """See :class:`models.assets.job_decisions.Job`."""
        return self.parameters.days

    @property
    def usual_runs(self) -> tuple[UsualRun, ...]:
        """See :class:`models.assets.job_decisions.Job`."""
        start = self.parameters.usual_start
        return (UsualRun(start=start, end=start + self.parameters.usual_steps),)

    @property
    def _step_kwh(self) -> float:
        """Energy of a step at the highest level."""
        return max(self.parameters.levels_kw) * HOURS_PER_STEP

    def on_before(self, grid: TimeGrid) -> int:
        """Return for how many steps it has run at the start of ``grid``.

        A run that its window's end cuts short counts as long enough: it cannot go on. What ran
        before the day's window opened is no run of this work.
        """
        declared = self.parameters.on_before
        if declared is not None:
            around = TimeGrid(grid.at(-1), 2)
            date = around.clock(self.firm.zone).date
            was_open = bool((self._working(around) & self._in_window(around))[0])
            if not was_open or date[0] != date[1]:
                return 0
            ahead = TimeGrid(grid.start, self.parameters.switching.min_on)
            open_ahead = np.append(self._working(ahead) & self._in_window(ahead), [False])
            room = int(np.argmin(open_ahead))
            return max(declared, self.parameters.switching.min_on - room) if declared else 0
        before = TimeGrid(grid.at(-STEPS_PER_DAY), STEPS_PER_DAY)
        usual_on = np.concatenate(([False], self._usually_on(before)))
        return int(np.argmin(usual_on[::-1]))

    def work_days(self, grid: TimeGrid) -> tuple[WorkDay, ...]:
        """Return the days whose windows lie at least partly in ``grid``, in order."""
        around = TimeGrid(grid.at(-STEPS_PER_DAY), grid.steps + 2 * STEPS_PER_DAY)
        clock = around.clock(self.firm.zone)
        step = np.arange(around.steps) - STEPS_PER_DAY
        open_step = self._working(around) & self._in_window(around)
        usual = self._usually_on(around)
        found = []
        for date in np.unique(clock.date[open_step & (step >= 0) & (step < grid.steps)]):
            window = step[open_step & (clock.date == date)]
            usual_steps = step[usual & (clock.date == date)]
            found.append(self._work_day(grid, window, usual_steps))
        return tuple(found)

    def usual_kw(self, grid: TimeGrid) -> KilowattArray:
        """Return the highest level from the usual start until the work is done, each day."""
        usual_on = np.zeros(grid.steps, dtype=bool)
        for day in self.work_days(grid):
            usual_on |= day.usual_on
        return max(self.parameters.levels_kw) * usual_on.astype(np.float64)

    def plan(self, grid: TimeGrid) -> AssetPlan:
        """Return when and at which level it runs over ``grid``."""
        days = self.work_days(grid)
        if not days:
            return AssetPlan(
                power_kw=cp.Constant(np.zeros(grid.steps)),
                constraints=[],
                tie_break_krw=cp.Constant(0),
                job=lambda: JobDecisions(running=cp.Constant(np.zeros(grid.steps))),
            )
        levels_kw = np.array(sorted(set(self.parameters.levels_kw)))
        usual_kw, past_now = self.usual_kw(grid), self._past_on(grid)
        may_run = np.any([day.window for day in days], axis=0).astype(np.float64)
        level_on = cp.Variable(
            (grid.steps, levels_kw.size), boolean=True, name=f"{self.name}.level_on"
        )
        on, power_kw = cp.sum(level_on, axis=1), level_on @ levels_kw
        past = cp.Parameter(past_now.size, nonneg=True, name=f"{self.name}.past_on")
        past.value = past_now
        switched = switching(self.name, on, past, self.parameters.switching)
        usual_starts = float(starts_of(usual_kw > 0, past_now).sum())
        work, state = self._work(days, HOURS_PER_STEP * power_kw)
        starts, starts_state = self._start_limits(days, past_now, switched.start_on)
        return AssetPlan(
            power_kw=power_kw,
            constraints=[on <= may_run, *switched.constraints, *work, *starts],
            tie_break_krw=TIE_BREAK_KRW_PER_KWH * HOURS_PER_STEP * cp.norm1(power_kw - usual_kw)
            + TIE_BREAK_KRW_PER_START * cp.pos(cp.sum(switched.start_on) - usual_starts),
            state={"past_on": past, **state, **starts_state},
            job=lambda: JobDecisions(running=on),
        )

    def cost_krw(
        self,
        power_kw: cp.Expression | KilowattArray,  # noqa: ARG002 - a pause has no cost of its own
    ) -> cp.Expression:
        """Return zero: the work is the same wherever it lies."""
        return cp.Constant(0)

    def billed_krw(
        self,
        power_kw: KilowattArray,  # noqa: ARG002 - it costs nothing by power
    ) -> float:
        """See :class:`models.assets.asset.Asset`."""
        return 0.0

    def decision_krw(
        self,
        power_kw: KilowattArray,  # noqa: ARG002 - starts are limited, not paid for
        grid: TimeGrid,  # noqa: ARG002
    ) -> float:
        """Return zero: a start has no cost of its own."""
        return 0.0

    def soc_kwh(self, power_kw: KilowattArray) -> None:
        """Return nothing: a job stores no energy."""

    def running(
        self,
        power_kw: KilowattArray,
        grid: TimeGrid,  # noqa: ARG002 - the power shows it
    ) -> BoolArray:
        """See :class:`models.assets.job_decisions.Job`."""
        return power_kw > TOLERANCE_KW

    def violations(self, power_kw: KilowattArray, grid: TimeGrid) -> tuple[str, ...]:
        """Return the levels, windows, work, least times and starts that ``power_kw`` breaks."""
        days, past = self.work_days(grid), self._past_on(grid)
        levels_kw = np.array([0.0, *self.parameters.levels_kw])
        may_run = np.any([day.window for day in days], axis=0) if days else False
        on = self.running(power_kw, grid)
        starts = starts_of(on, past)
        broken = []
        if np.abs(power_kw[:, None] - levels_kw).min(axis=1).max() > TOLERANCE_KW:
            broken.append("draws a power that is none of its levels")
        if (on & ~may_run).any():
            broken.append("runs outside of its windows")
        broken += broken_times(on, past, self.parameters.switching)
        for day in days:
            date = f"{grid.at(int(day.window.argmax())).astimezone(self.firm.zone):%Y-%m-%d}"
            drawn_kwh = HOURS_PER_STEP * power_kw[day.window].sum()
            if drawn_kwh < day.least_kwh - TOLERANCE_KW:
                broken.append(f"leaves work undone on {date}")
            if drawn_kwh > day.most_kwh + TOLERANCE_KW:
                broken.append(f"draws more than its work takes on {date}")
            if starts[day.window].sum() > self._starts_left(day, past):
                broken.append(f"starts too often on {date}")
        return tuple(f"{self.name} {what}" for what in broken)

    def _working(self, grid: TimeGrid) -> BoolArray:
        clock = grid.clock(self.firm.zone)
        return np.isin(clock.weekday, self.parameters.days) & ~closed_days(self.firm, clock.date)

    def _in_window(self, grid: TimeGrid) -> BoolArray:
        step = grid.clock(self.firm.zone).step_of_day
        return (step >= self.parameters.earliest_start) & (step < self.parameters.latest_end)

    def _usually_on(self, grid: TimeGrid) -> BoolArray:
        since_start = grid.clock(self.firm.zone).step_of_day - self.parameters.usual_start
        running = (since_start >= 0) & (since_start < self.parameters.usual_steps)
        return self._working(grid) & running

    def _past_on(self, grid: TimeGrid) -> npt.NDArray[np.float64]:
        return past_on(self.parameters.switching, on_before=self.on_before(grid))

    def _work_day(
        self, grid: TimeGrid, window: npt.NDArray[np.int64], usual_steps: npt.NDArray[np.int64]
    ) -> WorkDay:
        """Lay what is left of a day's work into what is left of its window."""
        known = self.parameters.done_kwh
        carries_state = int(window[0]) <= 0
        left, end = window[window >= 0], int(window[-1]) + 1
        done_kwh = self._step_kwh * float((usual_steps < 0).sum())
        if known is not None and carries_state:
            done_kwh = known
        room_kwh = self._step_kwh * left.size
        on_before = self.on_before(grid) if int(window[0]) < 0 else 0
        least_steps = max(self.parameters.switching.min_on - on_before, 0)
        need_kwh = min(max(self.parameters.need_kwh - done_kwh, 0.0), room_kwh)
        if left.size < least_steps:
            need_kwh = 0.0
        steps = steps_of_work(need_kwh, self.parameters.levels_kw)
        start = int(left[0]) if on_before else max(int(left[0]), int(usual_steps[0]))
        if on_before or steps:
            steps = max(steps, least_steps)
        start = min(start, end - steps)
        usual = np.zeros(grid.steps, dtype=bool)
        usual[start : start + steps] = True
        window_steps = np.zeros(grid.steps, dtype=bool)
        window_steps[left[left < grid.steps]] = True
        usual_kwh = self._step_kwh * float(usual.sum())
        return WorkDay(
            window=window_steps,
            usual_on=usual,
            least_kwh=need_kwh if end <= grid.steps else min(need_kwh, usual_kwh),
            most_kwh=usual_kwh,
            carries_state=carries_state,
        )

    def _work(
        self, days: tuple[WorkDay, ...], drawn_kwh: cp.Expression
    ) -> tuple[list[cp.Constraint], dict[str, cp.Parameter]]:
        """Return that each day's work is done, and the parameter of what is left of today's."""
        constraints: list[cp.Constraint] = []
        state = {}
        for day in days:
            least_kwh: float | cp.Parameter = day.least_kwh
            if day.carries_state:
                least_kwh = cp.Parameter(nonneg=True, name=f"{self.name}.remaining_kwh")
                least_kwh.value = day.least_kwh
                state["remaining_kwh"] = least_kwh
            day_kwh = day.window.astype(np.float64) @ drawn_kwh
            constraints += [
                day_kwh >= least_kwh,
                day_kwh <= least_kwh + (day.most_kwh - day.least_kwh),
            ]
        return constraints, state

    def _starts_left(self, day: WorkDay, past: npt.NDArray[np.float64]) -> int:
        """Return how often it may still start on a day; once if it has to."""
        if self.parameters.max_starts is None:
            return day.window.size
        done = self.parameters.starts_done if day.carries_state else 0
        usual = int(starts_of(day.usual_on, past).sum())
        return max(self.parameters.max_starts - done, usual)

    def _start_limits(
        self,
        days: tuple[WorkDay, ...],
        past: npt.NDArray[np.float64],
        start_on: cp.Variable,
    ) -> tuple[list[cp.Constraint], dict[str, cp.Parameter]]:
        """Return the limits of starts, and the parameter of how many are left today."""
        constraints: list[cp.Constraint] = []
        state: dict[str, cp.Parameter] = {}
        if self.parameters.max_starts is None:
            return constraints, state
        for day in days:
            left: int | cp.Parameter = self._starts_left(day, past)
            if day.carries_state:
                parameter = cp.Parameter(nonneg=True, name=f"{self.name}.starts_left")
                parameter.value, left = left, parameter
                state["starts_left"] = parameter
            constraints.append(day.window.astype(np.float64) @ start_on <= left)
        return constraints, state
