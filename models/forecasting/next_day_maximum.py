"""The largest demand of the 24 hours after many issue times, from the outlook of each."""

from __future__ import annotations

import numpy as np

from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.time_grid import STEPS_PER_DAY, Instants, KilowattArray, to_datetime
from models.forecasting.daily_maximum import maximum_quantiles_kw, sampled_maxima
from models.forecasting.outlook import OutlookForecaster
from models.forecasting.outlook_paths import outlook_paths_kw
from models.forecasting.scenario_paths import path_seed


def next_day_maximum_kw(
    forecaster: OutlookForecaster, firm: Firm, history: LoadHistory, issue_times: Instants
) -> KilowattArray:
    """Return its quantiles, shape (issue times, len(QUANTILES)).

    Each issue time sees of ``history`` what was known then.
    """
    whole_day = np.ones(STEPS_PER_DAY, dtype=np.bool_)
    told = []
    for instant in issue_times:
        moment = to_datetime(instant, firm.zone)
        outlook = forecaster.outlook(firm, history, moment, STEPS_PER_DAY)
        paths_kw = outlook_paths_kw(firm, history, outlook)
        seed = path_seed(firm.firm_id, moment)
        maxima = sampled_maxima(whole_day, outlook.analogues, paths_kw, seed=seed)
        told.append(maximum_quantiles_kw(maxima))
    return np.stack(told)
