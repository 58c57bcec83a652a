"""Probability levels on the scale on which quantiles of a bell curve lie evenly."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float64]
"""Normal scores: how many standard deviations a bell curve has its level from its middle."""

FARTHEST_SCORE = 4.0
"""One in 30,000 on each side: rarer levels are taken for it."""
_SCORES = np.linspace(-FARTHEST_SCORE, FARTHEST_SCORE, 1601)
_LEVELS = np.array([NormalDist().cdf(score) for score in _SCORES.tolist()])
"""Fine enough that a straight line between two of them errs below 1e-6 in level."""


def normal_score(level: Scores) -> Scores:
    """Return the normal scores of levels 0 to 1, any shape.

    Example:
        >>> normal_score(np.array([0.05, 0.5])).round(4)
        array([-1.6449,  0.    ])
    """
    return np.interp(level, _LEVELS, _SCORES)


def level_of_score(score: Scores) -> Scores:
    """Return the levels of normal scores, any shape: what :func:`normal_score` undoes."""
    return np.interp(score, _SCORES, _LEVELS)


def even_scores(count: int) -> Scores:
    """Return ``count`` ascending scores that part the distribution evenly, shape (count,)."""
    return normal_score((np.arange(count) + 0.5) / count)
