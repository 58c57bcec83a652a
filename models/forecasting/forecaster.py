"""What everything that forecasts a load must answer."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

import numpy as np

from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.time_grid import Instants, KilowattArray, TimeGrid, utc_instant
from models.forecasting.load_forecast import LoadForecast


class ManyForecaster(Protocol):
    """From what was known at each of many issue times to quantiles of the load after it."""

    @property
    def version(self) -> str:
        """Name and version, on every forecast it makes."""
        ...

    def predict_many(
        self, firm: Firm, history: LoadHistory, issue_times: Instants, steps: int
    ) -> KilowattArray:
        """Forecast the ``steps`` intervals from each issue time on.

        Readings that became known after an issue time are not looked at for it. Quantiles never
        cross. Too little history is a :class:`feature_store.errors.NotEnoughReadingsError`.

        Returns:
            Demand, shape (issue times, steps, quantiles), quantiles in the order of ``QUANTILES``.
        """
        ...


class Forecaster(ManyForecaster, Protocol):
    """One that also answers a single issue time, as serving asks."""

    def predict(
        self, firm: Firm, history: LoadHistory, issue_time: datetime, steps: int
    ) -> LoadForecast:
        """Forecast from one issue time, which is aware and on a quarter hour."""
        ...


def predict_one(
    forecaster: ManyForecaster, firm: Firm, history: LoadHistory, issue_time: datetime, steps: int
) -> LoadForecast:
    """Answer one issue time with what answers many."""
    instants = np.array([utc_instant(issue_time, what="issue time")])
    local_issue_time = issue_time.astimezone(firm.zone)
    return LoadForecast(
        firm_id=firm.firm_id,
        issue_time=local_issue_time,
        grid=TimeGrid(local_issue_time, steps),
        demand_kw=forecaster.predict_many(firm, history, instants, steps)[0],
        model_version=forecaster.version,
    )
