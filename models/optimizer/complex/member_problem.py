"""One firm's problem at the complex's prices: linear and hot, or whole."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

import cvxpy as cp
import numpy as np
import numpy.typing as npt

from feature_store.errors import SandanError
from feature_store.time_grid import KilowattArray
from models.optimizer.complex.relaxed_problem import RelaxedProblem
from models.optimizer.complex.terms import Member
from models.optimizer.highs_model import new_highs, pass_program, run
from models.optimizer.problem import SchedulingProblem, assemble

LARGE_KW = 1e9
"""A ceiling that no draw reaches."""
LP_LIMIT_S = 60.0
"""For one firm's linear problem: thousands of times what it takes."""
Prices = npt.NDArray[np.float64]
"""Won per kW drawn in each interval, on top of the firm's own tariff, shape (steps,)."""


class MemberUnsolvedError(SandanError):
    """One firm of the complex has no schedule of its own."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """One way of operating a firm, or several firms together."""

    own_krw: float
    """What it costs by the firms' own tariffs, with tie-breaks, without the complex's prices."""
    drawn_kw: KilowattArray
    """What the equipment draws, shape (steps,)."""
    priced_krw: float
    """Cost at the prices that it was made for: nothing is cheaper at them."""


class MemberProblem:
    """A firm's scheduling problem, compiled once; prices, ceilings and fixed starts are numbers.

    Yes-or-no decisions may take any value between, until :meth:`decide` has made them; the problem
    then keeps to them until :meth:`release`.
    """

    def __init__(self, member: Member) -> None:
        pricing = member.pricing
        self.firm_id = member.firm_id
        scheduling = assemble(pricing.site, pricing.prices)
        scheduling.fill(pricing.base, pricing.demand_floor_kw.tolist(), pricing.later_cuts)
        steps = pricing.prices.grid.steps
        self._plans = scheduling.plans
        self._drawn_kw = drawn_variable(scheduling)
        self._prices = cp.Parameter(steps, name="complex.krw_per_kw")
        self._ceiling_kw = cp.Parameter(steps, name="complex.ceiling_kw")
        self._decisions = tuple(
            (one, cp.Parameter(one.shape, name="complex.no"), cp.Parameter(one.shape))
            for one in scheduling.problem.variables()
            if one.attributes["boolean"]
        )
        problem = cp.Problem(
            cp.Minimize(scheduling.problem.objective.expr + self._prices @ self._drawn_kw),
            [
                *scheduling.problem.constraints,
                self._drawn_kw <= self._ceiling_kw,
                *(
                    limit
                    for one, least, most in self._decisions
                    for limit in (one >= least, one <= most)
                ),
            ],
        )
        self._zeros = self._prices.value = np.zeros(steps)
        self._set_ceiling(None)
        self.release()
        self._hot = RelaxedProblem(problem)

    @property
    def has_decisions(self) -> bool:
        """Whether anything is yes or no."""
        return bool(self._decisions)

    def release(self) -> None:
        """Let every decision be open again."""
        for one, least, most in self._decisions:
            least.value, most.value = np.zeros(one.shape), np.ones(one.shape)

    def cheapest(self, prices: Prices, ceiling_kw: KilowattArray | None = None) -> Column:
        """Return the cheapest operation at ``prices``, and below ``ceiling_kw`` if there is one."""
        self._prices.value = prices
        self._set_ceiling(ceiling_kw)
        answer = self._hot.solve(time_limit_s=LP_LIMIT_S)
        if answer.status != "optimal":
            raise MemberUnsolvedError(
                f"{self.firm_id}: no operation satisfies its own limits ({answer.status}); "
                "schedule the firm alone, which names the limits in conflict"
            )
        drawn_kw = np.array(self._drawn_kw.value, dtype=np.float64)
        return Column(
            own_krw=answer.objective - float(prices @ drawn_kw),
            drawn_kw=drawn_kw,
            priced_krw=answer.objective,
        )

    def decide(
        self,
        prices: Prices,
        *,
        gap_krw: float,
        time_limit_s: float,
    ) -> tuple[Column, float]:
        """Make every decision at ``prices`` and keep to it.

        Returns:
            The operation, and what no whole operation at these prices costs less than.
        """
        self.release()
        self._prices.value = prices
        self._set_ceiling(None)
        highs = new_highs(gap=gap_krw)
        pass_program(highs, self._hot.whole, self._hot.whole.filled(self._hot.whole.parameters()))
        began = time.perf_counter()
        status = run(highs, time_limit_s=time_limit_s)
        solution = highs.getSolution()
        if status not in ("optimal", "out_of_time") or not solution.value_valid:
            spent = time.perf_counter() - began
            raise MemberUnsolvedError(
                f"{self.firm_id}: no whole schedule in {spent:.0f} s ({status}); schedule the firm "
                "alone, which names the limits in conflict, or allow more time"
            )
        values = {
            one.id: value for one, value in self._hot.whole.values(np.array(solution.col_value))
        }
        for one, least, most in self._decisions:
            least.value = most.value = values[one.id]
        drawn_kw = values[self._drawn_kw.id]
        objective = float(highs.getObjectiveValue())
        column = Column(
            own_krw=objective - float(prices @ drawn_kw), drawn_kw=drawn_kw, priced_krw=objective
        )
        return column, float(highs.getInfo().mip_dual_bound)

    def keep(self, decisions: Mapping[str, npt.NDArray[np.float64]]) -> None:
        """Keep to decisions made before, by name as in :attr:`decisions`."""
        for one, least, most in self._decisions:
            least.value = most.value = decisions[one.name()]

    @property
    def decisions(self) -> Mapping[str, npt.NDArray[np.float64]]:
        """The decisions kept to, by name of the variable."""
        return {one.name(): np.array(least.value) for one, least, _ in self._decisions}

    def equipment_kw(self) -> Mapping[str, KilowattArray]:
        """Return the operation found last, by name of the equipment."""
        return {
            name: np.asarray(plan.power_kw.value, dtype=np.float64)
            for name, plan in self._plans.items()
        }

    def _set_ceiling(self, ceiling_kw: KilowattArray | None) -> None:
        self._ceiling_kw.value = self._zeros + LARGE_KW if ceiling_kw is None else ceiling_kw


def drawn_variable(scheduling: SchedulingProblem) -> cp.Variable:
    """Return the variable that holds what all equipment draws together, shape (steps,)."""
    (found,) = (one for one in scheduling.problem.variables() if one.name() == "site.equipment_kw")
    return found
