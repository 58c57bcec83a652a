"""Why the forecast is what it is, at its highest: the usual load, and as bars what changes it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import numpy as np

from feature_store.entities.firm import Firm
from feature_store.errors import SandanError
from feature_store.time_grid import STEPS_PER_DAY
from models.forecasting.explained_forecast import (
    REASONS,
    Explanation,
    NotExplainedError,
    Reason,
)
from models.forecasting.ladder import ALIKE_DAYS, TYPICAL_FIRM
from models.forecasting.load_forecast import LoadForecast
from serving.planner import Planner

USUAL: Reason = "weekday_profile"
BAR_WIDTH = 120
"""Units that the bars of all parts share, in the drawing's own measure."""
WHOLE_KW_FROM_KW = 100.0
"""Median from which on parts are told to the kW; of a smaller one tenths still matter."""
SAME_KW = 0.05
"""Difference that a forecast and its explanation may show: a stored one is rounded to the watt."""

Unexplained = Literal["without_model", "changed"]
"""The model did not make the forecast, or not the one that serves on the readings known now."""


@dataclass(frozen=True, kw_only=True)
class PartBar:
    """What a reason adds to the usual load; its bar goes from zero to the left where it lowers."""

    reason: Reason
    kw: float
    x: float
    width: float


@dataclass(frozen=True, kw_only=True)
class ForecastParts:
    """What the highest median of the forecast's first 24 hours is made of."""

    at: datetime
    median_kw: float
    usual_kw: float
    """What the weekday's profile says: no bar, beside it the others would not be seen."""
    bars: tuple[PartBar, ...]
    """The other parts that show in the figures, the largest first."""
    zero_x: float
    decimals: int


def forecast_parts(
    planner: Planner, firm: Firm, forecast: LoadForecast, *, readings_end: datetime | None
) -> ForecastParts | Unexplained:
    """Explain a forecast that is shown, or say why it is not explained.

    One from the newest reading on is asked for as it was made: with all that is known now. Of its
    steps no more are explained than lead to the highest.
    """
    steps = int(forecast.median_kw[:STEPS_PER_DAY].argmax()) + 1
    issue_time = None if forecast.issue_time == readings_end else forecast.issue_time
    try:
        told = planner.explanation(firm.firm_id, issue_time, steps)
    except NotExplainedError:
        serves = forecast.model_version == planner.forecaster.version
        return "without_model" if serves else _why_not(forecast)
    except SandanError:  # the firm was not declared yet then, or that time is ahead again
        return _why_not(forecast)
    return _parts(firm, told) if _same(told.forecast, forecast) else _why_not(forecast)


def _why_not(forecast: LoadForecast) -> Unexplained:
    by_no_model = forecast.model_version in (ALIKE_DAYS, TYPICAL_FIRM)
    return "without_model" if by_no_model else "changed"


def _same(told: LoadForecast, shown: LoadForecast) -> bool:
    apart_kw = np.abs(told.median_kw - shown.median_kw[: told.grid.steps])
    return told.model_version == shown.model_version and bool(apart_kw.max() <= SAME_KW)


def _parts(firm: Firm, told: Explanation) -> ForecastParts:
    """Draw the last step of an explanation."""
    median_kw = float(told.forecast.median_kw[-1])
    decimals = 0 if median_kw >= WHOLE_KW_FROM_KW else 1
    part_kw = {reason: float(told.parts_kw[reason][-1]) for reason in REASONS}
    usual_kw = part_kw.pop(USUAL)
    lowest, highest = min(0.0, *part_kw.values()), max(0.0, *part_kw.values())
    per_kw = BAR_WIDTH / max(highest - lowest, SAME_KW)
    shown = [reason for reason in part_kw if round(part_kw[reason], decimals) != 0]
    return ForecastParts(
        at=told.forecast.grid.at(told.forecast.grid.steps - 1).astimezone(firm.zone),
        median_kw=median_kw,
        usual_kw=usual_kw,
        bars=tuple(
            PartBar(
                reason=reason,
                kw=part_kw[reason],
                x=round((min(part_kw[reason], 0.0) - lowest) * per_kw, 1),
                width=round(abs(part_kw[reason]) * per_kw, 1),
            )
            for reason in sorted(shown, key=lambda reason: -abs(part_kw[reason]))
        ),
        zero_x=round(-lowest * per_kw, 1),
        decimals=decimals,
    )
