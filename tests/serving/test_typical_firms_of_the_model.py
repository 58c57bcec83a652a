"""What a model learnt of typical firms serves firms without readings, wherever it is taken."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from feature_store.entities.firm import Contract
from feature_store.settings import Settings
from feature_store.time_grid import STEPS_PER_DAY, STEPS_PER_HOUR
from models.forecasting import typical_firm
from models.forecasting.ladder import TYPICAL_FIRM
from models.forecasting.load_forecast import LoadForecast
from models.forecasting.trained_model import TrainedModel
from models.forecasting.typical_firm import TypicalFirms
from serving.bootstrap import build
from tests.builders import MONDAY, a_batch_of, a_firm, a_history
from tests.fakes.fitted_model import VERSION, a_fitted_model
from tests.fakes.made_load import a_made_load
from tests.serving.registered_model import make_champion

NEW = "new_works"
NOW = MONDAY + timedelta(days=91)
"""A Monday midnight."""
DAY_KW = slice(9 * STEPS_PER_HOUR, 11 * STEPS_PER_HOUR)
NIGHT_KW = slice(1 * STEPS_PER_HOUR, 3 * STEPS_PER_HOUR)


def works_by_day(number: int) -> typical_firm.TypicalFirms:
    """Firms that were trained on: about 250 kW by day and 50 by night, contracts of 500 kW."""
    names = [f"trained_{place}" for place in range(number)]
    return typical_firm.fit(
        [a_firm(name, holiday_country=None, contract=Contract(power_kw=500)) for name in names],
        {name: a_made_load(56, firm_id=name, seed=at) for at, name in enumerate(names)},
    )


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, replay_time=NOW)


def forecast_of_the_new(settings: Settings, *, workers_by_night: int = 0) -> LoadForecast:
    """Start the service as it starts itself; declare a firm of 1,000 kW without any reading.

    The ledger may know others, that work by night.
    """
    application = build(settings)
    ledger = application.ledger
    ledger.declare(
        a_firm(NEW, holiday_country=None, contract=Contract(power_kw=1000)), known_at=MONDAY
    )
    for number in range(workers_by_night):
        name = f"night_{number}"
        day_kw = a_made_load(84, firm_id=name, seed=number).demand_kw
        history = a_history(np.roll(day_kw, STEPS_PER_DAY // 2).tolist(), firm_id=name)
        ledger.declare(
            a_firm(name, holiday_country=None, contract=Contract(power_kw=500)), known_at=MONDAY
        )
        ledger.append(a_batch_of(history), recorded_at=history.end)
    made = application.planner.forecast(NEW)
    application.close()
    return made


def day_over_night(made: LoadForecast) -> float:
    return float(made.median_kw[DAY_KW].mean() / made.median_kw[NIGHT_KW].mean())


def test_a_new_installation_with_a_model_and_no_reading_forecasts_its_first_firm(settings):
    """Twice the contract of those that were trained on: twice their load."""
    make_champion(settings, TrainedModel(forecaster=a_fitted_model(), typical=works_by_day(3)))
    made = forecast_of_the_new(settings)
    assert (made.quality, made.reasons) == ("cold_start", ("no_history",))
    assert made.model_version == TYPICAL_FIRM
    assert 400 < made.median_kw[DAY_KW].mean() < 600
    assert 80 < made.median_kw[NIGHT_KW].mean() < 120
    assert (made.demand_kw >= 0).all()


def test_without_a_model_the_same_firm_gets_a_wide_band_that_is_alike_all_day(settings):
    """So the test above can fail."""
    made = forecast_of_the_new(settings)
    assert (made.quality, made.reasons) == ("cold_start", ("no_model", "no_history"))
    assert day_over_night(made) == pytest.approx(1.0)


def test_the_models_typical_firms_go_before_those_of_the_ledger(settings):
    make_champion(settings, TrainedModel(forecaster=a_fitted_model(), typical=works_by_day(3)))
    assert day_over_night(forecast_of_the_new(settings, workers_by_night=2)) > 3


@pytest.mark.parametrize("model", [True, False], ids=["a model that knows none", "no model"])
def test_the_ledgers_typical_firms_serve_where_no_model_brings_any(settings, model):
    if model:
        make_champion(settings, TrainedModel(forecaster=a_fitted_model(), typical=TypicalFirms()))
    assert day_over_night(forecast_of_the_new(settings, workers_by_night=2)) < 1 / 3


def test_the_champion_that_serves_is_the_one_that_was_registered(settings):
    make_champion(settings, TrainedModel(forecaster=a_fitted_model(), typical=works_by_day(1)))
    application = build(settings)
    assert application.planner.without_model is None
    assert application.planner.forecaster.version == VERSION
    application.close()
