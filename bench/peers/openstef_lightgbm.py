"""OpenSTEF 4: its LightGBM workflow without weather, one for each range of lead times.

Settings, from OpenSTEF's documentation: the preset workflow (``ForecastingWorkflowConfig``,
``create_forecasting_workflow``) with its own lags of up to 14 days, calendar, holidays and
hyperparameters. A workflow uses only lags at least as old as its horizon, so a single one for 48
hours would ignore the last two days. The documentation's answer is separate workflows for several
horizons, and 1, 6, 24 and 48 hours are those of its example; each here answers the leads up to its
own that no shorter one does. ``cutoff_history`` leaves out the rows whose lags are not there yet,
as the preset's description asks. The index is in local time, since the calendar is read from it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd
from openstef_core.datasets import TimeSeriesDataset
from openstef_core.types import LeadTime, Q
from openstef_models.presets import ForecastingWorkflowConfig, create_forecasting_workflow
from openstef_models.presets.forecasting_workflow import LocationConfig
from openstef_models.workflows.custom_forecasting_workflow import CustomForecastingWorkflow

from bench.peers.task import INTERVAL, QUANTILES, KnownFirm, answer, following

HORIZONS = ("PT1H", "PT6H", "PT24H", "PT48H")
OLDEST_LAG = timedelta(days=14)
LEVELS = [Q(level) for level in QUANTILES]
LOAD = "load"
"""The name that the preset gives the column to forecast."""


class OpenStefWorkflows:
    """A fitted workflow for each horizon, the shortest first."""

    def __init__(self) -> None:
        self._workflows: dict[LeadTime, CustomForecastingWorkflow] = {}

    def fit(self, firms: Sequence[KnownFirm]) -> None:
        """Train every workflow on one firm."""
        (firm,) = firms
        data = _dataset(firm, firm.demand_kw)
        for horizon in map(LeadTime.from_string, HORIZONS):
            config = ForecastingWorkflowConfig(
                model_id=firm.firm_id,
                model="lgbm",
                horizons=[horizon],
                quantiles=LEVELS,
                location=LocationConfig(country_code=firm.country),
                predict_history=OLDEST_LAG,
                cutoff_history=OLDEST_LAG,
                mlflow_storage=None,  # stores models between runs; nothing is used again here
            )
            workflow = create_forecasting_workflow(config)
            workflow.fit(data)
            self._workflows[horizon] = workflow

    def predict(self, firm: KnownFirm, steps: int) -> npt.NDArray[np.float64]:
        """Take from each workflow the leads that no shorter one answers."""
        known = firm.demand_kw.loc[firm.end - OLDEST_LAG - steps * INTERVAL :]
        to_come = pd.Series(np.nan, index=following(firm, steps))
        data = _dataset(firm, pd.concat([known, to_come]))
        start = firm.end.tz_convert(firm.zone).to_pydatetime()
        demand_kw = np.full((steps, len(LEVELS)), np.nan)
        first = 0
        for horizon, workflow in self._workflows.items():
            last = min(horizon.value // INTERVAL.to_pytimedelta(), steps)
            forecast = workflow.predict(data, forecast_start=start).data
            columns = [level.format() for level in LEVELS]
            demand_kw[first:last] = forecast[columns].to_numpy()[first:last]
            first = last
        return demand_kw


def _dataset(firm: KnownFirm, demand_kw: pd.Series) -> TimeSeriesDataset:
    local = demand_kw.tz_convert(firm.zone).to_frame(LOAD)
    return TimeSeriesDataset(local, INTERVAL.to_pytimedelta())


if __name__ == "__main__":
    answer(OpenStefWorkflows, packages=("openstef-models", "lightgbm"))
