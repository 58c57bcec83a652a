"""What a set of forecasts is worth: quantile loss, coverage, error by lead, the day's peak.

Definitions follow the evaluation protocol in ``docs/forecasting.md``.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from feature_store.time_grid import STEPS_PER_DAY, STEPS_PER_HOUR, KilowattArray
from models.forecasting.load_forecast import QUANTILES

LEVELS = np.array(QUANTILES)
DECILES = (LEVELS >= 0.1) & (LEVELS <= 0.9)  # noqa: PLR2004 -- the deciles themselves
P10, P50, P90 = (QUANTILES.index(level) for level in (0.1, 0.5, 0.9))
PEAK_HIT_STEPS = 2
"""A peak's time counts as hit within half an hour."""


@dataclass(frozen=True, kw_only=True)
class Scores:
    """Figures of one firm's forecasts; shares and losses are relative to its mean load."""

    wql: float
    """Weighted quantile loss: twice the mean pinball loss of the deciles, over the mean load."""
    nmae: float
    """Mean absolute error of the median, over the mean load."""
    pl90: float
    """The quantile loss of the 0.9 quantile alone: what a peak shaver buys."""
    cov80: float
    """Share of intervals between the 0.1 and 0.9 quantiles; 0.8 is right."""
    wid80: float
    """Mean width of that band, over the mean load."""
    crossings: int
    """Places where a higher quantile lies below a lower one."""
    wql_0_4h: float
    wql_4_12h: float
    wql_12_24h: float
    peak_error: float
    """Mean absolute difference of the day's largest median and largest load, over mean peak."""
    peak_hit: float
    """Share of days whose peak came within half an hour of the median's."""


def pinball_kw(actual_kw: KilowattArray, demand_kw: KilowattArray) -> KilowattArray:
    """Pinball loss of each quantile.

    Args:
        actual_kw: Shape (...,).
        demand_kw: Shape (..., len(QUANTILES)).

    Example:
        >>> pinball_kw(np.array([10.0]), np.full((1, 11), 8.0))[0, -1].round(6)
        np.float64(1.9)
    """
    error_kw = actual_kw[..., None] - demand_kw
    return np.maximum(LEVELS * error_kw, (LEVELS - 1) * error_kw)


def decile_loss_kw(actual_kw: KilowattArray, demand_kw: KilowattArray) -> KilowattArray:
    """Twice the mean pinball loss of the deciles, of each interval; shapes as in :func:`wql`."""
    return 2 * pinball_kw(actual_kw, demand_kw)[..., DECILES].mean(axis=-1)


def wql(actual_kw: KilowattArray, demand_kw: KilowattArray) -> float:
    """Weighted quantile loss: twice the mean pinball loss of the deciles, over the mean load.

    NaN where nothing was measured, or nothing but zero.

    Args:
        actual_kw: Shape (...,); NaN where nothing was measured.
        demand_kw: Shape (..., len(QUANTILES)).
    """
    measured = np.isfinite(actual_kw)
    load_kw = np.abs(actual_kw[measured]).sum()
    if not load_kw:
        return float("nan")
    return float(decile_loss_kw(actual_kw[measured], demand_kw[measured]).sum() / load_kw)


def inside80(actual_kw: KilowattArray, demand_kw: KilowattArray) -> npt.NDArray[np.bool_]:
    """Whether each load lies between the 0.1 and 0.9 quantiles; shapes as in :func:`wql`."""
    return (actual_kw >= demand_kw[..., P10]) & (actual_kw <= demand_kw[..., P90])


def cov80(actual_kw: KilowattArray, demand_kw: KilowattArray) -> float:
    """Share of the measured loads between the 0.1 and 0.9 quantiles; shapes as in :func:`wql`."""
    measured = np.isfinite(actual_kw)
    inside = inside80(actual_kw, demand_kw)[measured]
    return float(inside.mean()) if inside.size else float("nan")


def score(actual_kw: KilowattArray, demand_kw: KilowattArray) -> Scores:
    """Score one firm's forecasts over the first 24 h of lead time.

    Args:
        actual_kw: What was measured, shape (issue times, steps); NaN where nothing was.
        demand_kw: Quantiles, shape (issue times, steps, len(QUANTILES)).
    """
    actual_kw, demand_kw = actual_kw[:, :STEPS_PER_DAY], demand_kw[:, :STEPS_PER_DAY]
    measured = np.isfinite(actual_kw)
    loss_kw = pinball_kw(actual_kw, demand_kw)
    mean_kw = np.abs(actual_kw[measured]).mean()
    low_kw, median_kw, high_kw = (demand_kw[..., column] for column in (P10, P50, P90))
    by_lead = {}
    for name, first, last in (("wql_0_4h", 0, 4), ("wql_4_12h", 4, 12), ("wql_12_24h", 12, 24)):
        part = slice(first * STEPS_PER_HOUR, last * STEPS_PER_HOUR)
        by_lead[name] = wql(actual_kw[:, part], demand_kw[:, part])
    peak_error, peak_hit = _peaks(actual_kw, median_kw)
    return Scores(
        wql=wql(actual_kw, demand_kw),
        nmae=float(np.abs(actual_kw - median_kw)[measured].mean() / mean_kw),
        pl90=float(2 * loss_kw[..., P90][measured].mean() / mean_kw),
        cov80=cov80(actual_kw, demand_kw),
        wid80=float((high_kw - low_kw)[measured].mean() / mean_kw),
        crossings=int((np.diff(demand_kw[measured], axis=-1) < 0).sum()),
        peak_error=peak_error,
        peak_hit=peak_hit,
        **by_lead,
    )


def mean_scores(scores: list[Scores]) -> Scores:
    """Plain mean over firms; crossings are summed."""
    means = {
        field.name: float(np.mean([getattr(one, field.name) for one in scores]))
        for field in fields(Scores)
    }
    return Scores(**(means | {"crossings": sum(one.crossings for one in scores)}))  # type: ignore[arg-type]


def _peaks(actual_kw: KilowattArray, median_kw: KilowattArray) -> tuple[float, float]:
    """Relative error of the peak's size and the share of peak times hit, over whole days."""
    whole = np.isfinite(actual_kw).all(axis=1)
    if not whole.any():
        return float("nan"), float("nan")
    actual_kw, median_kw = actual_kw[whole], median_kw[whole]
    error_kw = np.abs(median_kw.max(axis=1) - actual_kw.max(axis=1))
    apart = np.abs(median_kw.argmax(axis=1) - actual_kw.argmax(axis=1))
    hit = (apart <= PEAK_HIT_STEPS).mean()
    return float(error_kw.mean() / actual_kw.max(axis=1).mean()), float(hit)
