"""One firm's problem at the complex's prices: linear and hot, or whole."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

import cvxpy as cp
import numpy as np
import numpy.typing as npt

from feature_store.errors import SandanError
from feature_store.time_grid import KilowattArray
from models.optimizer.complex.fixed_program import FixedProgram
from models.optimizer.complex.relaxed_problem import run_or_restart
from models.optimizer.complex.terms import Member
from models.optimizer.complex.time_limit import ComplexTimedOutError
from models.optimizer.highs_model import new_highs, pass_program
from models.optimizer.preferences import without_preferences
from models.optimizer.problem import SchedulingProblem, assemble
from models.optimizer.start_search import OutOfTime, search

REMEMBERED = 60
"""Answers that a problem remembers: all of most plans, and 50 MB for a thousand firms of a day."""
LP_LIMIT_S = 60.0
"""For one firm's linear problem: thousands of times what it takes."""
AS_FITS = 0
"""HiGHS' choice of simplex method: with other costs the last solution is still allowed, and the
primal method goes on from it; with other limits it is not, and the dual method does."""
Prices = npt.NDArray[np.float64]
"""Won per kW drawn in each interval, on top of the firm's own tariff, shape (steps,)."""
Decisions = npt.NDArray[np.float64]
"""A whole number for each column that takes one."""


class MemberUnsolvedError(SandanError):
    """One firm of the complex has no schedule of its own."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """One way of operating a firm, or several firms together."""

    own_krw: float
    """What it costs by the firms' own tariffs, without the complex's prices."""
    drawn_kw: KilowattArray
    """What the equipment draws, shape (steps,)."""
    priced_krw: float
    """Cost at the prices that it was made for: nothing is cheaper at them."""


class MemberProblem:
    """A firm's scheduling problem, compiled once; prices, ceilings and fixed starts are numbers.

    Yes-or-no decisions may take any value between, until :meth:`decide` or :meth:`keep` has made
    them. Preferences among equally cheap plans, a few won that many of the rows are about, are left
    out until :meth:`settle`: they are never negative, so that what bounds the cost without them
    bounds it with them.
    """

    def __init__(self, member: Member) -> None:
        pricing = member.pricing
        self.firm_id = member.firm_id
        scheduling = assemble(pricing.site, pricing.prices, terms=pricing.terms)
        scheduling.fill(pricing.base, pricing.demand_floor_kw.tolist(), pricing.later_cuts)
        self._powers = {name: plan.power_kw for name, plan in scheduling.plans.items()}
        self.program = FixedProgram.of(scheduling.problem)
        self.drawn = self.program.columns_of(drawn_variable(scheduling))
        self.relaxed_answers: deque[Column] = deque(maxlen=REMEMBERED)
        """What :meth:`cheapest` found last while decisions were open."""
        self._decisions: Decisions | None = None
        self._plain = without_preferences(self.program.linear, self.program.filled)
        self._highs = new_highs(gap=0.0)
        self._highs.setOptionValue("simplex_strategy", AS_FITS)
        self.reopen()

    @property
    def has_decisions(self) -> bool:
        """Whether anything is yes or no."""
        return bool(self.program.linear.integer.size)

    @property
    def decisions(self) -> Decisions | None:
        """The decisions kept to, None while they are open."""
        return self._decisions

    def keep(self, decisions: Decisions) -> None:
        """Keep to these decisions from now on."""
        whole = self.program.linear.integer
        self._decisions = np.round(decisions)
        self._highs.changeColsBounds(whole.size, whole, self._decisions, self._decisions)

    def reopen(self) -> None:
        """Be as new but for the answers: decisions open, preferences left out."""
        self._decisions = None
        pass_program(self._highs, self._plain.linear, self._plain.filled, relaxed=True)

    def cheapest(self, prices: Prices, ceiling_kw: KilowattArray | None = None) -> Column:
        """Return the cheapest operation at ``prices``, and below ``ceiling_kw`` if there is one."""
        drawn, filled = self.drawn, self.program.filled
        self._highs.changeColsCost(drawn.size, drawn, filled.cost[drawn] + prices)
        if ceiling_kw is not None:
            most_kw = np.minimum(filled.column_upper[drawn], ceiling_kw)
            self._highs.changeColsBounds(drawn.size, drawn, filled.column_lower[drawn], most_kw)
        column = self._solved(prices)
        if ceiling_kw is None and self._decisions is None:
            self.relaxed_answers.append(column)
        if ceiling_kw is not None:
            self._highs.changeColsBounds(
                drawn.size, drawn, filled.column_lower[drawn], filled.column_upper[drawn]
            )
        return column

    def settle(self, ceiling_kw: KilowattArray) -> tuple[Column, Mapping[str, KilowattArray]]:
        """Return the cheapest operation below ``ceiling_kw`` that is preferred among its like.

        Returns:
            The operation, and what each piece of equipment draws in it, by name.
        """
        self._plain.put_back(self._highs, self.program.linear, self.program.filled)
        column = self.cheapest(np.zeros(self.drawn.size), ceiling_kw)
        solution = np.array(self._highs.getSolution().col_value)
        for variable, value in self.program.linear.values(solution):
            variable.save_value(value)
        powers_kw = {
            name: np.asarray(power_kw.value, dtype=np.float64)
            for name, power_kw in self._powers.items()
        }
        return column, powers_kw

    def decide(
        self, prices: Prices, *, gap_krw: float, time_limit_s: float
    ) -> tuple[Column, float]:
        """Make every decision at ``prices`` and keep to it.

        Where the gap is not proved in time, the best plan found is taken with what is proved of it.

        Returns:
            The operation, and what no whole operation at these prices costs less than.
        """
        linear, filled = self.program.linear, self.program.with_costs(self.drawn, prices)
        found = search(linear, filled, gap=gap_krw, time_limit_s=time_limit_s)
        if isinstance(found, OutOfTime):
            if found.best is None:
                raise ComplexTimedOutError(
                    f"{self.firm_id}: no whole schedule within {time_limit_s:g} s; allow more time"
                )
            found = found.best
        if found == "infeasible":
            raise MemberUnsolvedError(
                f"{self.firm_id}: no whole schedule satisfies its own limits; schedule the firm "
                "alone, which names the limits in conflict"
            )
        self.keep(found.x[self.program.linear.integer])
        drawn_kw = found.x[self.drawn]
        column = Column(
            own_krw=found.objective - float(prices @ drawn_kw),
            drawn_kw=drawn_kw,
            priced_krw=found.objective,
        )
        return column, found.bound

    def _solved(self, prices: Prices) -> Column:
        status = run_or_restart(self._highs, time_limit_s=LP_LIMIT_S)
        if status != "optimal":
            raise MemberUnsolvedError(
                f"{self.firm_id}: no operation satisfies its own limits ({status}); "
                "schedule the firm alone, which names the limits in conflict"
            )
        drawn_kw = np.array(self._highs.getSolution().col_value)[self.drawn]
        objective = float(self._highs.getObjectiveValue())
        return Column(
            own_krw=objective - float(prices @ drawn_kw), drawn_kw=drawn_kw, priced_krw=objective
        )


def drawn_variable(scheduling: SchedulingProblem) -> cp.Variable:
    """Return the variable that holds what all equipment draws together, shape (steps,)."""
    (found,) = (one for one in scheduling.problem.variables() if one.name() == "site.equipment_kw")
    return found
