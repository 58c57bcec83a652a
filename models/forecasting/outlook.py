"""All that a forecaster can say of what is to come: the forecast, and the past days it is like."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from models.forecasting.analogue_loads import AnalogueLoads
from models.forecasting.forecaster import Forecaster
from models.forecasting.load_forecast import LoadForecast


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """A forecast with the past days alike that stand behind it."""

    forecast: LoadForecast
    analogues: AnalogueLoads | None
    """On the forecast's grid; None where the forecaster looks for none."""

    def __post_init__(self) -> None:
        """Refuse analogues of another grid."""
        if self.analogues is not None and self.analogues.steps != self.forecast.grid.steps:
            raise ValueError(
                f"{self.forecast.firm_id}: analogues of {self.analogues.steps} steps stand beside "
                f"a forecast of {self.forecast.grid.steps}"
            )


@runtime_checkable
class OutlookForecaster(Protocol):
    """A forecaster that also tells which past days are like the coming ones."""

    def outlook(
        self, firm: Firm, history: LoadHistory, issue_time: datetime, steps: int
    ) -> Outlook:
        """Forecast as :meth:`models.forecasting.forecaster.Forecaster.predict`, with analogues."""
        ...


def outlook_of(
    forecaster: Forecaster, firm: Firm, history: LoadHistory, issue_time: datetime, steps: int
) -> Outlook:
    """Ask for an outlook; of a forecaster without analogues it is the forecast alone."""
    if isinstance(forecaster, OutlookForecaster):
        return forecaster.outlook(firm, history, issue_time, steps)
    forecast = forecaster.predict(firm, history, issue_time, steps)
    return Outlook(forecast=forecast, analogues=None)
