"""Darts: LightGBM quantile regression, rolled forward one step at a time by sampling.

Settings, from Darts' user guide to covariates and its examples of regression models ("SKLearn-Like
Regression Model Examples"): target lags of the last two hours, around a day and a week before;
calendar and holidays as future covariates of the forecast step; one boosted model a quantile
(``likelihood="quantile"``) with LightGBM's own defaults. ``output_chunk_length=1`` forecasts
autoregressively: each of 100 paths draws its next value from the quantiles. One chunk of 48 hours
would be a model for each of its steps and quantiles, 2112 a firm; with ``multi_models=False`` it is
one for each quantile that knows no reading of the last 48 hours before a step, and its quantile
loss was a fifth larger on one firm before the test period.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from darts import TimeSeries
from darts.models import LightGBMModel

from bench.peers.task import (
    INTERVAL,
    QUANTILES,
    SEED,
    STEPS_PER_DAY,
    STEPS_PER_HOUR,
    STEPS_PER_WEEK,
    KnownFirm,
    Task,
    calendar,
    do,
    following,
    read_task,
)

STEPS_BACK = [
    *range(1, 2 * STEPS_PER_HOUR + 1),
    *(hours * STEPS_PER_HOUR for hours in (3, 4, 6, 12)),
    *range(STEPS_PER_DAY - 2, STEPS_PER_DAY + 3),
    *(days * STEPS_PER_DAY for days in (2, 3, 4, 5, 6)),
    *range(STEPS_PER_WEEK - 1, STEPS_PER_WEEK + 2),
]
PATHS = 100


class SampledPaths:
    """One firm's models, one for each quantile."""

    def __init__(self) -> None:
        self._model = LightGBMModel(
            lags=sorted(-back for back in STEPS_BACK),
            lags_future_covariates=[0],
            output_chunk_length=1,
            likelihood="quantile",
            quantiles=list(QUANTILES),
            random_state=SEED,
            n_jobs=1,
            verbose=-1,
        )

    def fit(self, firms: Sequence[KnownFirm]) -> None:
        """Fit every quantile on one firm."""
        (firm,) = firms
        self._model.fit(
            _series(firm.demand_kw.to_frame()),
            future_covariates=_series(calendar(firm, firm.demand_kw.index)),
        )

    def predict(self, firm: KnownFirm, steps: int) -> npt.NDArray[np.float64]:
        """Quantiles of the sampled paths."""
        known = firm.demand_kw.iloc[-max(STEPS_BACK) :]
        instants = known.index.append(following(firm, steps))
        paths = self._model.predict(
            steps,
            series=_series(known.to_frame()),
            future_covariates=_series(calendar(firm, instants)),
            num_samples=PATHS,
        )
        return np.quantile(paths.all_values()[:, 0, :], QUANTILES, axis=1).T


def _series(rows: pd.DataFrame) -> TimeSeries:
    """The rows by UTC instants that do not say so, which is what Darts handles."""
    return TimeSeries.from_dataframe(rows.set_axis(rows.index.tz_localize(None)), freq=INTERVAL)


class EveryThird(Task):
    """The task at every third of its issue times: a forecast takes the better part of a second."""

    def issue_times(self, firm: KnownFirm) -> pd.DatetimeIndex:
        """See :meth:`Task.issue_times`."""
        return super().issue_times(firm)[::3]


if __name__ == "__main__":
    asked = read_task(sys.argv[1:])
    do(EveryThird(**vars(asked)), SampledPaths, packages=("darts", "lightgbm"))
