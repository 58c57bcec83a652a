"""A day's uncertain load as a chain: levels at each interval, and how likely one follows another.

A load is told by its normal score: how high it lies among the loads that the interval may bring.
The scores of a day follow each other: the next one leans on the present one and on the mean of the
last hours, so that a heavy shift stays heavy.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from feature_store.time_grid import STEPS_PER_HOUR, KilowattArray
from feature_store.weighted_quantiles import weighted_quantiles
from models.forecasting.normal_score import Scores, level_of_score, normal_score

SCORES = np.array([-1.5, -0.75, -0.2, 0.35, 0.95, 1.6, 2.4])
"""Normal scores of the levels: close where peaks are made, the highest beyond 1 load in 100."""
MEMORY = 1.0 / (3 * STEPS_PER_HOUR)
"""Weight of the newest score in the mean of the last hours: it fades over three of them."""
MEANS = np.array([-1.2, 0.0, 1.2])
"""Levels of that mean, in its own standard deviations."""
NO_MEAN = np.zeros(1)
"""Level of the mean where it is not looked at."""
HIGHEST_SHARE = 1.03
"""The highest level over the highest load seen: a record is broken now and then."""
JUMP_SHARE = 0.05
"""Of the moves: the level after them is any, whatever the one before. A press or a furnace that is
switched on leaps farther than a bell curve of the usual moves would ever let it."""
_SMOOTHED_STEPS = 5
"""Regressions of neighbouring intervals are averaged over so many: days are few."""
_OUTERMOST_LEVEL = 0.01
"""Ranks nearer to 0 or 1 than this are held back: of few days they would be infinite scores."""


@dataclass(frozen=True, kw_only=True)
class LoadChain:
    """A day's load from one interval on. A state is a level with a mean of the last hours."""

    levels_kw: KilowattArray
    """Rising loads at ``SCORES``, shape (steps, levels)."""
    means: npt.NDArray[np.float64]
    """Levels of the mean score of the last hours, rising, shape (means,)."""
    moves: npt.NDArray[np.float64]
    """Probability of each state of the next interval from each state, shape (steps, states,
    states), the state of level i and mean j being i x means + j; that of the last is not used."""

    @property
    def state_kw(self) -> KilowattArray:
        """Load in each state, shape (steps, states)."""
        return np.ascontiguousarray(np.repeat(self.levels_kw, len(self.means), axis=1))

    def from_step(self, step: int) -> LoadChain:
        """Return the rest of the day."""
        return replace(self, levels_kw=self.levels_kw[step:], moves=self.moves[step:])

    def of_steps(self, steps: int) -> LoadChain:
        """Return the first intervals alone, in memory of their own."""
        return replace(
            self, levels_kw=self.levels_kw[:steps].copy(), moves=self.moves[:steps].copy()
        )

    def with_levels(self, levels_kw: KilowattArray) -> LoadChain:
        """Return a chain that moves alike between other loads."""
        return replace(self, levels_kw=levels_kw)

    def at_level(self, factor: float) -> LoadChain:
        """Return the chain of a day whose loads all lie by a factor higher."""
        return replace(self, levels_kw=factor * self.levels_kw)

    def score_of(self, step: int, load_kw: float) -> float:
        """Return where a load lies among the levels, as a score."""
        return float(np.interp(load_kw, _rising(self.levels_kw[step]), SCORES))

    def states_of(self, step: int, load_kw: float, mean: float) -> npt.NDArray[np.float64]:
        """Return the weight of each state for a load and a mean score, shape (states,)."""
        level = _between(_rising(self.levels_kw[step]), load_kw)
        return np.outer(level, _between(self.means, mean)).ravel()


def start_of_day(means: npt.NDArray[np.float64] = MEANS) -> npt.NDArray[np.float64]:
    """Return the probability of each state before anything of the day is known.

    Args:
        means: Levels of the mean that the chain was made with, ``MEANS`` or ``NO_MEAN``.
    """
    weight = np.outer(_shares(SCORES), _shares(means)).ravel()
    return weight / weight.sum()  # the curve of levels ends short of 0 and 1


