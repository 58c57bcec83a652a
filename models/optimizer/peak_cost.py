"""What the largest demands of a problem cost: this month, later, and above the contract power."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cvxpy as cp

from models.optimizer.grid_terms import GridTerms
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

    @classmethod
    def of(cls, site: Site, prices: PricedGrid, terms: GridTerms) -> PeakCost:
        """Return the charges on the demand of ``site``."""
        later = remembering_months(site, prices)
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
        )

    def cost_krw(self, demand_kw: cp.Expression, constraints: list[cp.Constraint]) -> cp.Expression:
        """Return what one course of demand costs, shape (steps,), and add its limits."""
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
