"""Least times on and off allow exactly the patterns that a reader of the rule would allow."""

from itertools import groupby, product

import cvxpy as cp
import numpy as np
import pytest

from models.assets.switching import SwitchingLimits, broken_times, past_on, starts_of, switching

STEPS = 6


def obeys(past, on, least):
    """Every stretch that ends within the grid is long enough; the first began before all memory."""
    at = 0
    for state, stretch in groupby((*past, *on)):
        length = len(list(stretch))
        begins, at = at, at + length
        whole = begins > 0 and len(past) <= at < len(past) + len(on)
        if whole and length < least[state]:
            return False
    return True


@pytest.mark.parametrize(("min_on", "min_off"), [(1, 1), (3, 1), (1, 3), (2, 4)])
def test_the_constraints_and_the_check_allow_the_same_patterns(min_on, min_off):
    limits = SwitchingLimits(min_on=min_on, min_off=min_off)
    least = {1: min_on, 0: min_off}
    on, past = cp.Parameter(STEPS), cp.Parameter(limits.memory, nonneg=True)
    problem = cp.Problem(cp.Minimize(0), switching("fan", on, past, limits).constraints)
    for before in ((0,) * 4, (1,) * 4, (0, 0, 0, 1), (1, 1, 1, 0)):
        past.value = np.array(before[-limits.memory :], dtype=float)
        for pattern in product((0, 1), repeat=STEPS):
            allowed = obeys(before[-limits.memory :], pattern, least)
            on.value = np.array(pattern, dtype=float)
            problem.solve(solver=cp.HIGHS, warm_start=False)
            assert (problem.status == cp.OPTIMAL) == allowed, (before, pattern)
            seen = broken_times(np.array(pattern, dtype=bool), past.value, limits)
            assert (seen == ()) == allowed, (before, pattern)


def test_what_has_run_for_a_while_is_remembered_as_far_as_it_matters():
    limits = SwitchingLimits(min_on=4, min_off=2)
    assert past_on(limits, on_before=2).tolist() == [0, 0, 1, 1]
    assert past_on(limits, on_before=9).tolist() == [1, 1, 1, 1]
    assert past_on(limits, on_before=0).tolist() == [0, 0, 0, 0]


def test_what_runs_on_does_not_start():
    on = np.array([True, False, True, True])
    assert starts_of(on, np.array([1.0])).tolist() == [False, False, True, False]
    assert starts_of(on, np.array([0.0])).tolist() == [True, False, True, False]
