"""A registry whose champion is a bundle that a test wrote."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from mlflow import MlflowClient

from feature_store.features.catalogue import NAMES, catalogue_hash
from feature_store.settings import Settings
from models.forecasting.lightgbm_quantiles import FITTED_LEVELS
from models.forecasting.load_forecast import QUANTILES
from models.forecasting.trained_model import TrainedModel
from models.registry.bundle import Manifest, write_bundle
from models.registry.champion import BUNDLE_ARTIFACT, MODEL_NAME
from models.registry.local_registry import CHAMPION, REGISTRY
from tests.builders import MONDAY


def a_manifest(*, features_hash: str | None = None) -> Manifest:
    """What says that a bundle fits this code, unless it was made for other features."""
    return Manifest(
        quantiles=QUANTILES,
        fitted_levels=FITTED_LEVELS,
        features=NAMES,
        features_hash=features_hash or catalogue_hash(),
        as_of=MONDAY,
        snapshot_sha256="0" * 64,
        parameters={},
        code_version="0.0.1",
    )


def bundle_folder(settings: Settings) -> Path:
    """Where the champion's bundle lies."""
    return settings.home / "model" / "artifacts" / BUNDLE_ARTIFACT


def make_champion(settings: Settings, model: TrainedModel, made: Manifest | None = None) -> None:
    """Write a bundle, register it and let it serve."""
    write_bundle(bundle_folder(settings), model, made or a_manifest())
    point_champion_to(settings, settings.home / "model")


def point_champion_to(settings: Settings, folder: Path) -> None:
    """Register what lies in a folder, if anything does, as the version that serves."""
    settings.home.mkdir(parents=True, exist_ok=True)
    (settings.home / REGISTRY).write_bytes(_empty_registry())
    client = MlflowClient(settings.tracking_uri, settings.tracking_uri)
    client.create_registered_model(MODEL_NAME)
    version = client.create_model_version(MODEL_NAME, source=folder.as_uri()).version
    client.set_registered_model_alias(MODEL_NAME, CHAMPION, version)


@cache
def _empty_registry() -> bytes:
    """The file of a registry, made once for all tests of a process: its tables take seconds."""
    with TemporaryDirectory() as folder:
        settings = Settings(home=Path(folder))
        MlflowClient(settings.tracking_uri, settings.tracking_uri).search_registered_models()
        return (settings.home / REGISTRY).read_bytes()
