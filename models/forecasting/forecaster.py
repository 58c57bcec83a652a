"""What everything that forecasts a load must answer."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from models.forecasting.load_forecast import LoadForecast


class Forecaster(Protocol):
    """From what is known at an issue time to quantiles of the load after it."""

    @property
    def version(self) -> str:
        """Name and version, on every forecast it makes."""
        ...

    def predict(
        self, firm: Firm, history: LoadHistory, issue_time: datetime, steps: int
    ) -> LoadForecast:
        """Forecast the ``steps`` intervals from ``issue_time`` on.

        Readings in ``history`` that became known after ``issue_time`` are not looked at.
        ``issue_time`` is aware and on a quarter hour. Too little history for any forecast is a
        :class:`feature_store.errors.NotEnoughReadingsError`.
        """
        ...
