"""The service starts whatever the registry holds, says what is wrong with it, and forecasts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from feature_store.settings import Settings
from models.forecasting.ladder import ALIKE_DAYS
from models.forecasting.trained_model import TrainedModel
from models.forecasting.typical_firm import TypicalFirms
from serving.bootstrap import Application, build, connect, create_app
from tests.builders import MONDAY, a_batch_of, a_firm
from tests.fakes.fitted_model import a_fitted_model
from tests.fakes.made_load import a_made_load
from tests.serving.app_client import AppClient
from tests.serving.registered_model import (
    a_manifest,
    bundle_folder,
    make_champion,
    point_champion_to,
)

DAYS = 30
HISTORY = a_made_load(DAYS)
FIRM = HISTORY.firm_id
MODEL = TrainedModel(forecaster=a_fitted_model(), typical=TypicalFirms())


@pytest.fixture
def start() -> Iterator[Callable[[Settings], Application]]:
    """Build the service as it builds itself, with a firm and a month of readings."""
    started: list[Application] = []

    def of(settings: Settings) -> Application:
        started.append(build(settings))
        ledger = started[-1].ledger
        ledger.declare(a_firm(FIRM), known_at=MONDAY)
        ledger.append(a_batch_of(HISTORY), recorded_at=HISTORY.end)
        return started[-1]

    yield of
    for application in started:
        application.close()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, replay_time=HISTORY.end)


def pages_of(application: Application) -> AppClient:
    app = create_app()
    connect(app, application)
    return AppClient(app)


def is_forecast_for(application: Application, reason: str) -> None:
    """The service is ready, forecasts without a model, and says so on its pages."""
    assert application.readiness.is_ready()
    forecast = application.planner.forecast(FIRM)
    assert (forecast.quality, forecast.reasons[0]) == ("fallback", reason)
    assert (forecast.model_version, application.planner.without_model) == (ALIKE_DAYS, reason)


def test_without_a_champion_it_starts_and_says_what_to_run(settings, start, caplog):
    application = start(settings)
    is_forecast_for(application, "no_model")
    assert "run 'sandan train'" in caplog.text
    client = pages_of(application)
    assert "아직 학습한 모델이 없어 모델 없이 예측합니다." in client.get("/?lang=ko").text
    page = client.get(f"/firms/{FIRM}?lang=en").text
    assert "Forecast without a model" in page
    assert "past days of the same kind stand in" in page


def test_a_champion_for_other_features_does_not_keep_it_from_starting(settings, start, caplog):
    make_champion(settings, MODEL, a_manifest(features_hash="another"))
    application = start(settings)
    is_forecast_for(application, "model_of_other_features")
    assert "train again with 'sandan train'" in caplog.text
    assert (
        "The trained model does not fit this version" in pages_of(application).get("/?lang=en").text
    )


@pytest.mark.parametrize("name", ["manifest.json", "ridge.json", "typical_firms.json"])
def test_a_champion_that_lost_a_file_does_not_either_and_the_log_names_it(
    settings, start, caplog, name
):
    make_champion(settings, MODEL)
    (bundle_folder(settings) / name).unlink()
    application = start(settings)
    is_forecast_for(application, "model_failed")
    assert f"{name} cannot be read" in caplog.text
    assert "restore it or train again with 'sandan train'" in caplog.text
    assert "Traceback" not in caplog.text
    assert "모델을 불러오지 못해" in pages_of(application).get("/?lang=ko").text


def test_a_registry_that_answers_what_nobody_foresaw_does_not_either(settings, start, caplog):
    point_champion_to(settings, settings.home / "nowhere")
    application = start(settings)
    is_forecast_for(application, "model_failed")
    assert "the model cannot be loaded" in caplog.text
    assert "Traceback" in caplog.text


def test_before_any_firm_is_declared_it_is_ready_and_the_pages_say_what_to_do(settings):
    application = build(settings)
    assert application.readiness.is_ready()
    assert "sandan firms declare FILE.yaml" in pages_of(application).get("/").text
    application.close()
