"""What past forecasts of a firm teach about the next one: whom to trust, and how far to reach.

Two things are learnt issue by issue, for ranges of lead time: the weights of the experts at each
probability level, from the loss that each would have added (exponential weights on linearised
losses, Cesa-Bianchi and Lugosi 2006, doi 10.1017/CBO9780511546921), and how much wider or narrower
than the mixture the outer quantiles must lie for as many readings to fall outside as should.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import numpy.typing as npt

from feature_store.features.catalogue import LOOKBACK
from feature_store.time_grid import STEPS_PER_DAY, STEPS_PER_HOUR, KilowattArray
from models.forecasting.load_forecast import QUANTILES

FloatArray = npt.NDArray[np.float64]

MIX_EDGES = np.array([0, 1, 4, 12, 24]) * STEPS_PER_HOUR
"""Ranges of lead time with weights of their own; the last also serves all later leads."""
WIDTH_EDGES = np.array([0, 4, 12, 24]) * STEPS_PER_HOUR
"""Ranges of lead time with widths of their own, likewise."""
ISSUES_APART_STEPS = STEPS_PER_DAY // 2
"""Past forecasts that are learnt from lie half a day apart."""
RELIVED_DAYS = 28
"""Days whose forecasts are learnt from; what lies before would count a third."""
LOOKBACK_OF_MIXTURE: timedelta = LOOKBACK + timedelta(days=RELIVED_DAYS + 1)
"""History that a forecast needs to be the same as with all of it."""
LEARNING_RATE = 5.0
"""Of the weights, per loss in units of the firm's level."""
FORGETTING = 0.98
"""What a loss counts one issue later: half after 17 days."""
PER_LEVEL_SHARE = 0.5
"""Share of an expert's loss that each level judges for itself; of the rest, all levels together."""
WIDTH_RATE = 0.06
"""Change of a width factor's logarithm per share of misses too many: where all lies outside, one
issue widens that side by 8 %."""
WIDTH_KEPT = 0.995
"""Of the logarithm at each issue: what was learnt is half forgotten after 140."""
NARROWEST, WIDEST = -0.5, 0.7
"""Bounds of the logarithm of a width factor: 0.6 to 2 times as wide."""
_LEVELS = np.array(QUANTILES)
_MIDDLE = QUANTILES.index(0.5)
_OUTER = (QUANTILES.index(0.1), QUANTILES.index(0.9))
_INNER = (QUANTILES.index(0.2), QUANTILES.index(0.8))
_INNER_SAY = 0.5
"""What the misses of the inner band count beside those of the outer."""


@dataclass(frozen=True, kw_only=True)
class OnlineState:
    """What was learnt, for each of many moments."""

    regret: FloatArray
    """Loss of each expert beyond the mean of all, shape (moments, ranges, experts, levels)."""
    width: FloatArray
    """Logarithm of the factor below and above the median, shape (moments, ranges, 2)."""

    def of(self, moment: npt.NDArray[np.int64]) -> OnlineState:
        """The states of some of the moments."""
        return OnlineState(regret=self.regret[moment], width=self.width[moment])


def together(states: Sequence[OnlineState]) -> OnlineState:
    """Return the moments of several states one after another."""
    return OnlineState(
        regret=np.concatenate([state.regret for state in states]),
        width=np.concatenate([state.width for state in states]),
    )


def untaught(moments: int, experts: int) -> OnlineState:
    """The state before anything was learnt."""
    return OnlineState(
        regret=np.zeros((moments, len(MIX_EDGES) - 1, experts, len(QUANTILES))),
        width=np.zeros((moments, len(WIDTH_EDGES) - 1, 2)),
    )


def mixed(experts_kw: KilowattArray, prior: FloatArray, state: OnlineState) -> KilowattArray:
    """Mix what the experts say and stretch it, so that the quantiles neither cross nor flatter.

    Args:
        experts_kw: Shape (moments, leads, experts, levels), leads from 0 on.
        prior: Weight of each expert before anything was learnt, shape (experts,).
        state: Of as many moments.

    Returns:
        Shape (moments, leads, levels), ascending.
    """
    blended = np.concatenate(
        [
            _blend(experts_kw[:, part], _weights(prior, state.regret[:, number]))
            for number, part in enumerate(_ranges(MIX_EDGES, experts_kw.shape[1]))
        ],
        axis=1,
    )
    blended.sort(axis=2)
    return np.concatenate(
        [
            _stretched(blended[:, part], state.width[:, number])
            for number, part in enumerate(_ranges(WIDTH_EDGES, experts_kw.shape[1]))
        ],
        axis=1,
    )


