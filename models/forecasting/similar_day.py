"""Quantiles of the last days of the same kind at the same clock step: a strong simple rule."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.features.load_table import DAY_KINDS
from feature_store.time_grid import Instants, KilowattArray
from feature_store.views import Seen, seen_at
from models.forecasting.empirical_quantiles import weighted_quantiles
from models.forecasting.forecaster import predict_one
from models.forecasting.load_forecast import QUANTILES, LoadForecast

DAYS = 12
"""Days of one kind in the sample: with the fading below the older ones weigh under 0.15."""
FADING = 0.85
"""Weight of a day against the next newer one of its kind."""
WEIGHTS = np.power(FADING, np.arange(DAYS, dtype=np.float64))


@dataclass(frozen=True)
class SimilarDay:
    """Weighted quantiles over the newest working days, Saturdays or rest days known."""

    version: str = "similar-day"

    def predict_many(
        self, firm: Firm, history: LoadHistory, issue_times: Instants, steps: int
    ) -> KilowattArray:
        """See :class:`models.forecasting.forecaster.ManyForecaster`."""
        demand_kw = np.full((len(issue_times) * steps, len(QUANTILES)), np.nan)
        for part in seen_at(firm, history, issue_times, np.arange(steps)):
            demand_kw[part.at] = weighted_quantiles(_sample_kw(part), WEIGHTS)
        return demand_kw.reshape(len(issue_times), steps, len(QUANTILES))

    def predict(
        self, firm: Firm, history: LoadHistory, issue_time: datetime, steps: int
    ) -> LoadForecast:
        """See :class:`models.forecasting.forecaster.Forecaster`."""
        return predict_one(self, firm, history, issue_time, steps)


def _sample_kw(part: Seen) -> KilowattArray:
    """Load on the newest ``DAYS`` known days of each row's kind, newest first, (rows, DAYS)."""
    table, rows = part.table, part.rows
    kind_of_row = table.kind_of_day[table.day[rows.target]]
    newest, step = table.newest_day_knowing(rows), table.step_of_day[rows.target]
    sample_kw = np.full((len(rows.lead), DAYS), np.nan)
    for kind in DAY_KINDS:
        at = np.flatnonzero(kind_of_row == kind)
        days = np.flatnonzero(table.kind_of_day == kind)
        back = np.searchsorted(days, newest[at])[:, None] - 1 - np.arange(DAYS)
        if days.size:
            chosen = days[np.maximum(back, 0)]
            sample_kw[at] = np.where(back >= 0, table.by_day_kw[chosen, step[at][:, None]], np.nan)
    return sample_kw
