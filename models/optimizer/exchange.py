"""What passes between the site and the grid: draws, and power fed back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cvxpy as cp
import numpy as np
import numpy.typing as npt

from feature_store.errors import SandanError
from feature_store.time_grid import HOURS_PER_STEP
from models.assets.asset import AssetPlan
from models.optimizer.grid_terms import GridTerms
from models.tariffs.priced_grid import PricedGrid
from models.tariffs.time_of_use import energy_cost_krw


class UnboundedEquipmentError(SandanError):
    """Equipment without a largest power stands beside terms that need one."""


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """The meter of a site's problem on the load that energy is paid for."""

    net_kw: cp.Expression
    """Draw from the grid, negative if fed back, shape (steps,)."""
    energy_krw: cp.Expression
    """What is paid for energy, less what is earned by feeding back."""
    constraints: list[cp.Constraint]


@dataclass(frozen=True, kw_only=True)
class Room:
    """Bounds of the meter's power: what decisions of yes or no are built with."""

    import_kw: cp.Parameter
    """No draw is above it, >= 0, shape (steps,)."""
    export_kw: cp.Parameter
    """Nothing fed back is above it, >= 0, shape (steps,)."""
    equipment_kw: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]
    """Least and largest draw of all equipment together, each shape (steps,)."""

    @classmethod
    def of(cls, plans: Mapping[str, AssetPlan], steps: int) -> Room:
        """Return the room of equipment; what has no bounds is an error that names it."""
        least, most = np.zeros(steps), np.zeros(steps)
        for name, plan in plans.items():
            low, high = plan.power_kw.get_bounds()
            least, most = least + low, most + high
            if not (np.isfinite(least).all() and np.isfinite(most).all()):
                raise UnboundedEquipmentError(
                    f"{name}: it has no largest power, which demand-response events and export "
                    "above the purchase price need; declare one"
                )
        return cls(
            import_kw=cp.Parameter(steps, nonneg=True, name="site.import_room_kw"),
            export_kw=cp.Parameter(steps, nonneg=True, name="site.export_room_kw"),
            equipment_kw=(least, most),
        )

    def fill(self, base_kw: npt.NDArray[np.float64], terms: GridTerms) -> None:
        """Set the bounds for one base load, shape (steps,)."""
        least, most = self.equipment_kw
        self.import_kw.value = np.maximum(terms.metered_kw(base_kw + most), 0.0)
        self.export_kw.value = np.maximum(-terms.metered_kw(base_kw + least), 0.0)


def needs_room(prices: PricedGrid, terms: GridTerms) -> bool:
    """Whether a decision of yes or no stands between site and grid."""
    return bool(terms.events) or bool(_better_to_feed(prices, terms).size)


def exchange(
    bus_kw: cp.Expression, prices: PricedGrid, terms: GridTerms, room: Room | None
) -> Exchange:
    """Return what the grid is paid and pays for the draw of the bus, shape (steps,).

    Where a kWh fed back earns more than one drawn costs, a binary keeps the meter from counting
    both at once.
    """
    net_kw = terms.metered(bus_kw)
    if terms.export is None:
        # Surplus may not be fed back even for a moment, so the bus counts and not the meter's mean.
        return Exchange(
            net_kw=net_kw, energy_krw=energy_cost_krw(net_kw, prices), constraints=[bus_kw >= 0]
        )
    steps = prices.grid.steps
    export_kw = cp.Variable(steps, bounds=[0, terms.export.most_kw], name="site.export_kw")
    import_kw = net_kw + export_kw
    constraints = [import_kw >= 0]
    better = _better_to_feed(prices, terms)
    if better.size and room is not None:
        feeding = cp.Variable(better.size, boolean=True, name="site.feeding")
        constraints += [
            export_kw[better] <= cp.multiply(room.export_kw[better], feeding),
            import_kw[better] <= cp.multiply(room.import_kw[better], 1 - feeding),
        ]
    earned_krw = (terms.export.krw_per_kwh * HOURS_PER_STEP) @ export_kw
    energy_krw = energy_cost_krw(import_kw, prices) - earned_krw
    return Exchange(net_kw=net_kw, energy_krw=energy_krw, constraints=constraints)


def expected_energy_cost(
    net_kw: cp.Expression, prices: PricedGrid, terms: GridTerms
) -> cp.Expression:
    """Return what energy costs on a path that is only expected, convex; net (steps,).

    Surplus that may not be fed back is held back when it comes, so it costs and earns nothing.
    """
    if terms.export is None:
        return energy_cost_krw(cp.pos(net_kw), prices)
    earned = terms.export.krw_per_kwh
    above = (prices.krw_per_kwh - earned) * HOURS_PER_STEP
    return (earned * HOURS_PER_STEP) @ net_kw + above @ cp.pos(net_kw)


def _better_to_feed(prices: PricedGrid, terms: GridTerms) -> npt.NDArray[np.intp]:
    if terms.export is None:
        return np.array([], dtype=np.intp)
    return np.flatnonzero(terms.export.krw_per_kwh > prices.krw_per_kwh)
