"""Scores of paths, samples and quantiles of what was measured: the lower, the better.

All are proper, and fair: for members drawn independently their expectation does not depend on how
many there are (Ferro 2014, doi:10.1002/qj.2270). Members laid out evenly scatter less, and score a
little too well the fewer they are: compare those at equal numbers. What was not measured (NaN) is
left out.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from feature_store.time_grid import KilowattArray
from models.forecasting.load_forecast import QUANTILES
from training.metrics import pinball_kw

VARIOGRAM_ORDER = 0.5
"""Power of the differences; a small one is not ruled by the largest of them."""
_EDGES = np.concatenate([[0.0], (np.array(QUANTILES[1:]) + np.array(QUANTILES[:-1])) / 2, [1.0]])
"""Each quantile stands for the levels up to half way to its neighbours."""
LEVELS_STOOD_FOR = np.diff(_EDGES)


def energy_score_kw(actual_kw: KilowattArray, paths_kw: KilowattArray) -> float:
    """Return the fair energy score, over the root of the number of steps.

    mean |x_i - y| - sum_ij |x_i - x_j| / (2 n (n - 1)) with Euclidean distances between whole
    paths (Gneiting and Raftery 2007, doi:10.1198/016214506000001437, section 4.3). Divided by the
    root of the steps it is in kW whatever the horizon.

    Args:
        actual_kw: Shape (steps,).
        paths_kw: At least two, shape (paths, steps).
    """
    actual_kw, paths_kw = _measured(actual_kw, paths_kw)
    paths, steps = paths_kw.shape
    off = np.linalg.norm(paths_kw - actual_kw, axis=1).mean()
    square = (paths_kw**2).sum(axis=1)
    between = np.sqrt(np.maximum(square[:, None] + square - 2 * paths_kw @ paths_kw.T, 0.0))
    np.fill_diagonal(between, 0.0)
    return float((off - between.sum() / (2 * paths * (paths - 1))) / np.sqrt(steps))


def variogram_score_kw(
    actual_kw: KilowattArray, paths_kw: KilowattArray, lags: Sequence[int] = (1, 2, 4, 8, 16, 32)
) -> float:
    """Return the fair variogram score of order ``VARIOGRAM_ORDER``, averaged over pairs of steps.

    (|y_s - y_t|^p - mean_i |x_is - x_it|^p)^2, less the variance of |x_is - x_it|^p over n, the
    share of it that stems from the finite sample (Scheuerer and Hamill 2015,
    doi:10.1175/MWR-D-14-00269.1). Pairs lie ``lags`` steps apart, each lag weighing the same.

    Args:
        actual_kw: Shape (steps,).
        paths_kw: At least two, shape (paths, steps).
        lags: Below the number of steps.
    """
    return float(np.mean([_variogram_kw(actual_kw, paths_kw, lag) for lag in lags]))


def crps_of_sample_kw(actual_kw: KilowattArray, sample_kw: KilowattArray) -> KilowattArray:
    """Return the fair continuous ranked probability score of samples.

    mean |x_i - y| - sum_ij |x_i - x_j| / (2 n (n - 1)) (Gneiting and Raftery 2007,
    doi:10.1198/016214506000001437, equation 21).

    Args:
        actual_kw: Shape (...,).
        sample_kw: At least two members, shape (..., members).

    Returns:
        Shape (...,).
    """
    members = sample_kw.shape[-1]
    ordered_kw = np.sort(sample_kw, axis=-1)
    off = np.abs(ordered_kw - actual_kw[..., None]).mean(axis=-1)
    rank = 2 * np.arange(members) - members + 1  # sum_ij |x_i - x_j| is twice sum rank x
    return off - (rank * ordered_kw).sum(axis=-1) / (members * (members - 1))


def crps_of_quantiles_kw(actual_kw: KilowattArray, quantiles_kw: KilowattArray) -> KilowattArray:
    """Return the continuous ranked probability score as far as the quantiles tell it.

    Twice the integral of the pinball loss over all levels (Gneiting and Ranjan 2011,
    doi:10.1198/jbes.2010.08110), each quantile standing for the levels nearest to it.

    Args:
        actual_kw: Shape (...,).
        quantiles_kw: Shape (..., len(QUANTILES)).

    Returns:
        Shape (...,).
    """
    return 2 * pinball_kw(actual_kw, quantiles_kw) @ LEVELS_STOOD_FOR


def _measured(
    actual_kw: KilowattArray, paths_kw: KilowattArray
) -> tuple[KilowattArray, KilowattArray]:
    known = np.isfinite(actual_kw)
    return actual_kw[known], paths_kw[:, known]


def _variogram_kw(actual_kw: KilowattArray, paths_kw: KilowattArray, lag: int) -> float:
    actual = np.abs(actual_kw[lag:] - actual_kw[:-lag]) ** VARIOGRAM_ORDER
    drawn = np.abs(paths_kw[:, lag:] - paths_kw[:, :-lag]) ** VARIOGRAM_ORDER
    from_few = drawn.var(axis=0, ddof=1) / len(drawn)
    return float(np.nanmean((actual - drawn.mean(axis=0)) ** 2 - from_few))
