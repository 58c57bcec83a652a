"""The load of many firms together: their paths, put side by side as past days were."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from feature_store.time_grid import KilowattArray
from feature_store.weighted_quantiles import weighted_quantiles
from models.forecasting.load_forecast import QUANTILES

LEAST_DATES = 30
"""Past dates that all firms have in common: fewer cannot tell chance from dependence."""


def aligned_paths_kw(
    paths_kw: KilowattArray, deviation: npt.NDArray[np.float64], *, seed: int
) -> KilowattArray:
    """Put the paths of many firms side by side so that firms are high together as they were.

    Each past date ranks the firms' days: how far the day's mean lay above what its kind usually
    has. The paths of each firm, in the order of their means, take the places of its dates in the
    order of their deviations (the Schaake shuffle, Clark et al. 2004,
    doi:10.1175/1525-7541(2004)005<0243:TSSAMF>2.0.CO;2, with a whole path as the unit). Paths are
    moved, never changed: every mean over paths stays what it was, for each firm and for each sum.

    Args:
        paths_kw: Equally likely paths, shape (firms, paths, steps).
        deviation: Of past dates common to all firms, newest first, shape (firms, dates). The
            newest as many as there are paths are used, again and again where they are fewer. With
            fewer than ``LEAST_DATES`` the firms are taken not to depend on each other.
        seed: Decides the order of equal ranks.

    Returns:
        Shape (firms, paths, steps): the same number of a path goes together in all firms.
    """
    random = np.random.default_rng(seed)
    firms, paths, _ = paths_kw.shape
    dates = deviation.shape[1]
    by_path = np.zeros((firms, paths))
    if dates >= LEAST_DATES:
        by_path = deviation[:, np.arange(paths) % min(dates, paths)]
    aligned_kw = np.empty_like(paths_kw)
    for firm in range(firms):
        shuffled = random.permutation(paths)
        place = shuffled[np.argsort(by_path[firm, shuffled], kind="stable")]
        rising = np.argsort(paths_kw[firm].mean(axis=1), kind="stable")
        aligned_kw[firm, place] = paths_kw[firm, rising]
    return aligned_kw


def total_quantiles_kw(aligned_kw: KilowattArray) -> KilowattArray:
    """Return the quantiles of the sum over firms.

    They are quantiles of sums, not sums of quantiles: firms are rarely all high at once.

    Args:
        aligned_kw: Shape (firms, paths, steps).

    Returns:
        Shape (steps, len(QUANTILES)).
    """
    sums_kw = aligned_kw.sum(axis=0)
    return weighted_quantiles(sums_kw.T, np.ones(len(sums_kw)), QUANTILES)
