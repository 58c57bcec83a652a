"""How much a month may lie above or below what the days before it tell.

Days of one month go up and down together: a new order, a new shift, a cold spell. The highest of
days that are drawn one by one from the past lies where the heaviest regime of the past had it, so
the past is asked how far such an expectation was off: how far on average, and how far by chance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from feature_store.features.load_table import WORKDAY, IntArray
from feature_store.time_grid import DAYS_PER_WEEK, KilowattArray
from models.dispatch.days_alike import HALF_LIFE_DAYS, REACH_DAYS
from models.dispatch.heavy_days import day_top_kw

MONTH_DAYS = 28
LEAST_DAYS_BEFORE = 60
"""Fewer days before a past month tell too little to have expected anything."""
LEAST_WORKDAYS_BEFORE, LEAST_WORKDAYS = 20, 5
UNKNOWN_SPREAD = 0.08
"""Where there is too little past to ask; between the steadiest and the least steady of the measured
firms (0.04 and 0.13)."""
USUAL_SPREAD = 0.06
"""What the spread of a firm with a short past is drawn to: the middle of the measured firms."""
USUAL_MONTHS = 1.0
"""Months that this counts for."""
ERROR_HALF_LIFE_DAYS = 60
"""An error so much older weighs half. This and the two above were chosen by how well the highest
day of a month was foretold, on twelve measured firms before the months that policies are judged
on (`python -m bench.run month_peak`)."""


@dataclass(frozen=True, kw_only=True)
class LevelError:
    """How far past months lay off what was expected, in logs."""

    mean: float
    spread: float
    """Around it, a standard deviation."""


@dataclass(frozen=True, kw_only=True)
class MonthLevel:
    """A month whose loads all lie by one factor above what past days tell."""

    factor: float
    probability: float


def month_levels(error: LevelError) -> tuple[MonthLevel, ...]:
    """Return three levels as far off, and as far apart: lower, as expected, higher."""
    step = np.sqrt(2.0) * error.spread
    return (
        MonthLevel(factor=float(np.exp(error.mean - step)), probability=0.25),
        MonthLevel(factor=float(np.exp(error.mean)), probability=0.5),
        MonthLevel(factor=float(np.exp(error.mean + step)), probability=0.25),
    )


def level_error(by_day_kw: KilowattArray, kind: IntArray) -> LevelError:
    """Return how far off what was to be expected the heaviest days of past months lay.

    Every week of the last months the heaviest working day of the four weeks that followed is
    compared with the median of the heaviest of as many days, drawn from those before as
    :mod:`models.dispatch.days_alike` weighs them. Four such weeks count as one month, for they
    overlap, and older ones for less; a short past is drawn to no error on average and to the usual
    spread.

    Args:
        by_day_kw: Known days, the newest last, shape (days, steps).
        kind: Of each day.
    """
    top_kw = day_top_kw(by_day_kw)
    working = (kind == WORKDAY) & (top_kw > 0)
    days = len(by_day_kw)
    first = max(days - REACH_DAYS, LEAST_DAYS_BEFORE)
    found = [
        (error, 0.5 ** ((days - day) / ERROR_HALF_LIFE_DAYS))
        for day in range(days - DAYS_PER_WEEK, first - 1, -DAYS_PER_WEEK)
        if (error := _log_error(top_kw, working, day)) is not None
    ]
    if not found:
        return LevelError(mean=0.0, spread=UNKNOWN_SPREAD)
    error, weight = np.array(found).T
    months = float(weight.sum()) * DAYS_PER_WEEK / MONTH_DAYS
    mean = float(np.average(error, weights=weight)) * months / (months + USUAL_MONTHS)
    square = float(np.average((error - mean) ** 2, weights=weight))
    square = (square * months + USUAL_SPREAD**2 * USUAL_MONTHS) / (months + USUAL_MONTHS)
    return LevelError(mean=mean, spread=float(np.sqrt(square)))


def _log_error(top_kw: KilowattArray, working: npt.NDArray[np.bool_], day: int) -> float | None:
    first = max(day - REACH_DAYS, 0)
    before = np.flatnonzero(working[first:day]) + first
    after_kw = top_kw[day : day + MONTH_DAYS][working[day : day + MONTH_DAYS]]
    if len(before) < LEAST_WORKDAYS_BEFORE or len(after_kw) < LEAST_WORKDAYS:
        return None
    weight = 0.5 ** ((day - before) / HALF_LIFE_DAYS)
    order = np.argsort(top_kw[before])
    share_below = np.cumsum(weight[order]) / weight.sum()
    middle = int(np.searchsorted(share_below ** len(after_kw), 0.5))
    return float(np.log(after_kw.max() / top_kw[before][order][middle]))
