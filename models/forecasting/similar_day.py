"""Quantiles of the last days of the same kind at the same clock step: a strong simple rule."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.features.sight import PROFILE_WEIGHTS, Asked
from feature_store.time_grid import Instants, KilowattArray
from feature_store.views import sights
from feature_store.weighted_quantiles import weighted_quantiles
from models.forecasting.forecaster import predict_one
from models.forecasting.load_forecast import QUANTILES, LoadForecast


@dataclass(frozen=True)
class SimilarDay:
    """Weighted quantiles over the newest working days, Saturdays or rest days known."""

    version: str = "similar-day"

    def predict_many(
        self, firm: Firm, history: LoadHistory, issue_times: Instants, steps: int
    ) -> KilowattArray:
        """See :class:`models.forecasting.forecaster.ManyForecaster`."""
        asked = Asked(firm=firm, history=history, issue_times=issue_times, leads=np.arange(steps))
        parts = [
            weighted_quantiles(seen.of_kind_kw, PROFILE_WEIGHTS, QUANTILES)
            for _, seen in sights([asked])
        ]
        return np.concatenate(parts)

    def predict(
        self, firm: Firm, history: LoadHistory, issue_time: datetime, steps: int
    ) -> LoadForecast:
        """See :class:`models.forecasting.forecaster.Forecaster`."""
        return predict_one(self, firm, history, issue_time, steps)
