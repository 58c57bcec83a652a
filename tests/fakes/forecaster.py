"""Forecasters without a model: last week's load, spread evenly around it, and one that fails."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np

from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.errors import NotEnoughReadingsError
from feature_store.time_grid import TimeGrid, to_datetime
from models.forecasting.forecaster import predict_one
from models.forecasting.load_forecast import QUANTILES, LoadForecast

SPREAD = 0.4
"""Width of the whole distribution as a share of the load."""


@dataclass(frozen=True)
class LastWeekForecaster:
    """The load of the same interval a week before, times 1 - 0.2 to 1 + 0.2 by level."""

    version: str = "last-week/1"

    def predict_many(self, firm: Firm, history: LoadHistory, issue_times, steps: int):
        """Forecast from each issue time; a missing week before is too little history."""
        factors = 1 + SPREAD * (np.array(QUANTILES) - 0.5)
        forecasts = []
        for issue_time in issue_times:
            start = to_datetime(issue_time, firm.zone) - timedelta(weeks=1)
            week_before_kw = history.demand_on(TimeGrid(start, steps))
            if np.isnan(week_before_kw).any():
                raise NotEnoughReadingsError(
                    f"{firm.firm_id}: the week before is not all known; import it"
                )
            forecasts.append(week_before_kw[:, None] * factors)
        return np.stack(forecasts)

    def predict(
        self, firm: Firm, history: LoadHistory, issue_time: datetime, steps: int
    ) -> LoadForecast:
        """Forecast from one issue time."""
        return predict_one(self, firm, history, issue_time, steps)


@dataclass(frozen=True)
class CountingForecaster(LastWeekForecaster):
    """Remembers the issue times that it was asked for."""

    issued: list[datetime] = field(default_factory=list)

    def predict(
        self, firm: Firm, history: LoadHistory, issue_time: datetime, steps: int
    ) -> LoadForecast:
        """Forecast from one issue time."""
        self.issued.append(issue_time)
        return super().predict(firm, history, issue_time, steps)


@dataclass(frozen=True)
class FailingForecaster:
    """Answers every question with the same error."""

    error: Exception
    version: str = "failing/1"

    def predict_many(self, firm: Firm, history: LoadHistory, issue_times, steps: int):
        """Fail."""
        del firm, history, issue_times, steps
        raise self.error

    def predict(
        self, firm: Firm, history: LoadHistory, issue_time: datetime, steps: int
    ) -> LoadForecast:
        """Fail."""
        del firm, history, issue_time, steps
        raise self.error
