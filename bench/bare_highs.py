"""The family's problem written by hand for HiGHS: what the product's own time is held against.

The columns are, in order: charge, discharge and energy of the battery, reduction, sun thrown away,
draw from the grid, starts of jobs, billed peak and power above the contract. Nothing here comes
from cvxpy; what a battery or a job is, is written a second time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import highspy
import numpy as np
import numpy.typing as npt

from bench.family import BATTERY, FLOOR_KW, Works
from feature_store.time_grid import HOURS_PER_STEP
from models.assets.curtailable_load import CurtailableLoad
from models.assets.shiftable_job import ShiftableJob
from models.assets.solar import Solar

Numbers = npt.NDArray[np.float64]
Term = tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], float | Numbers]
"""Rows, columns and coefficients."""
PEAK_TIE_BREAK, MOVED_TIE_BREAK, STEADY_TIE_BREAK, PEOPLE_TIE_BREAK = 1e-4, 1e-4, 1e-4, 1e-3
EARLY_TIE_BREAK = 5e-3
"""The product's preferences among equally cheap plans, in won per kW, kWh, kW, kW and kWh."""


@dataclass(kw_only=True)
class Arrays:
    """Columns and rows as they are written one after the other."""

    cost: list[Numbers] = field(default_factory=list)
    lower: list[Numbers] = field(default_factory=list)
    upper: list[Numbers] = field(default_factory=list)
    columns: int = 0
    triplets: list[tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], Numbers]] = field(
        default_factory=list
    )
    row_lower: list[Numbers] = field(default_factory=list)
    row_upper: list[Numbers] = field(default_factory=list)
    rows: int = 0

    def add_columns(
        self, count: int, cost: float | Numbers, lower: float | Numbers, upper: float | Numbers
    ) -> npt.NDArray[np.intp]:
        """Add columns and return where they stand."""
        for store, value in ((self.cost, cost), (self.lower, lower), (self.upper, upper)):
            store.append(np.broadcast_to(np.asarray(value, dtype=np.float64), count))
        first = self.columns
        self.columns += count
        return np.arange(first, self.columns)

    def add_rows(
        self,
        lower: Numbers,
        upper: Numbers,
        *terms: Term,
    ) -> npt.NDArray[np.intp]:
        """Add rows; a term is the rows counted from the first, the columns and coefficients."""
        for row, column, value in terms:
            coefficients = np.broadcast_to(np.asarray(value, dtype=np.float64), row.shape)
            self.triplets.append((self.rows + row, column, coefficients))
        self.row_lower.append(lower)
        self.row_upper.append(upper)
        first = self.rows
        self.rows += lower.size
        return np.arange(first, self.rows)


@dataclass(frozen=True, kw_only=True)
class BareModel:
    """A HiGHS that holds one works' problem, and where its changing numbers stand."""

    highs: Any
    grid_columns: npt.NDArray[np.int32]
    balance_rows: npt.NDArray[np.int32]
    energy_columns: npt.NDArray[np.int32]
    peak_column: int
    generation_kw: Numbers
    integers: int
    """Number of columns that take whole numbers."""

    def refill(
        self, *, base_kw: Numbers, krw_per_kwh: Numbers, soc_kwh: float, floor_kw: float
    ) -> None:
        """Pass another load, other prices, another state of charge and another demand floor."""
        steps = base_kw.size
        net_kw = base_kw - self.generation_kw
        self.highs.changeRowsBounds(steps, self.balance_rows, net_kw, net_kw)
        self.highs.changeColsCost(steps, self.grid_columns, krw_per_kwh * HOURS_PER_STEP)
        full = BATTERY["max_soc_share"] * BATTERY["capacity_kwh"]
        ends = self.energy_columns[[0, -1]]
        self.highs.changeColsBounds(2, ends, np.full(2, soc_kwh), np.array([soc_kwh, full]))
        self.highs.changeColBounds(self.peak_column, floor_kw, highspy.kHighsInf)

    def bound_krw(self) -> float:
        """Return what the last solve proved that no plan is below."""
        info = self.highs.getInfo()
        return float(info.mip_dual_bound if self.integers else info.objective_function_value)

    def solve(self) -> float:
        """Solve and return the objective in won."""
        self.highs.run()
        if self.highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            raise RuntimeError(f"bare HiGHS ended with {self.highs.getModelStatus().name}")
        np.array(self.highs.getSolution().col_value)
        return float(self.highs.getInfo().objective_function_value)


