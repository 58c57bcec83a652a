"""From the load as a problem tells it to the courses that are planned on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from feature_store.entities.firm import LARGEST_CONTRACT_KW
from feature_store.time_grid import HOURS_PER_STEP, KilowattArray
from models.forecasting.load_forecast import QUANTILES
from models.forecasting.normal_score import normal_score
from models.optimizer.base_load import PEAK_QUANTILE, BaseLoad
from models.optimizer.problem_file.document import (
    PathLoad,
    QuantileLoad,
    ScenarioLoad,
    Told,
)
from models.optimizer.problem_file.errors import BaseLoadError, ProbabilityError
from models.optimizer.scenarios import Scenarios
from models.site import Site
from models.tariffs.priced_grid import PricedGrid

MEDIAN = 0.5
PROBABILITY_TOLERANCE = 1e-6
"""Probabilities are often written with six decimals."""


@dataclass(frozen=True, kw_only=True)
class LoadReader:
    """Reads paths onto one site's grid."""

    site: Site
    prices: PricedGrid
    may_feed_back: bool
    """Whether the load may be below zero."""

    def base(self, told: PathLoad | QuantileLoad | ScenarioLoad) -> BaseLoad:
        """Return the load that cannot be scheduled; what is wrong is told with its time."""
        usual_kw = np.zeros(self.prices.grid.steps)
        if told.of == "metered":
            for asset in self.site.assets:
                usual_kw += asset.usual_kw(self.prices.grid)
        match told:
            case PathLoad():
                path_kw = self._path(told.kw, "base_load.kw")
                return self._of(path_kw - usual_kw, path_kw - usual_kw)
            case QuantileLoad():
                quantiles_kw = self._quantiles(told) - usual_kw[:, None]
                return replace(
                    self._of(
                        quantiles_kw[:, QUANTILES.index(MEDIAN)],
                        quantiles_kw[:, QUANTILES.index(PEAK_QUANTILE)],
                    ),
                    quantiles_kw=np.maximum(quantiles_kw, self._least_kw),
                )
            case ScenarioLoad():
                return self._scenarios(told, usual_kw)

    @property
    def _least_kw(self) -> float:
        return -np.inf if self.may_feed_back else 0.0

    def _of(
        self,
        median_kw: KilowattArray,
        cautious_kw: KilowattArray,
        scenarios: Scenarios | None = None,
    ) -> BaseLoad:
        least_kw = self._least_kw
        undrawn_kw = np.maximum(least_kw - median_kw, 0.0)
        return BaseLoad(
            median_kw=np.maximum(median_kw, least_kw),
            cautious_kw=np.maximum(cautious_kw, least_kw),
            undrawn_kwh=float(undrawn_kw.sum() * HOURS_PER_STEP),
            scenarios=scenarios,
        )

    def _quantiles(self, told: QuantileLoad) -> KilowattArray:
        """Quantiles of ``QUANTILES``, shape (steps, len(QUANTILES))."""
        levels = sorted((_level(key), key) for key in told.kw)
        if not levels or levels[0][0] > MEDIAN or levels[-1][0] < PEAK_QUANTILE:
            raise BaseLoadError(
                f"base_load.kw: levels {', '.join(told.kw) or 'none'} do not enclose the median "
                f"and the {PEAK_QUANTILE:g} quantile that peaks are judged on; add q{MEDIAN:g} "
                f"and q{PEAK_QUANTILE:g}"
            )
        paths_kw = np.array([self._path(told.kw[key], f"base_load.kw.{key}") for _, key in levels])
        crossing = np.argwhere(np.diff(paths_kw, axis=0) < 0)
        if crossing.size:
            row, step = (int(number) for number in crossing[0])
            raise BaseLoadError(
                f"base_load.kw: {levels[row + 1][1]} lies below {levels[row][1]} at "
                f"{self._when(step)}; sort the quantiles of each interval"
            )
        return at_levels(np.array([level for level, _ in levels]), paths_kw)

    def _scenarios(self, told: ScenarioLoad, usual_kw: KilowattArray) -> BaseLoad:
        probability = np.array([path.probability for path in told.paths])
        if not abs(probability.sum() - 1.0) <= PROBABILITY_TOLERANCE:
            raise ProbabilityError(
                f"base_load.paths: probabilities add up to {probability.sum():g}, not 1; divide "
                "each by their sum"
            )
        paths_kw = np.array(
            [
                self._path(path.kw, f"base_load.paths.{number}.kw") - usual_kw
                for number, path in enumerate(told.paths)
            ]
        )
        scenarios = Scenarios(
            paths_kw=paths_kw if self.may_feed_back else np.maximum(paths_kw, 0.0),
            probability=probability / probability.sum(),
            risk_share=told.risk_share,
            tail_share=told.tail_share,
        )
        mean_kw = scenarios.mean_kw
        cautious_kw = np.maximum(scenarios.quantile_kw(PEAK_QUANTILE), mean_kw)
        return self._of(mean_kw, cautious_kw, scenarios)

    def _path(self, told: Sequence[Told], where: str) -> KilowattArray:
        steps = self.prices.grid.steps
        if len(told) != steps:
            raise BaseLoadError(
                f"{where}: {len(told)} values for {steps} intervals; write one for each, in kW"
            )
        path_kw = np.array([np.nan if value is None else value for value in told], dtype=float)
        unknown = np.flatnonzero(~np.isfinite(path_kw))
        if unknown.size:
            raise BaseLoadError(
                f"{where}: no load is told for {unknown.size} of {steps} intervals, the first at "
                f"{self._when(int(unknown[0]))}; fill the gaps, e.g. with the same hour a week ago"
            )
        if np.abs(path_kw).max() > LARGEST_CONTRACT_KW:
            raise BaseLoadError(
                f"{where}: {path_kw[np.abs(path_kw).argmax()]:g} kW is more than any site draws; "
                "write mean loads in kW"
            )
        if not self.may_feed_back and path_kw.min() < 0:
            raise BaseLoadError(
                f"{where}: {path_kw.min():g} kW at {self._when(int(path_kw.argmin()))} would be "
                "fed back, which is off; write loads of at least 0, or declare site.export"
            )
        return path_kw

    def _when(self, step: int) -> str:
        return self.prices.grid.at(step).astimezone(self.site.zone).isoformat(timespec="minutes")


def _level(key: str) -> float:
    try:
        level = float(key.removeprefix("q"))
    except ValueError:
        level = np.nan
    if not (key.startswith("q") and 0 < level < 1):
        raise BaseLoadError(f"base_load.kw: {key!r} is no probability level; write it like q0.8")
    return level


def at_levels(known: npt.NDArray[np.float64], told_kw: KilowattArray) -> KilowattArray:
    """Return quantiles of ``QUANTILES`` from told ones, shape (steps, len(QUANTILES)).

    Straight between the told levels; beyond them the line over the normal score of the outermost
    two goes on.

    Args:
        known: Rising levels, at least two of them different.
        told_kw: Shape (levels, steps), rising with the level.
    """
    levels, first = np.unique(known, return_index=True)
    kw = told_kw[first]
    wanted, score = np.array(QUANTILES), normal_score(levels)
    above = np.clip(np.searchsorted(levels, wanted), 1, len(levels) - 1)
    inside = (wanted >= levels[0]) & (wanted <= levels[-1])
    share = np.where(
        inside,
        (wanted - levels[above - 1]) / (levels[above] - levels[above - 1]),
        (normal_score(wanted) - score[above - 1]) / (score[above] - score[above - 1]),
    )
    return (kw[above - 1] + share[:, None] * (kw[above] - kw[above - 1])).T
