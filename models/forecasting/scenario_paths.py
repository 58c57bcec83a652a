"""Paths that the load may take: the course of past days alike, at the forecast's levels."""

from __future__ import annotations

import hashlib
from datetime import datetime

import numpy as np
import numpy.typing as npt

from feature_store.time_grid import KilowattArray, utc_instant
from models.forecasting.analogue_loads import AnalogueLoads
from models.forecasting.drawn_days import NO_COLUMN, drawn_columns
from models.forecasting.normal_score import Scores, even_scores, normal_score
from models.forecasting.quantile_curve import demand_of_score_kw

SHIFT = 0.31
"""Standard deviation of one shift of a whole path, in normal scores: two paths of the same past
day part, and levels between the ranks of few days are reached. From 0 to 0.5 the energy score on
the sample differs by half a percent; above, maxima of paths get worse."""
STEP_CORRELATION = 0.97
"""Of the normal scores of neighbouring steps where no past day is alike. On the sample 0.95 and
0.97 score alike, 0.9 and 0.985 worse."""
_GOLDEN = (5**0.5 - 1) / 2
"""Multiples of it, modulo 1, fill every run of draws evenly: draws of one day get spread shifts."""


def path_seed(firm_id: str, issue_time: datetime) -> int:
    """Return what makes the paths of one forecast the same each time they are drawn."""
    written = f"{firm_id} {utc_instant(issue_time, what='issue time')}"
    return int.from_bytes(hashlib.sha256(written.encode()).digest()[:8], "big")


def scenario_paths_kw(
    quantiles_kw: KilowattArray, analogues: AnalogueLoads | None, *, paths: int, seed: int
) -> KilowattArray:
    """Draw paths whose values at each step are spread as the forecast says.

    Past days are drawn by weight (see :func:`models.forecasting.drawn_days.drawn_columns`). At each
    step the rank of the day's load among all of them orders the paths, and the path of rank i of n
    is at the forecast's level (i + 1/2) / n: the days tell how the steps hang together, the
    forecast how much is drawn (ensemble copula coupling, Schefzik et al. 2013,
    doi:10.1214/13-STS443). Where no days are alike, a path's normal score keeps
    ``STEP_CORRELATION`` of the step before.

    Args:
        quantiles_kw: The forecast, shape (steps, len(QUANTILES)).
        analogues: Past days alike; None if there are none.
        paths: How many.
        seed: See :func:`path_seed`; the same arguments give the same paths.

    Returns:
        Shape (paths, steps); equally likely.
    """
    random = np.random.default_rng(seed)
    steps = len(quantiles_kw)
    score = np.full((steps, paths), np.nan)
    if analogues is not None:
        score = _scores_of_days(analogues, paths, random)
    score = _continued(score, random)
    level = np.empty_like(score)
    order = np.argsort(score, axis=1, kind="stable")
    np.put_along_axis(level, order, np.broadcast_to(even_scores(paths), score.shape), axis=1)
    return demand_of_score_kw(quantiles_kw, level).T


def _scores_of_days(analogues: AnalogueLoads, paths: int, random: np.random.Generator) -> Scores:
    """Normal scores of drawn days, shape (steps, paths); NaN where there are no members."""
    columns = drawn_columns(analogues, paths, random)
    shift = normal_score((np.arange(paths, dtype=np.float64) * _GOLDEN + random.random()) % 1.0)
    score = np.full((analogues.steps, paths), np.nan)
    for part, drawn in zip(analogues.parts, columns, strict=True):
        if drawn[0] != NO_COLUMN:
            of_member = _member_scores(
                analogues.demand_kw[part], analogues.known_weight[part], random
            )
            score[part] = np.sqrt(1 - SHIFT**2) * of_member[:, drawn] + SHIFT * shift
    return score


def _member_scores(
    demand_kw: KilowattArray, weight: npt.NDArray[np.float64], random: np.random.Generator
) -> Scores:
    """Normal score of each member's weighted rank among all at each step, shape (steps, members).

    Equal loads are ranked in one random order of the members, so that they keep their spread.
    Where a member was not measured, its score runs straight from the step before to the one after.
    """
    shuffled = random.permutation(demand_kw.shape[1])
    known_weight = weight[:, shuffled]
    loads_kw = np.where(known_weight > 0, demand_kw[:, shuffled], np.inf)
    order = np.argsort(loads_kw, axis=1, kind="stable")
    ordered = np.take_along_axis(known_weight, order, axis=1)
    total = ordered.sum(axis=1, keepdims=True)
    level = (np.cumsum(ordered, axis=1) - ordered / 2) / np.where(total > 0, total, np.nan)
    score = np.empty_like(level)
    np.put_along_axis(score, order, normal_score(level), axis=1)
    steps = np.arange(len(score))
    for member in range(score.shape[1]):
        known = (known_weight[:, member] > 0) & (total[:, 0] > 0)
        if known.any() and not known.all():
            score[:, member] = np.interp(steps, steps[known], score[known, member])
    unshuffled = np.empty_like(score)
    unshuffled[:, shuffled] = score
    return unshuffled


def _continued(score: Scores, random: np.random.Generator) -> Scores:
    """Fill steps without scores from the step before them; (steps, paths), changed in place."""
    innovation = np.sqrt(1 - STEP_CORRELATION**2)
    for step in np.flatnonzero(np.isnan(score).any(axis=1)):
        fresh = random.standard_normal(score.shape[1])
        score[step] = STEP_CORRELATION * score[step - 1] + innovation * fresh if step else fresh
    return score
