"""A schedule that breaks a limit is thrown away, whoever made it, with every limit named."""

import numpy as np
import pytest

from models.optimizer.base_load import base_load
from models.optimizer.verify import UnsafeScheduleError, verify
from models.site import site_of
from tests.models.optimizer.example_works import EVERYTHING, a_day_shape, forecast_of, works

SITE = site_of(works(*EVERYTHING))
FORECAST = forecast_of(a_day_shape())


def usual() -> dict[str, np.ndarray]:
    return {asset.name: asset.usual_kw(FORECAST.grid).copy() for asset in SITE.assets}


def check(powers: dict[str, np.ndarray]) -> None:
    verify(SITE, FORECAST.grid, base_load(SITE, FORECAST), powers)


def test_the_usual_operation_passes():
    check(usual())


@pytest.mark.parametrize("name", [equipment.name for equipment in EVERYTHING])
def test_a_tampered_power_is_refused_and_named(name):
    powers = usual()
    powers[name][44] -= 777.0
    with pytest.raises(UnsafeScheduleError, match=f"works: the schedule breaks limits .*{name}"):
        check(powers)


def test_a_power_that_is_no_number_or_too_short_is_refused():
    for wrong in (np.full(96, np.nan), np.zeros(95)):
        with pytest.raises(UnsafeScheduleError, match="ESS has no finite power"):
            check(usual() | {"ESS": wrong})


def test_feeding_back_into_the_grid_is_refused_with_the_time():
    site = site_of(works(EVERYTHING[0]))
    forecast = forecast_of(np.full(96, 20.0))
    charged_then_fed = np.zeros(96)
    charged_then_fed[0:8], charged_then_fed[40:44] = 50.0, -60.0
    with pytest.raises(UnsafeScheduleError, match="fed back into the grid at 2026-06-17 10:00"):
        verify(site, forecast.grid, base_load(site, forecast), {"ESS": charged_then_fed})
