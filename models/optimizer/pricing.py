"""Price operations by the tariff's formulas, many at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from feature_store.time_grid import KilowattArray
from models.optimizer.base_load import BaseLoad
from models.optimizer.schedule import PlanCost
from models.site import Site
from models.tariffs.demand_charge import demand_cost_krw, excess_cost_krw
from models.tariffs.grid_prices import GridPrices
from models.tariffs.later_demand import DemandCuts, LaterMonths, later_demand_cost_krw
from models.tariffs.time_of_use import energy_cost_krw


@dataclass(frozen=True, kw_only=True)
class Pricing:
    """Everything that turns powers of equipment into won."""

    site: Site
    prices: GridPrices
    base: BaseLoad
    demand_floor_kw: npt.NDArray[np.float64]
    """What each billing month touched is billed for whatever happens, shape (months,)."""
    later: tuple[LaterMonths, ...] = ()
    """The months after the grid that remember its demand."""
    later_cuts: tuple[DemandCuts, ...] = ()
    """What the peak costs in them, numbers in the same order."""

    def grid_costs_krw(
        self, total_kw: npt.NDArray[np.float64]
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Return the energy and the demand cost of each of many operations, shape (paths,).

        ``total_kw`` is what all equipment draws together, shape (steps, paths). A path that
        would feed back into the grid draws nothing there: feeding back is not paid. The demand
        cost contains :meth:`later_demand_krw`.
        """
        import_kw = np.maximum(self.base.median_kw[:, None] + total_kw, 0.0)
        demand_kw = np.maximum(self.base.cautious_kw[:, None] + total_kw, 0.0)
        demand_krw = demand_cost_krw(demand_kw, self.demand_floor_kw, self.prices)
        demand_krw += excess_cost_krw(demand_kw, self.site.contract.power_kw, self.prices)
        energy_krw = energy_cost_krw(import_kw, self.prices)
        paths = total_kw.shape[1]
        demand_krw = np.broadcast_to(demand_krw.value, paths) + self.later_demand_krw(total_kw)
        return np.broadcast_to(energy_krw.value, paths), demand_krw

    def later_demand_krw(self, total_kw: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return what the months after the grid will be charged for its demand, shape (paths,)."""
        demand_kw = np.maximum(self.base.cautious_kw[:, None] + total_kw, 0.0)
        peaks_kw = [demand_kw[months.counted_steps].max(axis=0) for months in self.later]
        later_krw = later_demand_cost_krw(peaks_kw, self.later_cuts)
        return np.broadcast_to(later_krw.value, total_kw.shape[1])

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
        energy_krw, demand_krw = self.grid_costs_krw(total_kw)
        return PlanCost(
            energy_krw=float(energy_krw[0]),
            demand_krw=float(demand_krw[0]),
            wear_krw=sum(self.wear_krw(equipment_kw).values()),
            later_demand_krw=float(self.later_demand_krw(total_kw)[0]),
        )

    def cheaper(
        self, usual_kw: Mapping[str, KilowattArray], planned_kw: Mapping[str, KilowattArray]
    ) -> Mapping[str, KilowattArray]:
        """Return the plan, or the usual operation where the plan saves nothing.

        Within its gap the solver may answer a plan that costs a little more than doing nothing.
        """
        saved_krw = self.cost(usual_kw).total_krw - self.cost(planned_kw).total_krw
        return planned_kw if saved_krw > 0 else usual_kw

    def counted_peak_kw(self, equipment_kw: Mapping[str, KilowattArray]) -> float:
        """Return the largest demand that counts for the bill, on the cautious path."""
        demand_kw = self.base.cautious_kw + self.total_kw(equipment_kw)
        return float(demand_kw[self.prices.counted].max(initial=0.0))

    def import_kw(self, equipment_kw: Mapping[str, KilowattArray]) -> KilowattArray:
        """Return the draw from the grid on the median path, >= 0, shape (steps,)."""
        return np.maximum(self.base.median_kw + self.total_kw(equipment_kw), 0.0)

    def total_kw(self, equipment_kw: Mapping[str, KilowattArray]) -> KilowattArray:
        """Return what all equipment draws together, shape (steps,)."""
        return sum(equipment_kw.values(), start=np.zeros(self.prices.grid.steps))
