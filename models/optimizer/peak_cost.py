"""What the largest demands of a problem cost: this month, later, and above the contract power."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cvxpy as cp

from models.optimizer.grid_terms import GridTerms
from models.optimizer.peak_value import PEAK_VALUE_LINES, PeakValue, PeakValueError
from models.site import Site
from models.tariffs.demand_charge import demand_cost_krw, excess_cost_krw
from models.tariffs.grid_prices import GridPrices
from models.tariffs.later_demand import (
    DemandCuts,
    LaterMonths,
    later_demand_cost_krw,
    later_months,
)
from models.tariffs.priced_grid import PricedGrid


@dataclass(frozen=True, kw_only=True)
class ValueParameters:
    """Lines to be set: what the month's peak is expected to cost beyond what is billed anyway."""

    krw_per_kw: cp.Parameter
    intercept_krw: cp.Parameter

    @classmethod
    def of(cls, prices: PricedGrid) -> ValueParameters:
        """Return the lines of a grid that lies in one billing month."""
        if len(prices.months) != 1:
            raise PeakValueError(
                f"the grid has {len(prices.months)} peaks that are charged, a month's value is of "
                "one; price them by their bills"
            )
        return cls(
            krw_per_kw=cp.Parameter(PEAK_VALUE_LINES, nonneg=True, name="value.krw_per_kw"),
            intercept_krw=cp.Parameter(PEAK_VALUE_LINES, name="value.intercept_krw"),
        )

    @property
    def cuts(self) -> DemandCuts:
        """The lines, as a cost is made of them."""
        return DemandCuts(krw_per_kw=self.krw_per_kw, intercept_krw=self.intercept_krw)

    def fill(self, value: PeakValue) -> None:
        """Set them."""
        self.krw_per_kw.value = value.cuts.krw_per_kw
        self.intercept_krw.value = value.cuts.intercept_krw


@dataclass(frozen=True, kw_only=True)
class PeakCost:
    """The charges on demand, with parameters for all that is not known when it is built."""

    site: Site
    prices: PricedGrid
    contract_is_hard: bool
    later: tuple[LaterMonths, ...]
    demand_floor_kw: cp.Parameter
    """See :class:`models.optimizer.problem.SchedulingProblem`, as the two below."""
    later_krw_per_kw: tuple[cp.Parameter, ...]
    later_intercept_krw: tuple[cp.Parameter, ...]
    value: ValueParameters | None = None
    """Where what the month's peak is expected to cost takes the place of what it is billed in the
    month and later."""

    @classmethod
    def of(
        cls, site: Site, prices: PricedGrid, terms: GridTerms, *, by_value: bool = False
    ) -> PeakCost:
        """Return the charges on the demand of ``site``.

        ``by_value``: the peak of the one month that the grid lies in costs what is expected of it
        once the month is over.
        """
        later = () if by_value else remembering_months(site, prices)
        slopes, intercepts = _cut_parameters(later)
        return cls(
            site=site,
            prices=prices,
            contract_is_hard=terms.contract_is_hard,
            later=later,
            demand_floor_kw=cp.Parameter(
                len(prices.months), nonneg=True, name="site.demand_floor_kw"
            ),
            later_krw_per_kw=slopes,
            later_intercept_krw=intercepts,
            value=ValueParameters.of(prices) if by_value else None,
        )

    def cost_krw(self, demand_kw: cp.Expression, constraints: list[cp.Constraint]) -> cp.Expression:
        """Return what one course of demand costs, shape (steps,), and add its limits."""
        if self.value is not None:
            cost = self._expected_krw(demand_kw, self.value.cuts, constraints)
            return self._with_contract(demand_kw, cost, constraints)
        cost = demand_cost_krw(demand_kw, self.demand_floor_kw, self.prices)
        peaks_kw = [cp.Variable(name="site.later_peak_kw") for _ in self.later]
        cost += later_demand_cost_krw(
            peaks_kw,
            [
                DemandCuts(krw_per_kw=slopes, intercept_krw=intercepts)
                for slopes, intercepts in zip(
                    self.later_krw_per_kw, self.later_intercept_krw, strict=True
                )
            ],
        )
        constraints += [
            peak_kw >= demand_kw[months.counted_steps]  # a variable, so that slopes may multiply it
            for peak_kw, months in zip(peaks_kw, self.later, strict=True)
        ]
        return self._with_contract(demand_kw, cost, constraints)

    def _expected_krw(
        self, demand_kw: cp.Expression, cuts: DemandCuts, constraints: list[cp.Constraint]
    ) -> cp.Expression:
        """What is billed anyway, and what the peak is expected to cost beyond it."""
        (month,) = self.prices.months
        peak_kw = cp.Variable(nonneg=True, name="site.month_peak_kw")
        if month.counted_steps.size:
            constraints.append(peak_kw >= demand_kw[month.counted_steps])
        anyway_krw = month.basic_krw_per_kw * self.demand_floor_kw[0]
        return anyway_krw + later_demand_cost_krw([peak_kw], [cuts])

    def _with_contract(
        self, demand_kw: cp.Expression, cost: cp.Expression, constraints: list[cp.Constraint]
    ) -> cp.Expression:
        contract_kw = self.site.contract.power_kw
        if self.contract_is_hard:
            constraints.append(demand_kw <= contract_kw)
            return cost
        return cost + excess_cost_krw(demand_kw, contract_kw, self.prices)


def remembering_months(site: Site, prices: PricedGrid) -> tuple[LaterMonths, ...]:
    """Return the months after the grid that remember its demand; none of stated prices."""
    return later_months(site.contract, prices) if isinstance(prices, GridPrices) else ()


def _cut_parameters(
    later: Sequence[LaterMonths],
) -> tuple[tuple[cp.Parameter, ...], tuple[cp.Parameter, ...]]:
    """Return slopes and intercepts to be set, for each group of later months."""
    sizes = [len(group.months) for group in later]
    slopes = tuple(cp.Parameter(size, nonneg=True, name="later.krw_per_kw") for size in sizes)
    return slopes, tuple(cp.Parameter(size, name="later.intercept_krw") for size in sizes)
