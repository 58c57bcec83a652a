"""Operations are priced alone or many at once, and feeding back earns nothing."""

import numpy as np
import pytest

from models.optimizer.base_load import base_load
from models.optimizer.pricing import Pricing
from models.site import site_of
from models.tariffs.grid_prices import grid_prices
from tests.models.optimizer.example_works import ESS, a_day_shape, forecast_of, works

FORECAST = forecast_of(a_day_shape())
SITE = site_of(works(ESS))
PRICING = Pricing(
    site=SITE,
    prices=grid_prices(SITE.contract, FORECAST.grid, SITE.zone),
    base=base_load(SITE, FORECAST),
    demand_floor_kw=np.array([300.0]),
)
REST = {"ESS": np.zeros(96)}


def charging(kw: float, step: int) -> dict[str, np.ndarray]:
    power_kw = np.zeros(96)
    power_kw[step] = kw
    return {"ESS": power_kw}


def test_many_paths_cost_what_each_costs_alone():
    paths = [REST, charging(100, 4), charging(100, 60), charging(-100, 60)]
    together = np.stack([path["ESS"] for path in paths], axis=1)
    energy_krw, demand_krw = PRICING.grid_costs_krw(together)
    for column, path in enumerate(paths):
        cost = PRICING.cost(path)
        assert (cost.energy_krw, cost.demand_krw) == pytest.approx(
            (energy_krw[column], demand_krw[column])
        )


def test_feeding_back_earns_nothing():
    just_nothing, far_below = charging(-150, 4), charging(-950, 4)
    assert PRICING.cost(far_below).energy_krw == pytest.approx(
        PRICING.cost(just_nothing).energy_krw
    )


def test_a_plan_that_saves_nothing_is_not_preferred_to_doing_nothing():
    wasteful, useful = charging(10, 4), charging(-100, 60)
    assert PRICING.cheaper(REST, wasteful) is REST
    assert PRICING.cheaper(REST, REST | {}) is REST
    assert PRICING.cheaper(REST, useful) is useful
