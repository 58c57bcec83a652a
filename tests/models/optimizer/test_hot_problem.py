"""A hot problem answers what cvxpy answers from a cold start, whatever number was changed.

``SANDAN_SOAK=1`` runs the long form.
"""

import os
import threading

import cvxpy as cp
import numpy as np
import pytest

from models.optimizer.base_load import base_load
from models.optimizer.hot_problem import HotProblem, SharedProblemError
from models.optimizer.linear_program import NotParametrisedError, UnsetNumberError
from models.optimizer.problem import SchedulingProblem, assemble
from models.site import site_of
from models.tariffs.grid_prices import grid_prices
from models.tariffs.later_demand import DemandCuts
from tests.models.optimizer.example_works import (
    CHILLER_LOAD,
    ESS,
    EVERYTHING,
    KILN_JOB,
    ROOF_SOLAR,
    a_day_shape,
    forecast_of,
    works,
)
from tests.models.optimizer.test_later_months import JULY_WEDNESDAY

STEPS = 24
CASES = 500 if os.environ.get("SANDAN_SOAK") else 60
SAME = 1e-6
"""Largest relative difference between two optima."""
PATIENT_S = 60.0


class Toy:
    """A store and a peak whose prices, load, limits, state and efficiency are all parameters."""

    def __init__(self, *, with_job: bool = False) -> None:
        self.price = cp.Parameter(STEPS, name="price")
        self.load_kw = cp.Parameter(STEPS, name="load_kw")
        self.floor_kw = cp.Parameter(nonneg=True, name="floor_kw")
        self.initial_kwh = cp.Parameter(nonneg=True, name="initial_kwh")
        self.efficiency = cp.Parameter(nonneg=True, name="efficiency")
        self.most_kw = cp.Parameter(nonneg=True, name="most_kw")
        charge = cp.Variable(STEPS, nonneg=True, name="charge")
        discharge = cp.Variable(STEPS, bounds=[0, 90], name="discharge")
        soc = cp.Variable(STEPS + 1, bounds=[0, 300], name="soc")
        drawn = cp.Variable(STEPS, nonneg=True, name="drawn")
        peak = cp.Variable(name="peak")
        job_kw = 0
        rows = []
        if with_job:
            on = cp.Variable(STEPS - 3, boolean=True, name="on")
            running = np.array([[0 <= t - s < 4 for s in range(STEPS - 3)] for t in range(STEPS)])
            job_kw = 70.0 * running @ on
            rows.append(cp.sum(on) == 1)
        self.problem = cp.Problem(
            cp.Minimize(self.price @ drawn + 500 * peak + 0.01 * cp.sum(discharge)),
            [
                *rows,
                soc[0] == self.initial_kwh,
                soc[-1] >= self.initial_kwh,
                soc[1:] == soc[:-1] + self.efficiency * charge - discharge,
                charge <= self.most_kw,
                drawn == self.load_kw + charge - discharge + job_kw,
                peak >= drawn,
                peak >= self.floor_kw,
            ],
        )

    def draw(self, rng: np.random.Generator, what: set[str]) -> None:
        """Draw new values for the parameters named."""
        new = {
            "price": rng.uniform(50, 250, STEPS),
            "load_kw": rng.uniform(0, 400, STEPS),
            "floor_kw": rng.uniform(0, 400),
            "initial_kwh": rng.uniform(0, 300),
            "efficiency": rng.uniform(0.7, 1.0),
            "most_kw": rng.uniform(10, 120),
        }
        for name in what:
            getattr(self, name).value = new[name]


KINDS = ("price", "load_kw", "floor_kw", "initial_kwh", "efficiency", "most_kw")


def cold(problem: cp.Problem) -> float:
    problem.solve(solver=cp.HIGHS, warm_start=False, mip_rel_gap=0.0, mip_abs_gap=0.0)
    assert problem.status == cp.OPTIMAL
    return float(problem.value)


@pytest.mark.parametrize("kind", KINDS)
def test_one_kind_of_number_changed_gives_the_cold_optimum(kind):
    rng, toy = np.random.default_rng(0), Toy()
    toy.draw(rng, set(KINDS))
    hot = HotProblem(toy.problem)
    hot.solve(time_limit_s=PATIENT_S)
    for _ in range(10):
        toy.draw(rng, {kind})
        answer = hot.solve(time_limit_s=PATIENT_S)
        assert answer.objective == pytest.approx(cold(toy.problem), rel=SAME)


def test_five_hundred_random_changes_give_the_cold_optima():
    rng, toy = np.random.default_rng(1), Toy()
    toy.draw(rng, set(KINDS))
    hot = HotProblem(toy.problem)
    for _ in range(CASES):
        toy.draw(rng, {kind for kind in KINDS if rng.random() < 0.4})
        answer = hot.solve(time_limit_s=PATIENT_S)
        value = float(toy.problem.objective.value)
        assert all(constraint.violation().max() < 1e-5 for constraint in toy.problem.constraints)
        assert value == pytest.approx(answer.objective, rel=SAME)
        assert answer.objective == pytest.approx(cold(toy.problem), rel=SAME)


