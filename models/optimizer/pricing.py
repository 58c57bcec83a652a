"""Price operations by the tariff's formulas, many at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from feature_store.time_grid import HOURS_PER_STEP, KilowattArray
from models.optimizer.base_load import BaseLoad
from models.optimizer.grid_terms import USUAL_TERMS, GridTerms
from models.optimizer.peak_value import PeakValue
from models.optimizer.schedule import PlanCost
from models.site import Site
from models.tariffs.demand_charge import demand_cost_krw, excess_cost_krw
from models.tariffs.later_demand import DemandCuts, LaterMonths, later_demand_cost_krw
from models.tariffs.priced_grid import PricedGrid
from models.tariffs.time_of_use import energy_cost_krw

Paths = npt.NDArray[np.float64]
"""Operations side by side, shape (steps, paths)."""
Won = npt.NDArray[np.float64]
"""An amount for each of them, shape (paths,)."""
DemandCost = Callable[[Paths], Won]
"""From the demand of operations, >= 0, to what it costs."""


@dataclass(frozen=True, kw_only=True)
class Pricing:
    """Everything that turns powers of equipment into won."""

    site: Site
    prices: PricedGrid
    base: BaseLoad
    demand_floor_kw: npt.NDArray[np.float64]
    """What each peak charged is billed for whatever happens, shape (peaks,)."""
    later: tuple[LaterMonths, ...] = ()
    """The months after the grid that remember its demand."""
    later_cuts: tuple[DemandCuts, ...] = ()
    """What the peak costs in them, numbers in the same order."""
    terms: GridTerms = USUAL_TERMS
    peak_value: PeakValue | None = None
    """What the month's peak is expected to cost in the end: plans are chosen by it, not billed."""

    def grid_costs_krw(self, total_kw: Paths) -> tuple[Won, Won]:
        """Return the energy and the demand cost of each of many operations, shape (paths,).

        ``total_kw`` is what all equipment draws together, shape (steps, paths). A path that
        would feed back into the grid where nothing may be draws nothing there: feeding back is
        not paid. What export and events earn is taken off the energy cost. The demand cost
        contains :meth:`later_demand_krw`.
        """
        bought, fed = self._energy_krw(total_kw)
        energy_krw = bought - fed - self.events_earned_krw(total_kw)
        return energy_krw, self._demand_krw(total_kw)

    def later_demand_krw(self, total_kw: Paths) -> Won:
        """Return what the months after the grid will be charged for its demand, shape (paths,)."""
        return self._of_courses(total_kw, self._later_of_course_krw)

    def events_earned_krw(self, total_kw: Paths) -> Won:
        """Return what demand-response events pay, less their penalties, shape (paths,)."""
        net_kw = self._net_kw(self.base.median_kw, total_kw)
        earned = [event.earned_krw(net_kw) for event in self.terms.events]
        return np.sum(earned, axis=0) if earned else np.zeros(total_kw.shape[1])

    def wear_krw(self, equipment_kw: Mapping[str, KilowattArray]) -> dict[str, float]:
        """Return the wear and discomfort of each piece of equipment."""
        return {
            asset.name: float(asset.cost_krw(equipment_kw[asset.name]).value)
            + asset.decision_krw(equipment_kw[asset.name], self.prices.grid)
            for asset in self.site.assets
        }

    def cost(self, equipment_kw: Mapping[str, KilowattArray]) -> PlanCost:
        """Return what one operation costs over the horizon."""
        total_kw = self.total_kw(equipment_kw)[:, None]
        bought, fed = self._energy_krw(total_kw)
        return PlanCost(
            energy_krw=float(bought[0]),
            demand_krw=float(self._demand_krw(total_kw)[0]),
            wear_krw=sum(self.wear_krw(equipment_kw).values()),
            later_demand_krw=float(self.later_demand_krw(total_kw)[0]),
            export_earned_krw=float(fed[0]),
            events_earned_krw=float(self.events_earned_krw(total_kw)[0]),
        )

    def chosen_by_krw(self, equipment_kw: Mapping[str, KilowattArray]) -> float:
        """Return what an operation is chosen by: its cost, with the peak's expected one if known.

        With a value of the peak it is no bill, and never above it.
        """
        cost = self.cost(equipment_kw)
        if self.peak_value is None:
            return cost.total_krw
        total_kw = self.total_kw(equipment_kw)[:, None]
        expected_krw = float(self.expected_demand_krw(self.peak_value, total_kw)[0])
        return cost.total_krw - cost.demand_krw + expected_krw

    def expected_demand_krw(self, value: PeakValue, total_kw: Paths) -> Won:
        """Return the demand cost with what is expected of the month's peak, shape (paths,)."""

        def cost(demand_kw: Paths) -> Won:
            (month,) = self.prices.months
            peak_kw = demand_kw[month.counted_steps].max(axis=0, initial=0.0)
            anyway_krw = month.basic_krw_per_kw * float(self.demand_floor_kw[0])
            expected = later_demand_cost_krw([peak_kw], [value.cuts])
            return anyway_krw + np.asarray(expected.value) + self._excess_krw(demand_kw)

        return self._of_courses(total_kw, cost)

    def cheaper(
        self, usual_kw: Mapping[str, KilowattArray], planned_kw: Mapping[str, KilowattArray]
    ) -> Mapping[str, KilowattArray]:
        """Return the plan, or the usual operation where the plan saves nothing.

        Within its gap the solver may answer a plan that costs a little more than doing nothing.
        """
        saved_krw = self.chosen_by_krw(usual_kw) - self.chosen_by_krw(planned_kw)
        return planned_kw if saved_krw > 0 else usual_kw

    def counted_peak_kw(self, equipment_kw: Mapping[str, KilowattArray]) -> float:
        """Return the largest demand that counts for the bill, on the cautious path."""
        demand_kw = self.demand_kw(equipment_kw)
        return float(demand_kw[self.prices.counted].max(initial=0.0))

    def demand_kw(self, equipment_kw: Mapping[str, KilowattArray]) -> KilowattArray:
        """Return the demand on the cautious path, shape (steps,)."""
        return self.terms.metered_kw(self.base.cautious_kw + self.total_kw(equipment_kw))

    def net_kw(self, equipment_kw: Mapping[str, KilowattArray]) -> KilowattArray:
        """Return the draw from the grid on the median path, negative if fed back, (steps,)."""
        return self._net_kw(self.base.median_kw, self.total_kw(equipment_kw)[:, None])[:, 0]

    def import_kw(self, equipment_kw: Mapping[str, KilowattArray]) -> KilowattArray:
        """Return the draw from the grid on the median path, >= 0, shape (steps,)."""
        return np.maximum(self.net_kw(equipment_kw), 0.0)

    def total_kw(self, equipment_kw: Mapping[str, KilowattArray]) -> KilowattArray:
        """Return what all equipment draws together, shape (steps,)."""
        return sum(equipment_kw.values(), start=np.zeros(self.prices.grid.steps))

    def _net_kw(self, base_kw: KilowattArray, total_kw: Paths) -> Paths:
        """What the meter counts on one base load, shape (steps, paths)."""
        bus_kw = base_kw[:, None] + total_kw
        if self.terms.export is None:
            bus_kw = np.maximum(bus_kw, 0.0)
        return self.terms.metered_kw(bus_kw)

    def _energy_krw(self, total_kw: Paths) -> tuple[Won, Won]:
        """What is paid for energy and earned by feeding back, the mean over scenarios."""
        scenarios = self.base.scenarios
        if scenarios is None:
            return self._energy_of_course_krw(self.base.median_kw, total_kw)
        both = [self._energy_of_course_krw(base_kw, total_kw) for base_kw in scenarios.paths_kw]
        bought, fed = np.array(both).transpose(1, 0, 2)
        return scenarios.probability @ bought, scenarios.probability @ fed

    def _energy_of_course_krw(self, base_kw: KilowattArray, total_kw: Paths) -> tuple[Won, Won]:
        paths = total_kw.shape[1]
        net_kw = self._net_kw(base_kw, total_kw)
        bought = energy_cost_krw(np.maximum(net_kw, 0.0), self.prices).value
        fed = np.zeros(paths)
        if self.terms.export is not None:
            fed = self.terms.export.krw_per_kwh * HOURS_PER_STEP @ np.maximum(-net_kw, 0.0)
        return np.broadcast_to(bought, paths), fed

    def _demand_krw(self, total_kw: Paths) -> Won:
        """What the peaks touched, those to come and the excess are charged."""
        return self._of_courses(total_kw, self._demand_of_course_krw)

    def _of_courses(self, total_kw: Paths, cost: DemandCost) -> Won:
        """Cost of demand on the cautious path, or the scenarios' blend of mean and tail."""
        paths, scenarios = total_kw.shape[1], self.base.scenarios
        if scenarios is None:
            demand_kw = np.maximum(self._net_kw(self.base.cautious_kw, total_kw), 0.0)
            return np.broadcast_to(cost(demand_kw), paths)
        costs = [
            np.broadcast_to(cost(np.maximum(self._net_kw(base_kw, total_kw), 0.0)), paths)
            for base_kw in scenarios.paths_kw
        ]
        return scenarios.risk_cost_krw(np.array(costs))

    def _demand_of_course_krw(self, demand_kw: Paths) -> Won:
        cost = demand_cost_krw(demand_kw, self.demand_floor_kw, self.prices)
        own_krw = np.broadcast_to(cost.value, demand_kw.shape[1])
        return own_krw + self._excess_krw(demand_kw) + self._later_of_course_krw(demand_kw)

    def _excess_krw(self, demand_kw: Paths) -> Won:
        paths = demand_kw.shape[1]
        if self.terms.contract_is_hard:
            return np.zeros(paths)
        cost = excess_cost_krw(demand_kw, self.site.contract.power_kw, self.prices)
        return np.broadcast_to(cost.value, paths)

    def _later_of_course_krw(self, demand_kw: Paths) -> Won:
        peaks_kw = [demand_kw[months.counted_steps].max(axis=0) for months in self.later]
        later_krw = later_demand_cost_krw(peaks_kw, self.later_cuts)
        return np.broadcast_to(later_krw.value, demand_kw.shape[1])
