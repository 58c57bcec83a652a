"""The search over starts finds what trying every pair finds, and says how far it may be off."""

import cvxpy as cp
import numpy as np
import pytest

from bench.small_cases import small_case
from models.optimizer import start_search
from models.optimizer.linear_program import LinearProgram
from models.optimizer.start_search import Answer, Found, OutOfTime, groups_of, search
from tests.fakes.clock import SuddenEnd

PATIENT_S = 60.0
GAP = 1e-6
SMALL_CASES = 60
MOST_LOOKS = 1000
"""Solves of a small case: it ends after some tens."""


def searched(problem: cp.Problem, *, gap: float = GAP, gap_share: float = 0.0) -> Answer:
    linear = LinearProgram.of(problem)
    filled = linear.filled(linear.parameters())
    return search(linear, filled, gap=gap, gap_share=gap_share, time_limit_s=PATIENT_S)


@pytest.mark.parametrize("seed", range(SMALL_CASES))
def test_small_cases_cost_what_trying_everything_finds(seed):
    problem, least = small_case(seed)
    found = searched(problem)
    assert isinstance(found, Found)
    assert found.objective == pytest.approx(least, rel=1e-6)
    assert found.bound <= found.objective + GAP
    assert found.bound == pytest.approx(least, rel=1e-5)


def test_an_allowed_share_bounds_what_is_lost():
    for seed in range(SMALL_CASES):
        problem, least = small_case(seed)
        found = searched(problem, gap_share=0.05)
        assert isinstance(found, Found)
        assert found.bound <= least + GAP
        assert least - GAP <= found.objective <= least + 0.05 * abs(least) + GAP


def test_every_start_stands_in_one_group():
    problem, _ = small_case(0)
    linear = LinearProgram.of(problem)
    groups = groups_of(linear, linear.filled(linear.parameters()))
    assert groups is not None
    assert [group.may_be_none for group in groups].count(True) == 1
    members = np.concatenate([group.columns for group in groups])
    assert sorted(members.tolist()) == sorted(linear.integer.tolist())


@pytest.mark.parametrize("pinned", [True, False])
def test_a_start_that_is_pinned_or_ruled_out_stays_so(pinned):
    for seed in range(10):
        problem, least = small_case(seed)
        on = next(one for one in problem.variables() if one.name() == "job0.start_on")
        for start in range(on.size):
            fixed = cp.Problem(
                problem.objective, [*problem.constraints, on[start] == float(pinned)]
            )
            found = searched(fixed)
            assert isinstance(found, Found)
            fixed.solve(solver=cp.HIGHS, warm_start=False, mip_rel_gap=0.0)
            assert found.objective == pytest.approx(fixed.value, rel=1e-6)
            assert found.objective >= least - GAP


def test_whole_numbers_outside_of_groups_are_branched_on():
    problem, least = small_case(1)
    switch = cp.Variable(boolean=True, name="line.on")
    with_switch = cp.Problem(
        cp.Minimize(problem.objective.expr - 3 * switch), [*problem.constraints, switch <= 1]
    )
    linear = LinearProgram.of(with_switch)
    assert groups_of(linear, linear.filled(linear.parameters())) is None
    found = searched(with_switch)
    assert isinstance(found, Found)
    assert found.objective == pytest.approx(least - 3, rel=1e-6)


def test_jobs_that_cannot_both_run_are_infeasible():
    first, second = (cp.Variable(2, boolean=True, name=f"{name}.start_on") for name in "ab")
    rows = [cp.sum(first) == 1, cp.sum(second) == 1, cp.sum(first) + cp.sum(second) <= 1]
    assert searched(cp.Problem(cp.Minimize(cp.sum(first)), rows)) == "infeasible"
    # The relaxation has a solution here, whole starts have none.
    rows = [cp.sum(first) == 1, first[0] - first[1] == 0]
    assert searched(cp.Problem(cp.Minimize(cp.sum(first)), rows)) == "infeasible"


def test_the_same_problem_has_the_same_plan():
    for seed in range(5):
        plans = [searched(small_case(seed)[0]) for _ in range(2)]
        assert np.array_equal(plans[0].x, plans[1].x)


def test_no_time_is_no_plan():
    linear = LinearProgram.of(small_case(0)[0])
    filled = linear.filled(linear.parameters())
    assert search(linear, filled, gap=GAP, time_limit_s=0.0) == OutOfTime(best=None)


@pytest.mark.parametrize("seed", [0, 1, 2, 3])
def test_what_was_found_when_the_time_ended_is_told_with_a_bound_that_holds(seed, monkeypatch):
    problem, least = small_case(seed)
    objectives = []
    for looks in range(1, MOST_LOOKS):
        monkeypatch.setattr(start_search, "time", SuddenEnd(after_looks=looks))
        answer = searched(problem)
        if isinstance(answer, Found):
            break
        assert isinstance(answer, OutOfTime)
        if answer.best is None:
            assert not objectives  # once there is a solution, there is one
            continue
        objectives.append(answer.best.objective)
        assert answer.best.bound <= least + GAP
        assert answer.best.objective >= least - GAP
    assert isinstance(answer, Found)
    assert objectives
    assert objectives == sorted(objectives, reverse=True)


def test_a_branch_and_bound_that_is_broken_off_keeps_the_bound(monkeypatch):
    problem, least = small_case(1)
    switch = cp.Variable(boolean=True, name="line.on")
    outside_of_groups = cp.Problem(
        cp.Minimize(problem.objective.expr - 3 * switch), [*problem.constraints, switch <= 1]
    )
    # The relaxation is solved, the branch and bound has a nanosecond left.
    monkeypatch.setattr(start_search, "time", SuddenEnd(after_looks=2, end_s=PATIENT_S - 1e-9))
    answer = searched(outside_of_groups)
    assert isinstance(answer, OutOfTime)
    assert answer.best is None or answer.best.bound <= least - 3 + GAP
