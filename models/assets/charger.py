"""A charger of vehicles: so much energy between arrival and departure."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, ClassVar, Self

import cvxpy as cp
import numpy as np
from pydantic import Field, model_validator

from feature_store.calendar.closed_days import closed_days
from feature_store.entities.firm import Firm
from feature_store.time_grid import HOURS_PER_STEP, STEPS_PER_DAY, KilowattArray, TimeGrid
from models.assets.action import Action
from models.assets.asset import TIE_BREAK_KRW_PER_KWH, TOLERANCE_KW, AssetPlan, Parameters
from models.assets.clock_time import ClockStep, clock_text
from models.assets.job_decisions import BoolArray

TIE_BREAK_KRW_PER_KW = 1e-4
"""Preference for steady charging among equally cheap plans, as for a battery."""


class ChargerParameters(Parameters):
    """A charger's power and the timetable of what it charges, by the firm's clock."""

    max_kw: float = Field(gt=0)
    """Largest draw, before losses."""
    efficiency: float = Field(gt=0, le=1)
    """Share of the draw that reaches the vehicle's battery."""
    arrivals: tuple[ClockStep, ...] = Field(min_length=1)
    """When a vehicle is plugged in, one for each session of a day, in order."""
    departures: tuple[ClockStep, ...]
    """When it has to be charged, in the same order."""
    energy_kwh: tuple[Annotated[float, Field(gt=0)], ...]
    """What each session brings into the vehicle."""
    days: tuple[Annotated[int, Field(ge=0, le=6)], ...] = Field(min_length=1)
    """Weekdays of the arrivals, Monday 0; not on days the firm is closed."""
    overnight: bool = False
    """Whether the last session of a day departs on the day after."""
    plugged_in: bool | None = None
    """Whether the vehicle of a session under way is there; left out, as the timetable says."""
    charged_kwh: float | None = Field(default=None, ge=0)
    """What it has already been given; left out, as usual."""

    @property
    def sessions(self) -> tuple[tuple[int, int, float], ...]:
        """Arrival and departure in steps since the day's midnight, and the energy of each."""
        last = len(self.arrivals) - 1
        return tuple(
            (arrival, departure + (STEPS_PER_DAY if self.overnight and number == last else 0), kwh)
            for number, (arrival, departure, kwh) in enumerate(
                zip(self.arrivals, self.departures, self.energy_kwh, strict=True)
            )
        )

    @property
    def shortest_gap(self) -> int:
        """Steps between a departure and the next arrival, the next day's too, where fewest."""
        stays = self.sessions
        between = [later[0] - stay[1] for stay, later in pairwise(stays)]
        return min(*between, stays[0][0] + STEPS_PER_DAY - stays[-1][1], STEPS_PER_DAY)

    @model_validator(mode="after")
    def _is_a_timetable(self) -> Self:
        counts = {len(self.arrivals), len(self.departures), len(self.energy_kwh)}
        if len(counts) > 1:
            raise ValueError(
                f"{len(self.arrivals)} arrivals, {len(self.departures)} departures and "
                f"{len(self.energy_kwh)} values of energy_kwh; declare one of each a session"
            )
        for arrival, departure, kwh in self.sessions:
            if departure <= arrival:
                raise ValueError(
                    f"departures: {clock_text(departure)} is not after the arrival at "
                    f"{clock_text(arrival)}; declare a later one, or overnight: true if the last "
                    "vehicle departs on the day after"
                )
            most_kwh = self.max_kw * self.efficiency * HOURS_PER_STEP * (departure - arrival)
            if kwh > most_kwh:
                raise ValueError(
                    f"energy_kwh {kwh:g} cannot be charged from {clock_text(arrival)} on: "
                    f"{self.max_kw:g} kW bring {most_kwh:g} kWh until the departure; declare a "
                    "longer stay or less energy"
                )
        for (_, departed, _), (arrives, _, _) in pairwise(self.sessions):
            if arrives < departed:
                raise ValueError(
                    f"arrivals: {clock_text(arrives)} is before the departure at "
                    f"{clock_text(departed)}; list the sessions in order, one vehicle at a time"
                )
        if self.sessions[-1][1] > self.sessions[0][0] + STEPS_PER_DAY:
            raise ValueError(
                "departures: the last vehicle is still there when the next day's first arrives; "
                "declare an earlier departure"
            )
        return self

    def asset(self, name: str, firm: Firm) -> Charger:
        """Return the charger called ``name``, on the calendar of ``firm``."""
        return Charger(name=name, parameters=self, firm=firm)


