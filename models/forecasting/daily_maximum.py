"""The largest demand of a day to come, or of any set of steps: how large, and when."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from feature_store.time_grid import KilowattArray
from feature_store.weighted_quantiles import weighted_quantiles
from models.forecasting.analogue_loads import AnalogueLoads
from models.forecasting.drawn_days import NO_COLUMN, drawn_columns
from models.forecasting.load_forecast import QUANTILES

Mask = npt.NDArray[np.bool_]
"""Which steps are looked at, shape (steps,)."""

DRAWS = 400
"""Draws of past days where a set of steps touches several target days."""
NEAR_STEPS = 2
"""Steps on both sides of a past peak that its probability is shared out to: a peak's time counts
as hit within half an hour."""
PROFILE_SAY = 0.4
"""Weight of the forecast's own course in the choice of the likeliest step, against the past peaks'
1. On the sample any from 0.2 to 3 hits the peak's time as often, 0 a little less."""


@dataclass(frozen=True, kw_only=True)
class SampledMaxima:
    """A weighted sample of how the maximum over some steps may turn out."""

    peak_kw: KilowattArray
    """Shape (sample,)."""
    step: npt.NDArray[np.int64]
    """Step of the forecast at which it lies, shape (sample,)."""
    weight: npt.NDArray[np.float64]
    """Shape (sample,), sums to 1."""


@dataclass(frozen=True, kw_only=True)
class PeakTime:
    """When a maximum comes."""

    probability: npt.NDArray[np.float64]
    """That the maximum lies in each step, shape (steps,); with ``over_share`` it sums to 1."""
    likeliest_step: int
    """The step that it most likely lies within half an hour of."""
    over_share: float
    """Probability that what was measured before the first step is not exceeded any more."""


def maximum_quantiles_kw(
    maxima: SampledMaxima, *, measured_kw: float | None = None
) -> KilowattArray:
    """Return the distribution of the maximum.

    Args:
        maxima: Of the steps to come.
        measured_kw: The largest demand of the period measured already; None if nothing was.

    Returns:
        Quantiles in the order of ``QUANTILES``, shape (len(QUANTILES),).
    """
    quantiles_kw = weighted_quantiles(maxima.peak_kw[None], maxima.weight, QUANTILES)[0]
    return quantiles_kw if measured_kw is None else np.maximum(quantiles_kw, measured_kw)


def sampled_maxima(
    looked_at: Mask, analogues: AnalogueLoads | None, paths_kw: KilowattArray, *, seed: int
) -> SampledMaxima:
    """Return maxima over ``looked_at``: half of past days alike, half of the forecast's paths.

    The days hold how a whole day goes, the paths what the forecast knows beyond them: together
    their CRPS is smaller than that of either, and four of five maxima lie between the 0.1 and 0.9
    quantiles. Where no days are alike, all are of paths.

    Args:
        looked_at: At least one step.
        analogues: Past days alike, lifted to the present level; None if there are none.
        paths_kw: The forecast's paths, shape (paths, steps).
        seed: Decides how days are drawn where several target days are looked at.
    """
    among_kw = np.where(looked_at, paths_kw, -np.inf)
    of_paths = _maxima(among_kw, np.full(len(paths_kw), 1 / len(paths_kw)))
    if analogues is None:
        return of_paths
    touched = [part for part, steps in enumerate(analogues.parts) if looked_at[steps].any()]
    if not all(analogues.shares[part].any() for part in touched):
        return of_paths
    of_days = _maxima_of_days(looked_at, analogues, touched, seed)
    return SampledMaxima(
        peak_kw=np.concatenate([of_days.peak_kw, of_paths.peak_kw]),
        step=np.concatenate([of_days.step, of_paths.step]),
        weight=np.concatenate([of_days.weight, of_paths.weight]) / 2,
    )


def peak_time(
    maxima: SampledMaxima,
    looked_at: Mask,
    median_kw: KilowattArray,
    *,
    measured_kw: float | None = None,
) -> PeakTime:
    """Return when the maximum comes.

    The steps of past peaks are spread over half an hour on both sides. The likeliest step also
    follows where the forecast is high over five steps.

    Args:
        maxima: As in :func:`maximum_quantiles_kw`.
        looked_at: The steps that they are of.
        median_kw: The forecast's median, shape (steps,).
        measured_kw: As in :func:`maximum_quantiles_kw`.
    """
    over = np.zeros(len(maxima.weight), dtype=np.bool_)
    if measured_kw is not None:
        over = maxima.peak_kw <= measured_kw
    coming = np.where(over, 0.0, maxima.weight)
    if not coming.any():
        coming = maxima.weight
    past_peaks = np.zeros(len(looked_at))
    np.add.at(past_peaks, maxima.step, coming)
    near = _near(past_peaks) * looked_at
    over_share = 1.0 if over.all() else float(maxima.weight[over].sum())
    within_kw = median_kw[looked_at]
    high = (median_kw - within_kw.min()) / max(float(np.ptp(within_kw)), 1e-9)
    score = np.where(
        looked_at, PROFILE_SAY * _near(np.where(looked_at, high, 0.0)) + near / near.max(), -np.inf
    )
    return PeakTime(
        probability=near / near.sum() * (1 - over_share),
        likeliest_step=int(score.argmax()),
        over_share=over_share,
    )


def _maxima(among_kw: KilowattArray, weight: npt.NDArray[np.float64]) -> SampledMaxima:
    """Maxima of rows, shape (sample, steps), of which every one has a finite value."""
    step = among_kw.argmax(axis=1)
    return SampledMaxima(peak_kw=among_kw[np.arange(len(step)), step], step=step, weight=weight)


def _maxima_of_days(
    looked_at: Mask, analogues: AnalogueLoads, touched: list[int], seed: int
) -> SampledMaxima:
    known = looked_at[:, None] & (analogues.known_weight > 0)
    among_kw = np.where(known, analogues.demand_kw, -np.inf)
    if len(touched) == 1:
        part = analogues.parts[touched[0]]
        share = analogues.shares[touched[0]] * known[part].any(axis=0)
        serving = share > 0
        days_kw = np.full((int(serving.sum()), len(looked_at)), -np.inf)
        days_kw[:, part] = among_kw[part][:, serving].T
        return _maxima(days_kw, share[serving] / share.sum())
    columns = drawn_columns(analogues, DRAWS, np.random.default_rng(seed))
    days_kw = np.full((DRAWS, len(looked_at)), -np.inf)
    for number in touched:
        part = analogues.parts[number]
        if columns[number, 0] != NO_COLUMN:
            days_kw[:, part] = among_kw[part][:, columns[number]].T
    complete = np.isfinite(days_kw).any(axis=1)
    return _maxima(days_kw[complete], np.full(int(complete.sum()), 1 / complete.sum()))


def _near(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Sum over each step and ``NEAR_STEPS`` on both sides, shape (steps,)."""
    return np.convolve(values, np.ones(2 * NEAR_STEPS + 1), mode="same")
