"""What a plan changes, and what each change is worth."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from feature_store.time_grid import KilowattArray
from models.assets.asset import Asset
from models.optimizer.binding_limits import binding_limits
from models.optimizer.blocks import blocks_of
from models.optimizer.pricing import Pricing
from models.optimizer.schedule import Move, Reason
from models.optimizer.shapley import shapley_shares

MATERIAL_SHARE = 0.1
"""A part of a saving below this share of the larger part is not named as a reason."""


def moves(
    pricing: Pricing,
    usual_kw: Mapping[str, KilowattArray],
    planned_kw: Mapping[str, KilowattArray],
) -> tuple[Move, ...]:
    """Return one move for each piece of equipment that the plan runs otherwise than usual.

    Their savings are the Shapley shares of the plan's saving: what each adds, averaged over all
    orders in which the changes could be made. They add up to the saving. What some of the changes
    alone would do to the demand charge counts only between nothing and what all of them do:
    nobody proposes a part of the plan, so no move is blamed or praised for a peak that the whole
    plan does not have.
    """
    movers = [
        asset
        for asset in pricing.site.assets
        if not np.array_equal(planned_kw[asset.name], usual_kw[asset.name])
    ]
    if not movers:
        return ()
    shares = _shares(pricing, movers, usual_kw, planned_kw)
    told = [
        _move(pricing, asset, usual_kw, planned_kw, share)
        for asset, share in zip(movers, shares, strict=True)
    ]
    return tuple(sorted(told, key=lambda move: (-move.saved_krw, move.equipment)))


def _shares(
    pricing: Pricing,
    movers: list[Asset],
    usual_kw: Mapping[str, KilowattArray],
    planned_kw: Mapping[str, KilowattArray],
) -> npt.NDArray[np.float64]:
    """Saving of each mover by energy (with wear) and by demand, shape (movers, 2)."""
    names = [asset.name for asset in movers]
    changes_kw = np.stack([planned_kw[name] - usual_kw[name] for name in names], axis=1)
    usual_wear, planned_wear = pricing.wear_krw(usual_kw), pricing.wear_krw(planned_kw)
    more_wear = np.array([planned_wear[name] - usual_wear[name] for name in names])
    usual_total_kw = pricing.total_kw(usual_kw)[:, None]
    usual_energy, usual_demand = pricing.grid_costs_krw(usual_total_kw)

    _, planned_demand = pricing.grid_costs_krw(pricing.total_kw(planned_kw)[:, None])
    demand_saved = float((usual_demand - planned_demand)[0])
    reach = (min(demand_saved, 0.0), max(demand_saved, 0.0))

    def saved_krw(members: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
        total_kw = usual_total_kw + changes_kw @ members.T
        energy, demand = pricing.grid_costs_krw(total_kw)
        return np.stack(
            [usual_energy - energy - members @ more_wear, np.clip(usual_demand - demand, *reach)],
            axis=1,
        )

    return shapley_shares(len(names), saved_krw)


def _move(
    pricing: Pricing,
    asset: Asset,
    usual_kw: Mapping[str, KilowattArray],
    planned_kw: Mapping[str, KilowattArray],
    share: npt.NDArray[np.float64],
) -> Move:
    grid, zone = pricing.prices.grid, pricing.site.zone
    usual = blocks_of(asset, usual_kw[asset.name], grid, zone)
    planned = blocks_of(asset, planned_kw[asset.name], grid, zone)
    return Move(
        equipment=asset.name,
        kind=asset.kind,
        usual=tuple(block for block in usual if block not in planned),
        planned=tuple(block for block in planned if block not in usual),
        saved_krw=float(share.sum()),
        reason=_reason(energy_krw=float(share[0]), demand_krw=float(share[1])),
        limits=binding_limits(pricing, asset, usual_kw, planned_kw),
    )


def _reason(*, energy_krw: float, demand_krw: float) -> Reason:
    """Name the parts of the saving that matter beside the larger one."""
    least_krw = MATERIAL_SHARE * max(energy_krw, demand_krw)
    if min(energy_krw, demand_krw) >= least_krw > 0:
        return "cheaper_hours_and_lower_peak"
    return "cheaper_hours" if energy_krw >= demand_krw else "lower_peak"
