"""A problem as arrays alone has the optimum that it has in cvxpy, also side by side with others."""

import cvxpy as cp
import numpy as np
import pytest

from models.optimizer.complex.fixed_program import FixedProgram, Link, side_by_side
from models.optimizer.start_search import Found, search


def a_problem(price: float, *, pieces: int = 3) -> tuple[cp.Problem, cp.Variable]:
    """Buy whole pieces and some powder where a parameter multiplies what is bought."""
    number = cp.Variable(2, integer=True)
    powder = cp.Variable(2)
    weight = cp.Parameter(nonneg=True, value=2.0)
    problem = cp.Problem(
        cp.Minimize(price * cp.sum(number) + 3.0 * cp.sum(powder) + 5.0),
        [weight * number + powder >= [3.5, 5.0], number >= 0, number <= pieces, powder >= 0],
    )
    return problem, powder


def optimum_of(program: FixedProgram) -> float:
    found = search(program.linear, program.filled, gap=1e-9, time_limit_s=10.0)
    assert isinstance(found, Found)
    return found.objective


@pytest.mark.parametrize("price", [1.0, 5.0, 7.0])
def test_the_arrays_have_the_optimum_of_the_problem(price: float) -> None:
    problem, _ = a_problem(price)

    program = FixedProgram.of(problem)

    problem.solve(solver=cp.HIGHS)
    assert optimum_of(program) == pytest.approx(problem.value)


def test_two_problems_side_by_side_cost_what_both_cost_and_keep_what_links_them() -> None:
    (first, first_powder), (second, second_powder) = a_problem(5.0), a_problem(7.0, pieces=1)
    programs = [FixedProgram.of(first), FixedProgram.of(second)]
    right = np.array([4.0, 7.0])
    links = [
        Link(program=0, columns=programs[0].columns_of(first_powder), coefficient=1.0),
        Link(program=1, columns=programs[1].columns_of(second_powder), coefficient=2.0),
    ]

    together = side_by_side(programs, links, right)

    pooled = cp.Problem(
        cp.Minimize(first.objective.expr + second.objective.expr),
        [*first.constraints, *second.constraints, first_powder + 2 * second_powder == right],
    )
    pooled.solve(solver=cp.HIGHS)
    apart_krw = sum(optimum_of(program) for program in programs)
    assert optimum_of(together) == pytest.approx(pooled.value)
    assert pooled.value > apart_krw + 1


def test_further_costs_are_added_to_the_columns_named_alone() -> None:
    problem, powder = a_problem(1.0)
    program = FixedProgram.of(problem)
    columns = program.columns_of(powder)

    dearer = program.with_costs(columns, np.array([10.0, 20.0]))

    assert dearer.cost[columns] - program.filled.cost[columns] == pytest.approx([10.0, 20.0])
    assert dearer.cost.sum() == pytest.approx(program.filled.cost.sum() + 30.0)
