"""A forecast is finite, does not cross, and gives a reason wherever it is less than full."""

from dataclasses import replace

import numpy as np
import pytest

from feature_store.time_grid import TimeGrid
from models.forecasting.load_forecast import (
    QUALITIES,
    QUALITY_REASONS,
    QUANTILES,
    LoadForecast,
    in_order,
    worst,
)
from tests.builders import MONDAY

FORECAST = LoadForecast(
    firm_id="kiln_works",
    issue_time=MONDAY,
    grid=TimeGrid(MONDAY, steps=2),
    demand_kw=np.tile(np.arange(11.0), (2, 1)),
    model_version="load-forecaster/1",
)


def test_unless_said_otherwise_it_is_full():
    assert (FORECAST.quality, FORECAST.reasons) == ("full", ())


@pytest.mark.parametrize(
    ("quality", "reasons"),
    [("reduced", ()), ("cold_start", ()), ("full", ("readings_missing",))],
)
def test_a_flag_without_a_reason_and_a_reason_without_a_flag_are_refused(quality, reasons):
    with pytest.raises(ValueError, match=quality):
        replace(FORECAST, quality=quality, reasons=reasons)


@pytest.mark.parametrize(
    "demand_kw",
    [np.full((2, 11), np.nan), np.full((2, 11), np.inf), -FORECAST.demand_kw, np.zeros((3, 11))],
    ids=["nan", "infinite", "crossing", "another grid"],
)
def test_what_is_no_distribution_over_the_grid_is_refused(demand_kw):
    with pytest.raises(ValueError, match=r"finite|shape"):
        replace(FORECAST, demand_kw=demand_kw)


def test_the_worst_quality_and_the_order_of_reasons_do_not_depend_on_who_tells_first():
    assert worst(reversed(QUALITIES)) == worst(QUALITIES) == "cold_start"
    assert worst([]) == "full"
    assert in_order([*reversed(QUALITY_REASONS), "no_model"]) == QUALITY_REASONS
    assert len(QUANTILES) == FORECAST.demand_kw.shape[1]
