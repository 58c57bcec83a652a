"""A works with its prices and its cheapest plan, for tests of what is told about plans."""

from dataclasses import dataclass

import numpy as np

from feature_store.entities.firm import Equipment
from models.optimizer.base_load import base_load
from models.optimizer.pricing import Pricing
from models.optimizer.problem import assemble
from models.optimizer.solve import Solution, solve
from models.site import Site, site_of
from models.tariffs.grid_prices import grid_prices
from models.tariffs.later_demand import later_months
from tests.models.optimizer.example_works import forecast_of, works

FLOOR_KW = 300.0


@dataclass(frozen=True, kw_only=True)
class Priced:
    """What :func:`priced` found."""

    site: Site
    pricing: Pricing
    usual_kw: dict[str, np.ndarray]
    solution: Solution


def priced(
    load_kw: np.ndarray, *equipment: Equipment, spread_kw: float = 0.0, **contract
) -> Priced:
    """Solve a works in June, whose peaks no later month remembers."""
    forecast = forecast_of(load_kw, spread_kw=spread_kw)
    site = site_of(works(*equipment, **contract))
    prices = grid_prices(site.contract, forecast.grid, site.zone)
    assert later_months(site.contract, prices) == ()
    pricing = Pricing(
        site=site,
        prices=prices,
        base=base_load(site, forecast),
        demand_floor_kw=np.full(len(prices.months), FLOOR_KW),
    )
    scheduling = assemble(site, prices)
    scheduling.fill(pricing.base, pricing.demand_floor_kw.tolist(), ())
    solution = solve(scheduling, time_limit_s=60)
    assert isinstance(solution, Solution)
    return Priced(
        site=site,
        pricing=pricing,
        usual_kw={asset.name: asset.usual_kw(forecast.grid) for asset in site.assets},
        solution=solution,
    )