def test_whole_numbers_are_whole_and_cost_what_a_cold_start_costs():
    rng, toy = np.random.default_rng(2), Toy(with_job=True)
    toy.draw(rng, set(KINDS))
    hot = HotProblem(toy.problem)
    on = next(one for one in toy.problem.variables() if one.name() == "on")
    for _ in range(20):
        toy.draw(rng, {"price", "load_kw"})
        answer = hot.solve(time_limit_s=PATIENT_S)
        assert set(on.value.tolist()) == {0.0, 1.0}
        assert answer.bound == pytest.approx(answer.objective, rel=SAME)
        assert answer.objective == pytest.approx(cold(toy.problem), rel=SAME)


def test_what_was_solved_before_does_not_change_a_plan_of_whole_numbers():
    first, second = Toy(with_job=True), Toy(with_job=True)
    for toy, earlier in ((first, 0), (second, 7)):
        hot = HotProblem(toy.problem)
        for seed in (earlier, 3):
            toy.draw(np.random.default_rng(seed), set(KINDS))
            hot.solve(time_limit_s=PATIENT_S)
    for one, other in zip(first.problem.variables(), second.problem.variables(), strict=True):
        assert np.array_equal(one.value, other.value)


def scheduling_of(*equipment, start=JULY_WEDNESDAY) -> SchedulingProblem:
    forecast = forecast_of(a_day_shape(), start=start)
    site = site_of(works(*equipment))
    scheduling = assemble(site, grid_prices(site.contract, forecast.grid, site.zone))
    base = base_load(site, forecast)
    cuts = [lines(slopes.size, 0.0) for slopes in scheduling.later_krw_per_kw]
    assert cuts  # July's peak is remembered, so the slopes are coefficients of the matrix
    scheduling.fill(base, [300.0], cuts)
    return scheduling


def lines(size: int, level: float) -> DemandCuts:
    slopes = np.linspace(0.0, 9000.0 * level, size)
    return DemandCuts(krw_per_kw=slopes, intercept_krw=-300.0 * slopes)


@pytest.mark.parametrize(
    ("equipment", "cases"), [((ESS, CHILLER_LOAD, ROOF_SOLAR), 25), ((ESS, KILN_JOB), 4)]
)
def test_a_sites_own_problem_is_solved_hot_as_it_is_cold(equipment, cases):
    rng = np.random.default_rng(3)
    scheduling = scheduling_of(*equipment)
    hot = HotProblem(scheduling.problem)
    level_kw = scheduling.median_base_kw.value
    for _ in range(cases):
        scheduling.median_base_kw.value = np.maximum(level_kw + rng.normal(0, 40, 96), 0)
        scheduling.cautious_base_kw.value = scheduling.median_base_kw.value + rng.uniform(0, 60)
        scheduling.demand_floor_kw.value = [rng.uniform(0, 500)]
        scheduling.plans["ESS"].state["soc_kwh"].value = rng.uniform(50, 350)
        for slopes, intercepts in zip(
            scheduling.later_krw_per_kw, scheduling.later_intercept_krw, strict=True
        ):
            cuts = lines(slopes.size, rng.uniform())
            slopes.value, intercepts.value = cuts.krw_per_kw, cuts.intercept_krw
        answer = hot.solve(time_limit_s=PATIENT_S)
        assert answer.objective == pytest.approx(cold(scheduling.problem), rel=SAME)


def test_no_solution_and_no_time_are_told_and_the_next_solve_is_right_again():
    toy = Toy()
    toy.draw(np.random.default_rng(4), set(KINDS))
    hot = HotProblem(toy.problem)
    expected = hot.solve(time_limit_s=PATIENT_S).objective
    toy.initial_kwh.value, kept = 301.0, toy.initial_kwh.value
    assert hot.solve(time_limit_s=PATIENT_S).status == "infeasible"
    toy.initial_kwh.value = kept
    assert hot.solve(time_limit_s=PATIENT_S).objective == pytest.approx(expected, rel=SAME)
    fresh = HotProblem(scheduling_of(*EVERYTHING).problem)
    answer = fresh.solve(time_limit_s=1e-9)
    assert (answer.status, np.isnan(answer.objective)) == ("out_of_time", True)


def test_a_number_that_is_missing_is_named():
    toy = Toy()
    toy.draw(np.random.default_rng(5), set(KINDS) - {"load_kw"})
    hot = HotProblem(toy.problem)
    with pytest.raises(UnsetNumberError, match="load_kw has no value"):
        hot.solve(time_limit_s=PATIENT_S)


def test_a_problem_that_must_be_compiled_anew_is_refused():
    one, other, x = cp.Parameter(nonneg=True), cp.Parameter(nonneg=True), cp.Variable(nonneg=True)
    problem = cp.Problem(cp.Minimize(one * (x + other)), [x >= other])
    with pytest.raises(NotParametrisedError, match="multiplies another"):
        HotProblem(problem)


def test_another_thread_is_turned_away():
    toy = Toy()
    toy.draw(np.random.default_rng(6), set(KINDS))
    hot = HotProblem(toy.problem)
    raised = []

    def elsewhere() -> None:
        try:
            hot.solve(time_limit_s=PATIENT_S)
        except SharedProblemError as error:
            raised.append(error)

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert len(raised) == 1
