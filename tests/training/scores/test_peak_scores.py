"""The score of a day's peak is a CRPS: by hand, against the normal's closed form, on whole days."""

from statistics import NormalDist

import numpy as np
import pytest

from feature_store.time_grid import STEPS_PER_DAY
from models.forecasting.load_forecast import QUANTILES
from training.scores.peak_scores import LEVEL_WIDTHS, path_peaks_kw, peak_crps, peak_time_hit


def days_with_peaks(peaks_kw):
    """Days that stand at 1 kW but for one interval each."""
    actual_kw = np.ones((len(peaks_kw), STEPS_PER_DAY))
    actual_kw[:, 40] = peaks_kw
    return actual_kw


def test_a_certain_forecast_scores_its_distance():
    actual_kw = days_with_peaks(np.array([100.0, 50.0]))
    peaks_kw = np.repeat([[90.0], [65.0]], len(QUANTILES), axis=1)
    assert peak_crps(actual_kw, peaks_kw) == pytest.approx((10 + 15) / (100 + 50))


def test_a_normal_forecast_scores_near_its_closed_form():
    """Gneiting and Raftery (2007), doi:10.1198/016214506000001437, equation 21."""
    measured_kw = np.random.default_rng(1).normal(100, 12, size=4000)
    plain, forecast = NormalDist(), NormalDist(100, 10)
    closed_kw = np.array(
        [
            10 * (z * (2 * plain.cdf(z) - 1) + 2 * plain.pdf(z) - 1 / np.sqrt(np.pi))
            for z in (measured_kw - 100) / 10
        ]
    )
    peaks_kw = np.tile([forecast.inv_cdf(one) for one in QUANTILES], (len(measured_kw), 1))
    assert peak_crps(days_with_peaks(measured_kw), peaks_kw) == pytest.approx(
        closed_kw.mean() / measured_kw.mean(), rel=0.03
    )


def test_every_level_is_stood_for_once():
    assert LEVEL_WIDTHS.sum() == pytest.approx(1.0)
    assert (LEVEL_WIDTHS > 0).all()


def test_a_path_peaks_where_it_is_highest_on_the_first_day():
    demand_kw = np.full((1, 2 * STEPS_PER_DAY, len(QUANTILES)), 5.0)
    demand_kw[0, 10] = np.arange(len(QUANTILES)) + 7.0
    demand_kw[0, STEPS_PER_DAY] = 99.0
    assert path_peaks_kw(demand_kw).tolist() == [(np.arange(len(QUANTILES)) + 7.0).tolist()]


def test_a_day_with_a_gap_does_not_count_and_without_a_whole_day_there_is_no_score():
    actual_kw = days_with_peaks(np.array([100.0, 50.0]))
    actual_kw[1, 3] = np.nan
    peaks_kw = np.full((2, len(QUANTILES)), 90.0)
    assert peak_crps(actual_kw, peaks_kw) == pytest.approx(0.1)
    actual_kw[0, 3] = np.nan
    assert np.isnan(peak_crps(actual_kw, peaks_kw))


def test_the_time_of_a_peak_is_hit_within_half_an_hour_on_whole_days():
    actual_kw = days_with_peaks(np.full(4, 100.0))
    assert peak_time_hit(actual_kw, np.array([38, 42, 37, 43])) == 0.5
    actual_kw[1, 3] = np.nan
    assert peak_time_hit(actual_kw, np.array([38, 42, 37, 43])) == pytest.approx(1 / 3)
    assert np.isnan(peak_time_hit(actual_kw * np.nan, np.array([38, 42, 37, 43])))
