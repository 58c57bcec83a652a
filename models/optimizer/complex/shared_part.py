"""What the firms share, as a problem of its own: batteries, the feeder's limit, the peak."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cvxpy as cp
import numpy as np
import numpy.typing as npt

from feature_store.errors import SandanError
from feature_store.time_grid import HOURS_PER_STEP, KilowattArray, TimeGrid
from models.assets.asset import AssetPlan
from models.optimizer.complex.relaxed_problem import RelaxedProblem
from models.optimizer.complex.terms import Member, SharedTerms
from models.optimizer.linear_program import FilledProgram, LinearProgram

OVERDRAW_KRW_PER_KW = 1e6
"""What a kW above the feeder's limit is priced in each interval: above anything that a firm could
pay to avoid it (a kW of its own peak costs some 0.1 million won over twelve months), so that a plan
that still exceeds the limit has no way to keep it."""
MOST_CONTRACTS = 10.0
"""Bound on what equipment may draw, as a multiple of all contract powers; it only keeps the
problem bounded at prices that are wrong in the last digit."""
TIME_LIMIT_S = 60.0
"""For one linear problem of a few hundred columns: a hundred times what the largest took."""


class UnsolvedPartError(SandanError):
    """A part of the complex's problem has no solution where it must have one."""


@dataclass(frozen=True, kw_only=True)
class SharedAnswer:
    """The shared part at given prices or draws."""

    objective_krw: float
    battery_kw: Mapping[str, KilowattArray]
    over_kw: KilowattArray
    """Demand above the feeder's limit, shape (steps,)."""


class SharedPart:
    """The shared part: what the firms' equipment draws is its input, the won are its result.

    ``min cost(members_kw) - prices @ members_kw`` over its own variables and ``members_kw``. With
    the members' draws free it is one term of the Lagrangian bound, with the draws held it prices a
    plan, and with columns in their place it is the master problem.
    """

    def __init__(self, members: tuple[Member, ...], terms: SharedTerms, grid: TimeGrid) -> None:
        self.terms, self.steps = terms, grid.steps
        bases = [member.pricing.base for member in members]
        self.cautious_kw = np.sum([base.cautious_kw for base in bases], axis=0)
        self.median_kw = np.sum([base.median_kw for base in bases], axis=0)
        contracts_kw = sum(member.pricing.site.contract.power_kw for member in members)
        self._least_kw, self._most_kw = -self.median_kw, MOST_CONTRACTS * contracts_kw

        self.members_kw = cp.Variable(grid.steps, name="complex.members_kw")
        self.over_kw = cp.Variable(grid.steps, nonneg=True, name="complex.over_kw")
        self._plans = {battery.name: battery.plan(grid) for battery in terms.batteries}
        self._lower_kw = cp.Parameter(grid.steps, name="complex.lower_kw")
        self._upper_kw = cp.Parameter(grid.steps, name="complex.upper_kw")
        self._prices = cp.Parameter(grid.steps, name="complex.krw_per_kw")
        self.problem = self._problem(terms.counted_on(grid))
        self.at_prices(np.zeros(grid.steps))
        self._hot = RelaxedProblem(self.problem)

    def _problem(self, counted: npt.NDArray[np.bool_]) -> cp.Problem:
        terms = self.terms
        battery_kw = sum((plan.power_kw for plan in self._plans.values()), start=cp.Constant(0))
        complex_kw = self.cautious_kw + self.members_kw + battery_kw
        peak_kw = cp.Variable(nonneg=True, name="complex.peak_kw")
        cost_krw = terms.peak_krw_per_kw * peak_kw + OVERDRAW_KRW_PER_KW * cp.sum(self.over_kw)
        constraints = [self.members_kw >= self._lower_kw, self.members_kw <= self._upper_kw]
        if terms.peak_krw_per_kw > 0 and counted.any():
            constraints.append(complex_kw[counted] <= peak_kw)
        if terms.feeder_limit_kw is not None:
            constraints.append(complex_kw - self.over_kw <= terms.feeder_limit_kw)
        if self._plans:
            cost_krw += _battery_cost_krw(terms, self._plans)
            constraints.append(self.median_kw + self.members_kw + battery_kw >= 0)
            constraints += [one for plan in self._plans.values() for one in plan.constraints]
        return cp.Problem(cp.Minimize(cost_krw - self._prices @ self.members_kw), constraints)

    def limit_kw(self, step: int) -> float:
        """Return the feeder's limit in one interval; infinite where there is none."""
        limit_kw = self.terms.feeder_limit_kw
        return np.inf if limit_kw is None else float(limit_kw[step])

    def program(self) -> tuple[LinearProgram, FilledProgram]:
        """Return the part as arrays, with the members' draws free and unpaid."""
        self.at_prices(np.zeros(self.steps))
        linear = self._hot.linear
        return linear, linear.filled(linear.parameters())

    def first_of(self, variable: cp.Variable) -> int:
        """Return the column of :meth:`program` at which one of the part's variables begins."""
        return next(at for one, at in self._hot.linear.variables if one.id == variable.id)

    def at_prices(self, prices_krw_per_kw: npt.NDArray[np.float64]) -> None:
        """Let the members' draws be free, paid at ``prices_krw_per_kw``, shape (steps,)."""
        self._prices.value = prices_krw_per_kw
        self._lower_kw.value = self._least_kw
        self._upper_kw.value = np.full(self.steps, self._most_kw)

    def least_krw(self, prices_krw_per_kw: npt.NDArray[np.float64]) -> float:
        """Return the shared term of the Lagrangian bound at these prices."""
        self.at_prices(prices_krw_per_kw)
        return self._solve().objective_krw

    def for_draws(self, members_kw: KilowattArray) -> SharedAnswer:
        """Return the cheapest shared operation where the equipment of all firms draws this."""
        self._prices.value = np.zeros(self.steps)
        self._lower_kw.value = self._upper_kw.value = members_kw
        return self._solve()

    def _solve(self) -> SharedAnswer:
        answer = self._hot.solve(time_limit_s=TIME_LIMIT_S)
        if answer.status != "optimal":
            raise UnsolvedPartError(
                f"the shared part ended {answer.status}: the community's batteries have no "
                "operation from their present state on, or they would feed back into the grid; "
                "check their limits and state of charge"
            )
        return SharedAnswer(
            objective_krw=answer.objective,
            battery_kw={
                name: np.asarray(plan.power_kw.value, dtype=np.float64)
                for name, plan in self._plans.items()
            },
            over_kw=np.asarray(self.over_kw.value, dtype=np.float64),
        )


def _battery_cost_krw(terms: SharedTerms, plans: Mapping[str, AssetPlan]) -> cp.Expression:
    """Energy, wear and the preference for rest."""
    cost_krw = cp.Constant(0)
    for battery in terms.batteries:
        power_kw = plans[battery.name].power_kw
        cost_krw += battery_krw(terms, power_kw) + battery.cost_krw(power_kw)
        cost_krw += plans[battery.name].tie_break_krw
    return cost_krw


def battery_krw(terms: SharedTerms, power_kw: cp.Expression | KilowattArray) -> cp.Expression:
    """Return what the energy of one shared battery costs; discharging earns the same price."""
    if terms.battery_krw_per_kwh is None:
        return cp.Constant(0)
    return cp.matmul(terms.battery_krw_per_kwh * HOURS_PER_STEP, power_kw)
