"""Why a forecast is what it is: what each kind of knowledge adds to its median."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import numpy as np

from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.features.catalogue import CATALOGUE, NAMES, fill_features
from feature_store.features.clock import Clock
from feature_store.features.day_profile import DayProfile
from feature_store.features.lead_time import LeadTime
from feature_store.features.past_alike import PastAlike
from feature_store.features.present_level import PresentLevel
from feature_store.features.recent_range import RecentRange
from feature_store.features.same_time import SameTime
from feature_store.features.sight import Asked, sight
from feature_store.features.weather import Weather
from feature_store.time_grid import KilowattArray, utc_instant
from models.forecasting.explained_forecast import Explanation, Reason
from models.forecasting.lightgbm_quantiles import INPUTS
from models.forecasting.mixture import Mixture
from models.forecasting.scaled_rows import ScaledRows

_OF_FEATURE: Mapping[type, Reason] = {
    LeadTime: "calendar",
    Clock: "calendar",
    SameTime: "same_time_earlier",
    DayProfile: "weekday_profile",
    PresentLevel: "present_level",
    RecentRange: "present_level",
    PastAlike: "days_alike",
    Weather: "weather",
}
_OF_INPUT: Mapping[str, Reason] = {
    name: _OF_FEATURE[type(feature)] for feature in CATALOGUE for name in feature.names
} | dict.fromkeys(INPUTS[len(NAMES) :], "present_level")  # the ridge's, made mostly of it


def explain(
    mixture: Mixture, firm: Firm, history: LoadHistory, issue_time: datetime, steps: int
) -> Explanation:
    """Forecast, and tell what each reason adds to the median; errors as of the forecast."""
    forecast = mixture.predict(firm, history, issue_time, steps)
    instants = np.array([utc_instant(issue_time)])
    seen = sight([Asked(firm=firm, history=history, issue_times=instants, leads=np.arange(steps))])
    values = np.empty((1, steps, len(NAMES)), dtype=np.float32)
    fill_features(seen, values)
    rows = ScaledRows(values=values[0])
    by_input = mixture.boosters.median_parts(rows, [firm.firm_id] * steps)
    by_input_kw = by_input * rows.level_kw[:, None]
    parts_kw: dict[Reason, KilowattArray] = dict.fromkeys(_OF_FEATURE.values(), np.zeros(steps))
    for number, name in enumerate(INPUTS):
        parts_kw[_OF_INPUT[name]] = parts_kw[_OF_INPUT[name]] + by_input_kw[:, number]
    closure_kw = seen.profile_kw[0] - seen.profile_if_open_kw[0]
    closure_kw = np.where(np.isfinite(closure_kw), closure_kw, 0.0)
    parts_kw["weekday_profile"] = parts_kw["weekday_profile"] - closure_kw
    parts_kw["closure"] = closure_kw
    parts_kw["past_errors"] = forecast.median_kw - by_input_kw.sum(axis=1)
    return Explanation(forecast=forecast, parts_kw=parts_kw)
