"""Training runs in MLflow: parameters, figures, pictures, the data's hash and the model."""

from __future__ import annotations

import importlib.metadata
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import mlflow
from matplotlib.figure import Figure
from mlflow import MlflowClient
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, DataType, Schema

from feature_store.features.catalogue import NAMES
from feature_store.settings import Settings
from models.forecasting.load_forecast import QUANTILES, quantile_key
from models.registry import bundle_pyfunc_path
from models.registry.champion import BUNDLE_ARTIFACT

EXPERIMENT = "load-forecaster"
LIBRARIES = ("lightgbm", "numpy", "polars", "pandas", "pydantic", "holidays", "mlflow")
"""What loading the logged model needs beside this package; given, because inferring takes long."""


@contextmanager
def tracked_run(settings: Settings, *, run_name: str) -> Iterator[str]:
    """Open a run in the product's experiment, made on first use; yields the run's id."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    settings.artifacts.mkdir(parents=True, exist_ok=True)
    mlflow.set_tracking_uri(settings.tracking_uri)
    client = MlflowClient()
    if client.get_experiment_by_name(EXPERIMENT) is None:
        client.create_experiment(EXPERIMENT, artifact_location=settings.artifacts.as_uri())
    mlflow.set_experiment(EXPERIMENT)
    with mlflow.start_run(run_name=run_name) as run:
        yield run.info.run_id


def log_figure(name: str, figure: Figure) -> None:
    """Keep a picture with the open run."""
    mlflow.log_figure(figure, f"plots/{name}.png")


def log_bundle(folder: Path) -> str:
    """Log the bundle in ``folder`` as a model from code with the open run; return its address."""
    requirements = [f"{name}=={importlib.metadata.version(name)}" for name in LIBRARIES]
    with warnings.catch_warnings():
        # the signature is written out here; an example would load the model once more
        warnings.filterwarnings("ignore", message=".*input example was not provided")
        logged = mlflow.pyfunc.log_model(
            name="model",
            python_model=str(bundle_pyfunc_path()),
            artifacts={BUNDLE_ARTIFACT: str(folder)},
            signature=ModelSignature(
                inputs=Schema([ColSpec(DataType.float, name) for name in NAMES]),
                outputs=Schema(
                    [ColSpec(DataType.double, quantile_key(level)) for level in QUANTILES]
                ),
            ),
            pip_requirements=requirements,
        )
    return str(logged.model_uri)