def chain_of_days(
    days_kw: KilowattArray,
    weight: npt.NDArray[np.float64],
    means: npt.NDArray[np.float64] = MEANS,
) -> LoadChain:
    """Learn the chain of a day from days of its kind.

    Args:
        days_kw: Loads of whole days, shape (days, steps).
        weight: Of each day, > 0, shape (days,).
        means: ``NO_MEAN`` where the days are alike enough that the present score tells the next;
            it has a third of the states.
    """
    share = weight / weight.sum()
    order = np.argsort(days_kw, axis=0, kind="stable")
    ordered_kw = np.take_along_axis(days_kw, order, axis=0)
    ordered_share = share[order]
    level = np.cumsum(ordered_share, axis=0) - ordered_share / 2
    levels_kw = weighted_quantiles(days_kw.T, weight, level_of_score(SCORES).tolist())
    levels_kw[:, -1] = HIGHEST_SHARE * ordered_kw[-1]
    held = np.clip(level, _OUTERMOST_LEVEL, 1 - _OUTERMOST_LEVEL)
    score = np.empty_like(level)
    np.put_along_axis(score, order, normal_score(held), axis=0)
    means, moves = _moves(score, share, means)
    return LoadChain(levels_kw=np.maximum.accumulate(levels_kw, axis=1), means=means, moves=moves)


def next_mean(mean: float | None, score: float) -> float:
    """Return the mean score of the last hours after one more interval."""
    return score if mean is None else (1 - MEMORY) * mean + MEMORY * score


def _moves(
    score: Scores, share: npt.NDArray[np.float64], of_means: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Regress each score on the one before and on the mean before; (means,), (steps, s, s)."""
    mean = np.empty_like(score)
    mean[:, 0] = score[:, 0]
    for step in range(1, score.shape[1]):
        mean[:, step] = (1 - MEMORY) * mean[:, step - 1] + MEMORY * score[:, step]
    means = of_means * np.sqrt((share @ mean**2).mean())
    now, slow, following = score[:, :-1], mean[:, :-1], score[:, 1:]
    nn, ss, ns, nf, sf, ff = (
        _smoothed(share @ (one * other))
        for one, other in (
            (now, now),
            (slow, slow),
            (now, slow),
            (now, following),
            (slow, following),
            (following, following),
        )
    )
    determinant = nn * ss - ns**2 + 1e-3  # of a start where both are one, neither is preferred
    on_now = np.clip((nf * ss - sf * ns) / determinant, 0.0, 0.99)
    on_mean = np.clip((sf * nn - nf * ns) / determinant, 0.0, 0.9)
    if len(means) == 1:
        on_now, on_mean = np.clip(nf / (nn + 1e-3), 0.0, 0.99), np.zeros_like(on_mean)
    told = on_now**2 * nn + on_mean**2 * ss + 2 * on_now * on_mean * ns
    spread = np.sqrt(np.clip(1 - told / np.where(ff > 0, ff, 1.0), 0.03, 1.0))
    expected = (
        np.append(on_now, 0.0)[:, None, None] * SCORES[:, None]
        + np.append(on_mean, 0.0)[:, None, None] * means
    )
    edges = (_edges(SCORES) - expected[..., None]) / np.append(spread, 1.0)[:, None, None, None]
    to_level = np.diff(level_of_score(edges), axis=3)  # (steps, levels, means, levels)
    to_level = (1 - JUMP_SHARE) * to_level + JUMP_SHARE * _shares(SCORES)
    to_mean = np.stack(
        [[_between(means, next_mean(slow, fast)) for fast in SCORES] for slow in means]
    )  # (means, levels, means)
    joint = to_level[..., None] * to_mean[None, None]
    states = len(SCORES) * len(means)
    moves = joint.reshape(len(joint), states, states)
    return means, np.ascontiguousarray(moves / moves.sum(axis=2, keepdims=True))


def _edges(scores: Scores) -> Scores:
    """Bounds between neighbouring scores, and far beyond the outermost."""
    return np.concatenate([[-9.0], (scores[1:] + scores[:-1]) / 2, [9.0]])


def _shares(scores: Scores) -> npt.NDArray[np.float64]:
    return np.diff(level_of_score(_edges(scores)))


def _smoothed(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    half = _SMOOTHED_STEPS // 2
    padded = np.pad(values, half, mode="edge")
    return np.convolve(padded, np.full(_SMOOTHED_STEPS, 1 / _SMOOTHED_STEPS), "valid")


def _rising(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Make ties rise by nothing that matters, so that a load has one place."""
    return values + 1e-9 * np.arange(len(values))


def _between(levels: npt.NDArray[np.float64], value: float) -> npt.NDArray[np.float64]:
    """Weights of the neighbouring levels that a value lies between."""
    if len(levels) == 1:
        return np.ones(1)
    weight = np.zeros(len(levels))
    place = float(np.interp(value, levels, np.arange(len(levels))))
    below = min(int(place), len(levels) - 2)
    weight[below], weight[below + 1] = 1 - (place - below), place - below
    return weight
