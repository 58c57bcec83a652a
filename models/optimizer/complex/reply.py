"""One firm's best whole answer to what the others do, with the shared limits themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cvxpy as cp
import numpy as np
import numpy.typing as npt

from feature_store.time_grid import KilowattArray
from models.optimizer.complex.member_problem import Column, drawn_variable
from models.optimizer.complex.shared_part import OVERDRAW_KRW_PER_KW
from models.optimizer.complex.terms import Member, SharedTerms
from models.optimizer.highs_model import new_highs, pass_program, run
from models.optimizer.linear_program import LinearProgram
from models.optimizer.problem import assemble


@dataclass(frozen=True, kw_only=True)
class Reply:
    """A firm's answer."""

    decisions: Mapping[str, npt.NDArray[np.float64]]
    """By name of the variable."""
    column: Column


def reply(
    member: Member,
    terms: SharedTerms,
    rest_kw: KilowattArray,
    *,
    gap_krw: float,
    time_limit_s: float,
) -> Reply | None:
    """Return the firm's cheapest whole operation where all others draw ``rest_kw`` (steps,).

    Prices tell a firm what its next kW costs; where few firms share, a whole job is more than that.
    None if no answer was proved in time.
    """
    pricing = member.pricing
    grid = pricing.prices.grid
    scheduling = assemble(pricing.site, pricing.prices)
    scheduling.fill(pricing.base, pricing.demand_floor_kw.tolist(), pricing.later_cuts)
    drawn_kw = drawn_variable(scheduling)
    complex_kw = rest_kw + pricing.base.cautious_kw + drawn_kw
    peak_kw = cp.Variable(nonneg=True, name="complex.peak_kw")
    over_kw = cp.Variable(grid.steps, nonneg=True, name="complex.over_kw")
    counted = terms.counted_on(grid)
    limits = [complex_kw[counted] <= peak_kw] if counted.any() else []
    if terms.feeder_limit_kw is not None:
        limits.append(complex_kw - over_kw <= terms.feeder_limit_kw)
    shared_krw = terms.peak_krw_per_kw * peak_kw + OVERDRAW_KRW_PER_KW * cp.sum(over_kw)
    problem = cp.Problem(
        cp.Minimize(scheduling.problem.objective.expr + shared_krw),
        [*scheduling.problem.constraints, *limits],
    )
    linear = LinearProgram.of(problem)
    highs = new_highs(gap=gap_krw)
    pass_program(highs, linear, linear.filled(linear.parameters()))
    if run(highs, time_limit_s=time_limit_s) != "optimal":
        return None
    for variable, value in linear.values(np.array(highs.getSolution().col_value)):
        variable.save_value(value)
    objective = float(highs.getObjectiveValue())
    return Reply(
        decisions={
            one.name(): np.array(one.value)
            for one in problem.variables()
            if one.attributes["boolean"]
        },
        column=Column(
            own_krw=objective - float(shared_krw.value),
            drawn_kw=np.array(drawn_kw.value),
            priced_krw=objective,
        ),
    )