def bare_model(works: Works, *, gap_krw: float, tie_breaks: bool) -> BareModel:
    """Write the works' problem; with ``tie_breaks`` the product's preferences too."""
    arrays = Arrays()
    steps = works.prices.grid.steps
    at = np.arange(steps)
    moved = MOVED_TIE_BREAK * HOURS_PER_STEP if tie_breaks else 0.0

    charge, discharge, energy = _battery(arrays, steps, moved)
    reduction = _reduction(arrays, works, moved)
    thrown, generation_kw = _sun(arrays, works, moved)
    drawn = arrays.add_columns(
        steps, works.prices.krw_per_kwh * HOURS_PER_STEP, 0.0, highspy.kHighsInf
    )
    starts, running = _jobs(arrays, works, tie_breaks=tie_breaks)
    base_kw = works.base_kw - generation_kw
    terms: list[Term] = [
        (at, drawn, 1.0),
        (at, charge, -1.0),
        (at, discharge, 1.0),
        (at, reduction, 1.0),
        (at, thrown, -1.0),
        (running[0], running[1], -running[2]),
    ]
    balance = arrays.add_rows(base_kw, base_kw, *terms)
    peak = _peaks(arrays, works, drawn, tie_breaks=tie_breaks)
    if tie_breaks:
        _steady(arrays, [(charge, 1.0), (discharge, -1.0)], STEADY_TIE_BREAK)
        _steady(arrays, [(reduction, 1.0)], PEOPLE_TIE_BREAK)
    return BareModel(
        highs=_highs(arrays, starts, gap_krw),
        grid_columns=drawn.astype(np.int32),
        balance_rows=balance.astype(np.int32),
        energy_columns=energy.astype(np.int32),
        peak_column=int(peak),
        generation_kw=generation_kw,
        integers=starts.size,
    )


def _battery(
    arrays: Arrays, steps: int, moved: float
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    at = np.arange(steps)
    wear = BATTERY["wear_krw_per_kwh"] * HOURS_PER_STEP
    charge = arrays.add_columns(steps, moved, 0.0, BATTERY["max_charge_kw"])
    early = EARLY_TIE_BREAK * HOURS_PER_STEP * np.arange(steps, 0, -1) / steps if moved else 0.0
    discharge = arrays.add_columns(steps, wear + moved + early, 0.0, BATTERY["max_discharge_kw"])
    empty, full, initial = (
        BATTERY[share] * BATTERY["capacity_kwh"]
        for share in ("min_soc_share", "max_soc_share", "initial_soc_share")
    )
    lower, upper = np.full(steps + 1, empty), np.full(steps + 1, full)
    lower[0] = upper[0] = lower[-1] = initial
    energy = arrays.add_columns(steps + 1, 0.0, lower, upper)
    arrays.add_rows(
        np.zeros(steps),
        np.zeros(steps),
        (at, energy[1:], 1.0),
        (at, energy[:-1], -1.0),
        (at, charge, -HOURS_PER_STEP * BATTERY["charge_efficiency"]),
        (at, discharge, HOURS_PER_STEP / BATTERY["discharge_efficiency"]),
    )
    return charge, discharge, energy


def _reduction(arrays: Arrays, works: Works, moved: float) -> npt.NDArray[np.intp]:
    load = next(asset for asset in works.site.assets if isinstance(asset, CurtailableLoad))
    limits, clock = load.parameters, works.prices.grid.clock(works.site.zone)
    in_window = (clock.step_of_day >= limits.earliest_start) & (
        clock.step_of_day < limits.latest_end
    )
    reduction = arrays.add_columns(
        in_window.size,
        limits.cost_krw_per_kwh * HOURS_PER_STEP + moved,
        0.0,
        np.where(in_window, limits.max_reduction_kw, 0.0),
    )
    _, day = np.unique(clock.date, return_inverse=True)
    days = int(day.max()) + 1
    arrays.add_rows(
        np.full(days, -highspy.kHighsInf),
        np.full(days, limits.max_energy_kwh_per_day),
        (day, reduction, HOURS_PER_STEP),
    )
    return reduction


def _sun(arrays: Arrays, works: Works, moved: float) -> tuple[npt.NDArray[np.intp], Numbers]:
    roof = next(asset for asset in works.site.assets if isinstance(asset, Solar))
    generation_kw = roof.generation_kw(works.prices.grid)
    return arrays.add_columns(generation_kw.size, moved, 0.0, generation_kw), generation_kw


def _jobs(
    arrays: Arrays, works: Works, *, tie_breaks: bool
) -> tuple[npt.NDArray[np.intp], tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], Numbers]]:
    """Add a column for each start; return them, and the step, column and power of each draw."""
    starts, steps_of, columns_of, power_of = [], [], [], []
    for job in works.site.assets:
        if not isinstance(job, ShiftableJob):
            continue
        profile_kw = np.array(job.parameters.profile_kw)
        for run in job.runs(works.prices.grid):
            begins = np.array(run.starts)
            moved = np.abs(begins - run.usual_start)
            weight = (0.1 * (moved > 0) + 0.01 * moved) if tie_breaks else 0.0
            on = arrays.add_columns(begins.size, weight, 0.0, 1.0)
            arrays.add_rows(np.ones(1), np.ones(1), (np.zeros(begins.size, np.intp), on, 1.0))
            during = begins[:, None] + np.arange(profile_kw.size)
            starts.append(on)
            steps_of.append(during.ravel())
            columns_of.append(np.repeat(on, profile_kw.size))
            power_of.append(np.tile(profile_kw, begins.size))
    none = np.zeros(0, np.intp)
    return np.concatenate([none, *starts]), (
        np.concatenate([none, *steps_of]),
        np.concatenate([none, *columns_of]),
        np.concatenate([np.zeros(0), *power_of]),
    )


