"""The figures that a report shows, in their order, with the words for them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from training.scores.exceedance import LEVEL_SHARES


@dataclass(frozen=True, kw_only=True)
class ShownFigure:
    """One column of the table of forecasters."""

    field: str
    title: str
    meaning: str
    digits: int = 3
    aim: Literal["low", "high", "0.8", "none"] = "low"
    """What is best."""

    def is_best(self, value: float, every: Sequence[float]) -> bool:
        """Whether no forecaster has a better value."""
        if self.aim == "none" or not math.isfinite(value):
            return False
        distances = [self._distance(one) for one in every if math.isfinite(one)]
        return self._distance(value) == min(distances)

    def _distance(self, value: float) -> float:
        """How far a value is from what is best; below all others where more is better."""
        match self.aim:
            case "high":
                return -value
            case "0.8":
                return abs(value - 0.8)
            case _:
                return value


FIGURES = (
    ShownFigure(
        field="wql",
        title="WQL",
        meaning="quantile loss: twice the mean pinball loss of the quantiles 0.1 to 0.9, over the "
        "mean load",
    ),
    ShownFigure(
        field="pl90",
        title="PL90",
        meaning="the same of the 0.9 quantile alone: what a peak shaver buys",
    ),
    ShownFigure(field="nmae", title="nMAE", meaning="mean error of the median, over the mean load"),
    ShownFigure(
        field="mase",
        title="MASE",
        meaning="mean error of the median, over the change from week to week before the test",
        digits=2,
    ),
    ShownFigure(
        field="wql_all_leads", title="WQL, all leads", meaning="quantile loss of every step ahead"
    ),
    ShownFigure(
        field="cov80",
        title="cov80",
        meaning="share of loads between the quantiles 0.1 and 0.9; 0.8 is right",
        aim="0.8",
    ),
    ShownFigure(
        field="wid80",
        title="width",
        meaning="mean width of that band, over the mean load; narrow is good where cov80 is right",
        digits=2,
        aim="none",
    ),
    ShownFigure(
        field="peak_error",
        title="peak error",
        meaning="distance of the day's largest median and largest load, over the mean peak",
    ),
    ShownFigure(
        field="peak_hit",
        title="peak hit",
        meaning="share of days whose peak came within half an hour of the median's",
        digits=2,
        aim="high",
    ),
    ShownFigure(
        field="peak_crps",
        title="peak CRPS",
        meaning="score of the day's peak as a distribution, from the quantiles' paths, over the "
        "mean peak",
    ),
    ShownFigure(
        field="peak_crps_told",
        title="peak CRPS, own",
        meaning="the same of the distribution of the peak that a forecaster answers itself",
    ),
    ShownFigure(
        field="peak_hit_told",
        title="peak hit, own",
        meaning="share of days whose peak came within half an hour of the time that a forecaster "
        "answers for it itself",
        digits=2,
        aim="high",
    ),
    *(
        ShownFigure(
            field=f"brier_{share:g}",
            title=f"Brier {share:g}",
            meaning=f"mean squared error of the probability that a load lies above the {share:g} "
            "quantile of the firm's load before the test",
        )
        for share in LEVEL_SHARES
    ),
    ShownFigure(
        field="churn",
        title="churn",
        meaning="mean change of the median from one issue to the next, over the mean load; rules "
        "that learn nothing from a morning have little of it",
        aim="none",
    ),
)