def learnt(
    experts_kw: KilowattArray,
    measured_kw: KilowattArray,
    level_kw: KilowattArray,
    prior: FloatArray,
    window: npt.NDArray[np.int64],
) -> OnlineState:
    """Relive forecasts issued half a day apart, and learn from each once it is measured.

    Args:
        experts_kw: Shape (issues, a day of leads, experts, levels); NaN where an issue time has no
            forecast.
        measured_kw: Shape (issues, a day of leads), NaN where nothing is known.
        level_kw: Size of the firm at each issue, shape (issues,).
        prior: Shape (experts,).
        window: Issues that each moment learns from, oldest first, shape (moments, n); each moment
            is half a day after the last of them. -1 is none.

    Returns:
        The state at each moment.
    """
    moments, issues = window.shape
    start = untaught(moments, len(prior))
    regrets = [start.regret] * 2  # of the last two issues: a day's later half is known a day after
    widths = [start.width] * 2
    for number in range(issues):
        at = window[:, number]
        known = np.where((at >= 0)[:, None], measured_kw[at], np.nan)
        told = experts_kw[at]
        used = _used(regrets, widths)
        blended = np.concatenate(
            [
                _blend(told[:, part], _weights(prior, used.regret[:, place]))
                for place, part in enumerate(_ranges(MIX_EDGES, told.shape[1]))
            ],
            axis=1,
        )
        issued = mixed(told, prior, used)
        regrets.append(_more_regret(regrets[-1], known, told, blended, level_kw[at]))
        widths.append(_more_width(widths[-1], known, issued))
        del regrets[0], widths[0]
    return _used(regrets, widths)


def _used(regrets: list[FloatArray], widths: list[FloatArray]) -> OnlineState:
    """What is known when the next forecast is issued: of the last range, one issue less."""
    before, last = regrets
    regret = np.concatenate([last[:, :-1], before[:, -1:]], axis=1)
    before, last = widths
    return OnlineState(regret=regret, width=np.concatenate([last[:, :-1], before[:, -1:]], axis=1))


def _ranges(edges: npt.NDArray[np.int64], leads: int) -> list[slice]:
    """Slices of the leads that each range serves."""
    ends = [*edges[1:-1].tolist(), leads]
    return [
        slice(int(first), max(end, int(first))) for first, end in zip(edges, ends, strict=False)
    ]


def _weights(prior: FloatArray, regret: FloatArray) -> FloatArray:
    """Weights that sum to one at each level, shape (moments, experts, levels)."""
    score = np.log(prior)[:, None] - LEARNING_RATE * regret
    weight = np.exp(score - score.max(axis=1, keepdims=True))
    return weight / weight.sum(axis=1, keepdims=True)


def _blend(experts_kw: KilowattArray, weight: FloatArray) -> KilowattArray:
    total = np.zeros((*experts_kw.shape[:2], experts_kw.shape[3]))
    for number in range(experts_kw.shape[2]):  # one after another: the same bits for any moments
        total += weight[:, None, number] * experts_kw[:, :, number]
    return total


def _stretched(demand_kw: KilowattArray, width: FloatArray) -> KilowattArray:
    middle_kw = demand_kw[..., _MIDDLE : _MIDDLE + 1]
    below = np.arange(len(QUANTILES)) < _MIDDLE
    factor = np.exp(np.where(below, width[:, :1], width[:, 1:]))
    return middle_kw + (demand_kw - middle_kw) * factor[:, None]


def _more_regret(
    regret: FloatArray,
    measured_kw: KilowattArray,
    experts_kw: KilowattArray,
    blended_kw: KilowattArray,
    level_kw: KilowattArray,
) -> FloatArray:
    """Learn from one more issue: the loss that a little more of each expert would have added."""
    slope = (measured_kw[..., None] < blended_kw) - _LEVELS
    loss = slope[:, :, None] * experts_kw / level_kw[:, None, None, None]
    known = np.isfinite(measured_kw) & np.isfinite(experts_kw).all(axis=(2, 3))
    loss = np.where(known[..., None, None], loss, 0.0)
    after = regret.copy()
    for number, part in enumerate(_ranges(MIX_EDGES, measured_kw.shape[1])):
        count = known[:, part].sum(axis=1)
        mean = loss[:, part].sum(axis=1) / np.maximum(count, 1)[:, None, None]
        own = PER_LEVEL_SHARE * mean + (1 - PER_LEVEL_SHARE) * mean.mean(axis=2, keepdims=True)
        more = FORGETTING * regret[:, number] + own - own.mean(axis=1, keepdims=True)
        after[:, number] = np.where((count > 0)[:, None, None], more, regret[:, number])
    return after


def _more_width(
    width: FloatArray, measured_kw: KilowattArray, issued_kw: KilowattArray
) -> FloatArray:
    """Learn from one more issue: too many readings outside widen a side, too few narrow it.

    In the long run about a tenth then lies beyond each of the 0.1 and 0.9 quantiles (adaptive
    conformal inference, Gibbs and Candes 2021, arXiv:2106.00170).
    """
    known = np.isfinite(measured_kw) & np.isfinite(issued_kw).all(axis=2)
    after = width.copy()
    for number, part in enumerate(_ranges(WIDTH_EDGES, measured_kw.shape[1])):
        count = known[:, part].sum(axis=1)
        for side in (0, 1):
            surprise = np.zeros(len(width))
            for say, band in ((1.0, _OUTER), (_INNER_SAY, _INNER)):
                bound_kw = issued_kw[:, part, band[side]]
                missed = (
                    measured_kw[:, part] > bound_kw if side else measured_kw[:, part] < bound_kw
                )
                share = (missed & known[:, part]).sum(axis=1) / np.maximum(count, 1)
                surprise += say * (share - QUANTILES[band[0]])
            more = np.clip(
                WIDTH_KEPT * (width[:, number, side] + WIDTH_RATE * surprise), NARROWEST, WIDEST
            )
            after[:, number, side] = np.where(count > 0, more, width[:, number, side])
    return after
