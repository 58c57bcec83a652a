"""The bundle as MLflow loads it: a model from code, so that no pickle is written or read.

MLflow runs this file when the model is loaded; the product itself reads the bundle directly.
"""

from __future__ import annotations

from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
from mlflow.pyfunc import PythonModel, PythonModelContext

from feature_store.features.catalogue import NAMES
from models.forecasting.load_forecast import QUANTILES, quantile_key
from models.registry.bundle import read_bundle

NOBODY = ""
"""A firm that no model has seen."""


class BundleModel(PythonModel):  # type: ignore[misc]  # MLflow is untyped at our boundary
    """Rows of the feature catalogue in, one column a quantile in kW out."""

    def load_context(self, context: PythonModelContext) -> None:
        """Read the bundle that was logged with the model."""
        folder = Path(context.artifacts["bundle"])
        self.forecaster = read_bundle(folder, version="mlflow").forecaster

    def predict(
        self,
        context: PythonModelContext,
        model_input: pd.DataFrame,
        params: dict[str, object] | None = None,
    ) -> pd.DataFrame:
        """Forecast rows given as a frame with the catalogue's columns.

        Rows of features alone are answered by the boosters, with the ridge of all firms: what was
        learnt of one firm needs its readings.
        """
        del context, params
        values = model_input[list(NAMES)].to_numpy(dtype=np.float32)
        demand_kw = self.forecaster.boosters.predict_values(values, [NOBODY] * len(values))
        return pd.DataFrame(demand_kw, columns=[quantile_key(level) for level in QUANTILES])


mlflow.models.set_model(BundleModel())
