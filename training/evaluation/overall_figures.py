"""What the figures of many firms come to together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from training.evaluation.firm_figures import FirmFigures, ForecasterFigures
from training.scores.bootstrap import Interval, interval, ratio_interval
from training.scores.by_lead import LeadWindow
from training.scores.calibration import Calibration
from training.scores.exceedance import Reliability

COUNTED = ("crossings",)
"""Figures that are summed over firms; of all others the plain mean is taken."""


@dataclass(frozen=True, kw_only=True)
class OverallFigures:
    """One forecaster over all firms, each firm counting alike but where cases are pooled."""

    mean: Mapping[str, float]
    """By figure; of the firms that have it."""
    intervals: Mapping[str, Interval]
    """Of the figures that weeks can be drawn of."""
    windows: tuple[LeadWindow, ...]
    """Mean over firms."""
    reliability: Reliability
    """All cases of all firms and levels."""
    calibration: Calibration
    """All cases of all firms."""
    loss_ratio_to: Mapping[str, Interval]
    """Its mean quantile loss over that of each other forecaster, below 1 where it is better."""


def overall_figures(firms: Sequence[FirmFigures]) -> dict[str, OverallFigures]:
    """Take all firms together, for each forecaster."""
    names = list(firms[0].of)
    return {name: _overall(firms, name, names) for name in names}


def mean_figures(figures: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """Plain mean of every figure over the firms that have it; NaN where none has."""
    each = list(figures)
    mean = {}
    for name in dict.fromkeys(name for one in each for name in one):
        there = [one[name] for one in each if np.isfinite(one.get(name, np.nan))]
        total = float(np.sum(there)) if there else float("nan")
        mean[name] = total if name in COUNTED else total / max(len(there), 1)
    return mean


def _overall(firms: Sequence[FirmFigures], name: str, names: Sequence[str]) -> OverallFigures:
    ours = [firm.of[name] for firm in firms]
    loss = [one.weekly["wql"] for one in ours]
    return OverallFigures(
        mean=mean_figures(one.figures for one in ours),
        intervals={
            figure: interval([one.weekly[figure] for one in ours]) for figure in ours[0].weekly
        },
        windows=_mean_windows(ours),
        reliability=Reliability.pooled(one.reliability for one in ours),
        calibration=Calibration.pooled(one.calibration for one in ours),
        loss_ratio_to={
            other: ratio_interval(loss, [firm.of[other].weekly["wql"] for firm in firms])
            for other in names
            if other != name
        },
    )


def _mean_windows(figures: Sequence[ForecasterFigures]) -> tuple[LeadWindow, ...]:
    means = []
    for windows in zip(*(one.windows for one in figures), strict=True):
        mean = mean_figures({"wql": one.wql, "cov80": one.cov80} for one in windows)
        first, last = windows[0].first_hour, windows[0].last_hour
        means.append(LeadWindow(first_hour=first, last_hour=last, **mean))
    return tuple(means)
