"""The service starts whatever the registry holds, says what is wrong with it, and forecasts."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from mlflow import MlflowClient

from feature_store.features.catalogue import NAMES, catalogue_hash
from feature_store.settings import Settings
from models.forecasting.ladder import ALIKE_DAYS
from models.forecasting.lightgbm_quantiles import FITTED_LEVELS
from models.forecasting.load_forecast import QUANTILES
from models.registry.bundle import MANIFEST, Manifest
from models.registry.champion import BUNDLE_ARTIFACT, CHAMPION, MODEL_NAME
from serving.bootstrap import Application, build, connect, create_app
from tests.builders import MONDAY, a_batch_of, a_firm
from tests.fakes.made_load import a_made_load
from tests.serving.app_client import AppClient

DAYS = 30
HISTORY = a_made_load(DAYS)
FIRM = HISTORY.firm_id


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


def make_champion(settings: Settings, features_hash: str) -> None:
    """Register a bundle made for other features than this code computes."""
    folder = settings.home / "foreign"
    bundle = folder / "artifacts" / BUNDLE_ARTIFACT
    bundle.mkdir(parents=True)
    made = Manifest(
        quantiles=QUANTILES,
        fitted_levels=FITTED_LEVELS,
        features=NAMES,
        features_hash=features_hash,
        as_of=MONDAY,
        snapshot_sha256="0" * 64,
        parameters={},
        code_version="0.0.1",
    )
    (bundle / MANIFEST).write_text(json.dumps(made.model_dump(mode="json")), encoding="utf-8")
    client = MlflowClient(settings.tracking_uri, settings.tracking_uri)
    client.create_registered_model(MODEL_NAME)
    version = client.create_model_version(MODEL_NAME, source=folder.as_uri()).version
    client.set_registered_model_alias(MODEL_NAME, CHAMPION, version)


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
    make_champion(settings, features_hash="another")
    application = start(settings)
    is_forecast_for(application, "model_of_other_features")
    assert "train again with 'sandan train'" in caplog.text
    assert (
        "The trained model does not fit this version" in pages_of(application).get("/?lang=en").text
    )


def test_a_champion_whose_files_are_gone_does_not_either(settings, start, caplog):
    make_champion(settings, features_hash=catalogue_hash())
    application = start(settings)
    is_forecast_for(application, "model_failed")
    assert "the model cannot be loaded" in caplog.text
    assert "Traceback" in caplog.text
    assert "모델을 불러오지 못해" in pages_of(application).get("/?lang=ko").text


def test_before_any_firm_is_declared_it_is_ready_and_the_pages_say_what_to_do(settings):
    application = build(settings)
    assert application.readiness.is_ready()
    assert "sandan firms declare FILE.yaml" in pages_of(application).get("/").text
    application.close()