def _peaks(
    arrays: Arrays, works: Works, drawn: npt.NDArray[np.intp], *, tie_breaks: bool
) -> npt.NDArray[np.intp]:
    """Add billed peak, power above the contract and, to break ties, the peak below the floor."""
    (month,) = works.prices.months
    infinite = highspy.kHighsInf
    peak = arrays.add_columns(1, month.basic_krw_per_kw, FLOOR_KW, infinite)
    excess = arrays.add_columns(1, month.excess_krw_per_kw, 0.0, infinite)
    above = [
        (peak, month.counted_steps, 0.0),
        (excess, month.steps, works.site.contract.power_kw),
    ]
    if tie_breaks:
        lower_peak = arrays.add_columns(1, PEAK_TIE_BREAK, 0.0, infinite)
        above.append((lower_peak, np.flatnonzero(works.prices.counted), 0.0))
    for column, looked_at, allowed in above:
        at = np.arange(looked_at.size)
        arrays.add_rows(
            np.full(at.size, -infinite),
            np.full(at.size, allowed),
            (at, drawn[looked_at], 1.0),
            (at, np.full(at.size, column[0]), -1.0),
        )
    return peak[0]


def _steady(arrays: Arrays, power: list[tuple[npt.NDArray[np.intp], float]], weight: float) -> None:
    """Price each change of a power from step to step."""
    count = power[0][0].size - 1
    at = np.arange(count)
    change = arrays.add_columns(count, weight, 0.0, highspy.kHighsInf)
    for sign in (1.0, -1.0):
        terms: list[Term] = [(at, change, -1.0)]
        for columns, factor in power:
            terms += [(at, columns[1:], sign * factor), (at, columns[:-1], -sign * factor)]
        arrays.add_rows(np.full(count, -highspy.kHighsInf), np.zeros(count), *terms)


def _highs(arrays: Arrays, integer: npt.NDArray[np.intp], gap_krw: float) -> Any:  # noqa: ANN401
    row, column, value = (np.concatenate(part) for part in zip(*arrays.triplets, strict=True))
    order = np.lexsort((row, column))
    counts = np.bincount(column, minlength=arrays.columns)
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = arrays.columns, arrays.rows
    model.col_cost_ = np.concatenate(arrays.cost)
    model.col_lower_ = np.concatenate(arrays.lower)
    model.col_upper_ = np.concatenate(arrays.upper)
    model.row_lower_ = np.concatenate(arrays.row_lower)
    model.row_upper_ = np.concatenate(arrays.row_upper)
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_ = np.concatenate(([0], np.cumsum(counts)))
    model.a_matrix_.index_, model.a_matrix_.value_ = row[order], value[order]
    if integer.size:
        kinds = np.full(arrays.columns, highspy.HighsVarType.kContinuous)
        kinds[integer] = highspy.HighsVarType.kInteger
        model.integrality_ = list(kinds)
    highs: Any = highspy.Highs()  # type: ignore[no-untyped-call]
    options = {
        "log_to_console": False,
        "threads": 1,
        "mip_abs_gap": gap_krw,
        "mip_rel_gap": 0.0,
    }
    for name, setting in options.items():
        highs.setOptionValue(name, setting)
    highs.passModel(model)
    return highs
