"""The served model: registered versions in MLflow and the alias ``champion`` among them."""

from __future__ import annotations

from pathlib import Path

import mlflow
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import RESOURCE_DOES_NOT_EXIST, ErrorCode

from feature_store.errors import NoModelError
from feature_store.settings import Settings
from models.forecasting.trained_model import TrainedModel
from models.registry.bundle import read_bundle
from models.registry.local_registry import CHAMPION, refuse_if_never_made

MODEL_NAME = "load-forecaster"
BUNDLE_ARTIFACT = "bundle"
"""Name of the bundle's folder, which MLflow keeps as it lays artefacts out."""


def load_champion(settings: Settings) -> TrainedModel:
    """Load the version that the alias points to; none is a :class:`NoModelError`."""
    refuse_if_never_made(settings)
    client = MlflowClient(settings.tracking_uri, settings.tracking_uri)
    try:
        version = client.get_model_version_by_alias(MODEL_NAME, CHAMPION)
    except MlflowException as error:
        if error.error_code != ErrorCode.Name(RESOURCE_DOES_NOT_EXIST):
            raise
        raise NoModelError(
            f"no model has the alias '{CHAMPION}' in {settings.tracking_uri}; run 'sandan train'"
        ) from error
    uri = client.get_model_version_download_uri(MODEL_NAME, version.version)
    folder = mlflow.artifacts.download_artifacts(
        artifact_uri=uri, tracking_uri=settings.tracking_uri
    )
    return read_bundle(
        Path(folder) / "artifacts" / BUNDLE_ARTIFACT, version=f"{MODEL_NAME}/{version.version}"
    )


def register_champion(
    settings: Settings, *, model_uri: str, run_id: str, tags: dict[str, str]
) -> str:
    """Register a logged model and move the alias to it; return e.g. ``load-forecaster/3``."""
    client = MlflowClient(settings.tracking_uri, settings.tracking_uri)
    if not client.search_registered_models(f"name='{MODEL_NAME}'"):
        client.create_registered_model(
            MODEL_NAME, description="15-minute load quantiles, 48 h ahead, global over firms"
        )
    version = client.create_model_version(MODEL_NAME, model_uri, run_id=run_id, tags=tags).version
    client.set_registered_model_alias(MODEL_NAME, CHAMPION, version)
    return f"{MODEL_NAME}/{version}"
