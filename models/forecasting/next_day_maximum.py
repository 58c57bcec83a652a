"""The largest demand of the 24 hours after many issue times, and when, from each one's outlook."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.time_grid import STEPS_PER_DAY, Instants, KilowattArray, to_datetime
from models.forecasting.daily_maximum import maximum_quantiles_kw, peak_time, sampled_maxima
from models.forecasting.outlook import OutlookForecaster
from models.forecasting.outlook_paths import outlook_paths_kw
from models.forecasting.scenario_paths import path_seed


@dataclass(frozen=True, kw_only=True)
class NextDayPeaks:
    """The largest load of the 24 hours after each of many issue times."""

    quantiles_kw: KilowattArray
    """In the order of ``QUANTILES``, shape (issue times, len(QUANTILES))."""
    likeliest_step: npt.NDArray[np.int64]
    """Step after the issue time that it most likely lies within half an hour of, shape (issue
    times,)."""

    def where(self, keep: npt.NDArray[np.bool_]) -> NextDayPeaks:
        """Only the issue times where ``keep`` is true."""
        return NextDayPeaks(
            quantiles_kw=self.quantiles_kw[keep], likeliest_step=self.likeliest_step[keep]
        )


def next_day_peaks(
    forecaster: OutlookForecaster, firm: Firm, history: LoadHistory, issue_times: Instants
) -> NextDayPeaks:
    """Return how large it will be, and when; each issue time sees what was known then."""
    whole_day = np.ones(STEPS_PER_DAY, dtype=np.bool_)
    quantiles_kw, step = [], []
    for instant in issue_times:
        moment = to_datetime(instant, firm.zone)
        outlook = forecaster.outlook(firm, history, moment, STEPS_PER_DAY)
        paths_kw = outlook_paths_kw(firm, history, outlook)
        seed = path_seed(firm.firm_id, moment)
        maxima = sampled_maxima(whole_day, outlook.analogues, paths_kw, seed=seed)
        quantiles_kw.append(maximum_quantiles_kw(maxima))
        step.append(peak_time(maxima, whole_day, outlook.forecast.median_kw).likeliest_step)
    return NextDayPeaks(quantiles_kw=np.stack(quantiles_kw), likeliest_step=np.array(step))
