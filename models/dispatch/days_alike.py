"""Which past days tell what a day to come may draw, and how much each weighs."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from feature_store.features.load_table import HALF_DAY, WORKDAY, IntArray
from feature_store.time_grid import STEPS_PER_HOUR, KilowattArray

HALF_LIFE_DAYS = 45
"""A day so much older weighs half: firms change their shifts and their machines."""
REACH_DAYS = 180
"""Older days weigh less than a sixteenth and are left out."""
BORROWED_WEIGHT = 0.15
"""Weight of working days among those that half days are learnt from: a Saturday that goes on after
lunch looks like one of them."""
LEAST_DAYS = 5
"""Of fewer days of a kind no spread is learnt: of a shift those of its kind in any hours are taken,
and of too few of them all days."""
_SHIFTS_APART = 100
"""More than there are kinds of day."""
_LONGEST_GAP = STEPS_PER_HOUR
"""Intervals that may be missing in a day that is learnt from; they are filled by straight lines."""


def in_shift(kind: IntArray, shift: IntArray) -> IntArray:
    """Return kinds of day that tell declared shifts apart; those of usual hours stay as they are.

    Args:
        kind: Of ``DAY_KINDS``, shape (days,).
        shift: Number of the hours worked, 0 for the usual ones, shape (days,).
    """
    return kind + _SHIFTS_APART * shift


def days_alike(
    by_day_kw: KilowattArray, kind: IntArray, of_kind: int
) -> tuple[KilowattArray, npt.NDArray[np.float64]]:
    """Return whole past days like those of a kind, and their weights.

    Args:
        by_day_kw: Known days, the newest last, shape (days, steps); NaN where nothing is known.
        kind: Of each day, perhaps :func:`in_shift`.
        of_kind: The kind of the day to come.

    Returns:
        Loads, shape (alike, steps), and weights, shape (alike,). Both are empty if no whole day is
        known.
    """
    known_kw, kind = by_day_kw[-REACH_DAYS:], kind[-REACH_DAYS:]
    age_days = np.arange(len(known_kw))[::-1]
    weight = 0.5 ** (age_days / HALF_LIFE_DAYS)
    whole = np.isnan(known_kw).sum(axis=1) <= _LONGEST_GAP
    alike = kind == of_kind
    if of_kind == HALF_DAY:
        weight = np.where(kind == WORKDAY, BORROWED_WEIGHT, 1.0) * weight
        alike |= kind == WORKDAY
    if of_kind >= _SHIFTS_APART and (whole & alike).sum() < LEAST_DAYS:
        alike = kind % _SHIFTS_APART == of_kind % _SHIFTS_APART
    if (whole & alike).sum() < LEAST_DAYS:
        alike = np.ones(len(kind), dtype=bool)
    chosen = whole & alike
    return _filled(known_kw[chosen]), weight[chosen]


def _filled(days_kw: KilowattArray) -> KilowattArray:
    """Fill what is missing by straight lines along each day."""
    filled = days_kw.copy()
    step = np.arange(days_kw.shape[1])
    for day in np.flatnonzero(np.isnan(days_kw).any(axis=1)):
        known = np.isfinite(days_kw[day])
        filled[day] = np.interp(step, step[known], days_kw[day, known])
    return filled
