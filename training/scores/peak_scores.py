"""What the forecast of a day's largest load is worth: its distribution, and its time."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.time_grid import STEPS_PER_DAY, Instants, KilowattArray
from models.forecasting.next_day_maximum import NextDayPeaks
from training.metrics import LEVELS, PEAK_HIT_STEPS, pinball_kw

_BORDERS = np.concatenate([[0.0], (LEVELS[1:] + LEVELS[:-1]) / 2, [1.0]])
LEVEL_WIDTHS = np.diff(_BORDERS)
"""Share of all levels that each quantile stands for: those nearer to it than to any other."""


@runtime_checkable
class PeakForecaster(Protocol):
    """A forecaster that also answers itself how large a day's largest load is, and when."""

    def next_day_peaks(
        self, firm: Firm, history: LoadHistory, issue_times: Instants
    ) -> NextDayPeaks:
        """Forecast the largest load of the 24 hours after each issue time.

        Readings that became known after an issue time are not looked at for it.
        """
        ...


def path_peaks_kw(demand_kw: KilowattArray) -> KilowattArray:
    """Return the largest value on the first day of each quantile's path.

    Where each interval's quantile is right, this lies at or below that quantile of the peak: to
    stay under it all day is less likely than to stay under it in one interval.

    Args:
        demand_kw: Shape (issue times, steps, len(QUANTILES)).

    Returns:
        Shape (issue times, len(QUANTILES)).
    """
    return demand_kw[:, :STEPS_PER_DAY].max(axis=1)


def peak_crps(actual_kw: KilowattArray, peaks_kw: KilowattArray) -> float:
    """Continuous ranked probability score of the day's peak, over the mean measured peak.

    It is twice the pinball loss integrated over all levels, here summed over the quantiles with
    the share of levels that each stands for. Source: Laio and Tamea (2007),
    doi:10.5194/hess-11-1267-2007. Days that were not wholly measured do not count; NaN of none.

    Args:
        actual_kw: Shape (issue times, steps); NaN where nothing was measured.
        peaks_kw: Quantiles of the peak, shape (issue times, len(QUANTILES)).
    """
    first_day_kw = actual_kw[:, :STEPS_PER_DAY]
    whole = np.isfinite(first_day_kw).all(axis=1)
    if not whole.any():
        return float("nan")
    measured_kw = first_day_kw[whole].max(axis=1)
    crps_kw = 2 * (pinball_kw(measured_kw, peaks_kw[whole]) * LEVEL_WIDTHS).sum(axis=1)
    return float(crps_kw.mean() / measured_kw.mean())


def peak_time_hit(actual_kw: KilowattArray, likeliest_step: npt.NDArray[np.int64]) -> float:
    """Share of days whose largest load came within half an hour of the step told for it.

    Days that were not wholly measured do not count; NaN of none.

    Args:
        actual_kw: Shape (issue times, steps); NaN where nothing was measured.
        likeliest_step: Shape (issue times,).
    """
    first_day_kw = actual_kw[:, :STEPS_PER_DAY]
    whole = np.isfinite(first_day_kw).all(axis=1)
    if not whole.any():
        return float("nan")
    apart = np.abs(first_day_kw[whole].argmax(axis=1) - likeliest_step[whole])
    return float((apart <= PEAK_HIT_STEPS).mean())
