"""The mean of the last days of the same kind: the point forecast that most firms know."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.time_grid import Instants, KilowattArray
from feature_store.views import feature_frame
from models.forecasting.load_forecast import QUANTILES


@dataclass(frozen=True)
class SameDayTypeMean:
    """One path, no spread: every quantile is the mean of the profile days."""

    version: str = "same-day-type-mean"

    def predict_many(
        self, firm: Firm, history: LoadHistory, issue_times: Instants, steps: int
    ) -> KilowattArray:
        """See :class:`models.forecasting.forecaster.ManyForecaster`."""
        frame = feature_frame(firm, history, issue_times, np.arange(steps))
        mean_kw = frame.column("profile_kw").reshape(len(issue_times), steps, 1)
        return np.repeat(mean_kw, len(QUANTILES), axis=2)