@dataclass(frozen=True, kw_only=True)
class Session:
    """One vehicle's stay, as far as it lies on a grid."""

    plugged: BoolArray
    """Steps in which it is there, shape (steps,)."""
    need_kwh: float
    """What it has to be given within the grid."""
    usual_kw: KilowattArray
    """Draw if it is charged as fast as it goes from its arrival on, shape (steps,)."""
    under_way: bool
    """Whether it arrived before the grid began, or with it."""


@dataclass(frozen=True, kw_only=True)
class Charger:
    """Give each vehicle its energy before it departs; usually at once and as fast as it goes.

    A stay that outlasts the grid is charged as far as it usually would be by then, so that no
    plan leaves more of it behind.
    """

    kind: ClassVar[str] = "charger"
    in_readings: ClassVar[bool] = True
    drawing: ClassVar[Action] = "charge"
    feeding: ClassVar[Action] = "charge"

    name: str
    parameters: ChargerParameters
    firm: Firm
    """Whose clock and calendar the timetable keeps."""
    spare_kw: float = 0.0
    """Draw allowed above ``max_kw``, to find out what it would be worth: what is usual stays."""
    spare_before: int = 0
    """Steps that every vehicle is there before its arrival, likewise; no more than the gap between
    two vehicles."""
    spare_after: int = 0
    """The same after its departure."""

    def sessions(self, grid: TimeGrid) -> tuple[Session, ...]:
        """Return the stays that lie at least partly in ``grid``, in order."""
        before = TimeGrid(grid.at(-2 * STEPS_PER_DAY), grid.steps + 2 * STEPS_PER_DAY)
        clock = before.clock(self.firm.zone)
        step = np.arange(before.steps) - 2 * STEPS_PER_DAY
        working = np.isin(clock.weekday, self.parameters.days)
        working &= ~closed_days(self.firm, clock.date)
        found = []
        for arrival, departure, energy_kwh in self.parameters.sessions:
            for position in np.flatnonzero(working & (clock.step_of_day == arrival)):
                begin, end = int(step[position]), int(step[position]) + departure - arrival
                if end > 0:
                    found.append((begin, self._session(grid, begin, end, energy_kwh)))
        return tuple(session for _, session in sorted(found, key=lambda pair: pair[0]))

    def usual_kw(self, grid: TimeGrid) -> KilowattArray:
        """Return the draw if each vehicle is charged from its arrival on, as fast as it goes."""
        return sum((stay.usual_kw for stay in self.sessions(grid)), start=np.zeros(grid.steps))

    def plan(self, grid: TimeGrid) -> AssetPlan:
        """Return what is drawn over ``grid``."""
        sessions = self.sessions(grid)
        there = np.any([stay.plugged for stay in sessions], axis=0) if sessions else False
        draw_kw = cp.Variable(
            grid.steps,
            bounds=[0, np.where(np.broadcast_to(there, grid.steps), self._most_kw, 0.0)],
            name=f"{self.name}.draw_kw",
        )
        constraints: list[cp.Constraint] = []
        state = {}
        for stay in sessions:
            need_kwh: float | cp.Parameter = stay.need_kwh
            if stay.under_way:
                need_kwh = cp.Parameter(nonneg=True, name=f"{self.name}.remaining_kwh")
                need_kwh.value = stay.need_kwh
                state["remaining_kwh"] = need_kwh
            constraints.append(self._given_kwh(stay) @ draw_kw == need_kwh)
        unusual_kw = draw_kw - self.usual_kw(grid)
        return AssetPlan(
            power_kw=draw_kw,
            constraints=constraints,
            tie_break_krw=TIE_BREAK_KRW_PER_KWH * HOURS_PER_STEP * cp.norm1(unusual_kw)
            + TIE_BREAK_KRW_PER_KW * cp.norm1(cp.diff(unusual_kw)),
            state=state,
        )

    def cost_krw(
        self,
        power_kw: cp.Expression | KilowattArray,  # noqa: ARG002 - waiting has no cost of its own
    ) -> cp.Expression:
        """Return zero: the energy is the same whenever it is given."""
        return cp.Constant(0)

    def billed_krw(
        self,
        power_kw: KilowattArray,  # noqa: ARG002 - it costs nothing by power
    ) -> float:
        """See :class:`models.assets.asset.Asset`."""
        return 0.0

    def decision_krw(
        self,
        power_kw: KilowattArray,  # noqa: ARG002 - nothing is started or left out
        grid: TimeGrid,  # noqa: ARG002
    ) -> float:
        """Return zero: nothing is decided but power."""
        return 0.0

    def soc_kwh(self, power_kw: KilowattArray) -> None:
        """Return nothing: the energy leaves with the vehicle."""

    def violations(self, power_kw: KilowattArray, grid: TimeGrid) -> tuple[str, ...]:
        """Return the powers, stays and energies that ``power_kw`` breaks."""
        sessions = self.sessions(grid)
        there = np.zeros(grid.steps, dtype=bool)
        checks = {
            "feeds power": -power_kw.min(),
            f"draws above {self._most_kw:g} kW": power_kw.max() - self._most_kw,
        }
        for stay in sessions:
            there |= stay.plugged
            since = grid.at(int(stay.plugged.argmax())).astimezone(self.firm.zone)
            missing_kwh = stay.need_kwh - float(self._given_kwh(stay) @ power_kw)
            checks[f"charges too little from {since:%Y-%m-%d %H:%M} on"] = missing_kwh
            checks[f"charges too much from {since:%Y-%m-%d %H:%M} on"] = -missing_kwh
        checks["draws while no vehicle is there"] = power_kw[~there].max(initial=0.0)
        return tuple(f"{self.name} {what}" for what, by in checks.items() if by > TOLERANCE_KW)

    @property
    def _most_kw(self) -> float:
        return self.parameters.max_kw + self.spare_kw

    def _given_kwh(self, stay: Session) -> KilowattArray:
        """Energy into the vehicle per kW drawn in each step, shape (steps,)."""
        return HOURS_PER_STEP * self.parameters.efficiency * stay.plugged.astype(np.float64)

    def _session(self, grid: TimeGrid, begin: int, end: int, energy_kwh: float) -> Session:
        limits = self.parameters
        full_kwh = limits.max_kw * limits.efficiency * HOURS_PER_STEP
        under_way = begin <= 0
        given_kwh = full_kwh * max(-begin, 0)
        if under_way and limits.charged_kwh is not None:
            given_kwh = limits.charged_kwh
        left_kwh = min(max(energy_kwh - given_kwh, 0.0), full_kwh * (end - max(begin, 0)))
        if under_way and limits.plugged_in is False:
            left_kwh = 0.0
        step = np.arange(grid.steps)
        plugged = (step >= begin) & (step < end)
        before_kwh = full_kwh * (step - max(begin, 0))
        usual_kwh = np.where(plugged, np.clip(left_kwh - before_kwh, 0.0, full_kwh), 0.0)
        return Session(
            plugged=(step >= begin - self.spare_before) & (step < end + self.spare_after),
            need_kwh=float(usual_kwh.sum()),
            usual_kw=usual_kwh / (limits.efficiency * HOURS_PER_STEP),
            under_way=under_way,
        )
