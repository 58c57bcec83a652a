"""A linear guess of how far the load will lie off its profile, one a firm, leaning on all firms.

Ridge regression by ranges of lead time. A firm's coefficients are drawn towards those of the pool
by as much as its rows are few, so that a new firm is served by the pool's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from feature_store.time_grid import STEPS_PER_DAY, STEPS_PER_HOUR
from models.forecasting.scaled_rows import ScaledRows

FloatArray = npt.NDArray[np.float64]

LEAD_EDGES = np.array([0, 1, 4, 10, 24, 48, 96])
"""First lead of each range, in steps: what tells the next quarter hour does not tell tomorrow."""
TO_POOL_ROWS = 300.0
"""A firm with so many rows of a range leans on the pool as much as on itself."""
POOL_PENALTY = 0.02
"""Of the pool, relative to each regressor's own sum of squares."""
LARGEST = 2.0
"""Regressors are clipped to so many times the level: a spike tells no more than that."""
_DEVIATIONS = (
    "deviation_last_kw",
    "deviation_1h_kw",
    "deviation_4h_kw",
    "deviation_24h_kw",
    "deviation_newest_kw",
    "deviation_day_before_kw",
)
_OTHERS = (
    "profile_weekday_kw",
    "profile_last_kw",
    "profile_median_kw",
    "same_time_newest_kw",
    "same_time_last_week_kw",
)
"""Other guesses of the load, taken relative to the profile."""
_FADES_STEPS = {"deviation_1h_kw": 2 * STEPS_PER_HOUR, "deviation_last_kw": 0.75 * STEPS_PER_HOUR}
"""Deviations that also count as fading over the lead time, with the time over which they fade."""
_ALIKE_FADES_STEPS = 4 * STEPS_PER_HOUR
"""Likewise of days alike, which count in full, too."""
WEATHER_UNITS = {"temperature_off_profile_k": 10.0, "irradiance_off_profile_w_per_m2": 500.0}
"""Weather off the profile's, in units that make it about as large as the other regressors."""
_CONSTANT = 0.1
"""The constant regressor, about as large as the others, so that it is penalised like them."""
_TINY = 1e-6
"""Keeps the equations solvable where a regressor is zero in all rows."""
REGRESSORS = (
    *_DEVIATIONS,
    *_OTHERS,
    *_FADES_STEPS,
    "deviation_24h_kw",
    "profile_kw",
    "alike_off_profile_kw",
    "alike_off_profile_kw",
    *WEATHER_UNITS,
)
"""The feature that each regressor is made of; the constant stands for the profile."""


@dataclass(frozen=True, kw_only=True)
class Moments:
    """All that a ridge needs of one firm's rows, by range of lead time; moments add up."""

    squares: FloatArray
    """Shape (ranges, regressors, regressors)."""
    products: FloatArray
    """Regressors times target, shape (ranges, regressors)."""
    rows: FloatArray
    """Shape (ranges,)."""
    target_squares: FloatArray
    """Shape (ranges,)."""


@dataclass(frozen=True, kw_only=True)
class RidgeAnchor:
    """Coefficients of the pool and of each firm, shape (ranges, regressors)."""

    pool: FloatArray
    of_firm: Mapping[str, FloatArray]

    def off_profile(self, rows: ScaledRows, firm_id: Sequence[str]) -> FloatArray:
        """Expected distance from the profile as a share of the level.

        Args:
            rows: Of any firms.
            firm_id: Of each row; its own coefficients if it has some, else the pool's.
        """
        return self.parts(rows, firm_id).sum(axis=1)

    def parts(self, rows: ScaledRows, firm_id: Sequence[str]) -> FloatArray:
        """What each of ``REGRESSORS`` adds to that, shape (rows, len(REGRESSORS))."""
        number = {name: place for place, name in enumerate(dict.fromkeys(firm_id))}
        table = np.stack([self.of_firm.get(name, self.pool) for name in number])
        code = np.array([number[name] for name in firm_id])
        return regressors(rows) * table[code, lead_range(rows)]


def regressors(rows: ScaledRows) -> FloatArray:
    """What the ridge sums up, shape (rows, regressors); 0 where nothing is known."""
    lead = rows.column("lead_steps")
    alike = rows.column("alike_off_profile_kw")
    told = [
        *(rows.column(name) for name in _DEVIATIONS),
        *(rows.column(name) - rows.profile for name in _OTHERS),
        *(rows.column(name) * np.exp(-lead / steps) for name, steps in _FADES_STEPS.items()),
        rows.column("deviation_24h_kw") * rows.column("issue_step") / STEPS_PER_DAY,
        np.full(len(lead), _CONSTANT),
        alike,
        alike * np.exp(-lead / _ALIKE_FADES_STEPS),
        *(rows.column(name) / unit for name, unit in WEATHER_UNITS.items()),
    ]
    stacked = np.stack(told, axis=1)
    return np.where(np.isfinite(stacked), np.clip(stacked, -LARGEST, LARGEST), 0.0)


def lead_range(rows: ScaledRows) -> npt.NDArray[np.int64]:
    """Range of lead time that each row lies in."""
    return np.searchsorted(LEAD_EDGES, rows.column("lead_steps"), side="right") - 1


def moments(rows: ScaledRows, off_profile: FloatArray) -> Moments:
    """Sum up one firm's rows with the distances from the profile that were measured."""
    told, where = regressors(rows), lead_range(rows)
    parts = [where == number for number in range(len(LEAD_EDGES))]
    return Moments(
        squares=np.stack([told[part].T @ told[part] for part in parts]),
        products=np.stack([told[part].T @ off_profile[part] for part in parts]),
        rows=np.array([float(part.sum()) for part in parts]),
        target_squares=np.array([np.square(off_profile[part]).sum() for part in parts]),
    )


def fit_ridge(of_firm: Mapping[str, Moments]) -> RidgeAnchor:
    """Fit the pool, in which every row counts alike however wild its firm, and each firm."""
    pool = np.stack([_pooled(list(of_firm.values()), number) for number in range(len(LEAD_EDGES))])
    own = {
        name: np.stack([_own(one, pool[number], number) for number in range(len(LEAD_EDGES))])
        for name, one in of_firm.items()
    }
    return RidgeAnchor(pool=pool, of_firm=own)


def _pooled(firms: Sequence[Moments], number: int) -> FloatArray:
    say = [
        one.rows[number] / one.target_squares[number]
        if one.target_squares[number] > _TINY  # a load that never moves tells nothing of others
        else 0.0
        for one in firms
    ]
    squares = sum(
        (weight * one.squares[number] for weight, one in zip(say, firms, strict=True)),
        start=np.zeros_like(firms[0].squares[number]),
    )
    products = sum(
        (weight * one.products[number] for weight, one in zip(say, firms, strict=True)),
        start=np.zeros_like(firms[0].products[number]),
    )
    penalty = POOL_PENALTY * np.diag(np.diag(squares)) + _TINY * np.eye(len(squares))
    return np.linalg.solve(squares + penalty, products)


def _own(firm: Moments, pool: FloatArray, number: int) -> FloatArray:
    squares, rows = firm.squares[number], firm.rows[number]
    if not rows:
        return pool
    prior = TO_POOL_ROWS * np.diag(np.diag(squares) / rows) + _TINY * np.eye(len(squares))
    return np.linalg.solve(squares + prior, firm.products[number] + prior @ pool)
