"""A forecast with a bell curve around a given course."""

from __future__ import annotations

from datetime import datetime

from feature_store.time_grid import KilowattArray, TimeGrid
from models.forecasting.load_forecast import LoadForecast
from tests.builders import MONDAY
from tests.models.forecasting.made_analogues import bell_kw


def a_forecast(
    middle_kw: KilowattArray,
    *,
    spread_kw: float = 10.0,
    firm_id: str = "kiln_works",
    issue_time: datetime = MONDAY,
) -> LoadForecast:
    """Quantiles of the steps from the issue time on."""
    return LoadForecast(
        firm_id=firm_id,
        issue_time=issue_time,
        grid=TimeGrid(issue_time, len(middle_kw)),
        demand_kw=bell_kw(middle_kw, spread_kw),
        model_version="bell/1",
    )
