"""skforecast: one recursive LightGBM a firm, quantiles from bootstrapped residuals.

Settings, from skforecast's user guides (recursive forecasting, window features, probabilistic
forecasting by bootstrapped residuals): lags just before, a day before and a week before the
forecast step, with their neighbours; the mean of the last day; calendar and holidays as exogenous
variables; LightGBM's own defaults; 250 paths and residuals binned by the forecast, skforecast's
defaults. Residuals are in-sample ones, of a single step. The guides prefer those of a backtest; but
residuals of a backtest of days, drawn at every single step of a path, doubled the quantile loss on
three firms in the four weeks before the test period. All lags of the last day changed it by 1 %.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd
from lightgbm import LGBMRegressor
from skforecast.preprocessing import RollingFeatures
from skforecast.recursive import ForecasterRecursive

from bench.peers.task import (
    INTERVAL,
    QUANTILES,
    SEED,
    STEPS_PER_DAY,
    STEPS_PER_WEEK,
    KnownFirm,
    answer,
    calendar,
    following,
)

LAGS = [
    *(1, 2, 3, 4),
    *(STEPS_PER_DAY - 1, STEPS_PER_DAY, STEPS_PER_DAY + 1),
    *(STEPS_PER_WEEK - 1, STEPS_PER_WEEK, STEPS_PER_WEEK + 1),
]
PATHS = 250
Rows = TypeVar("Rows", pd.Series, pd.DataFrame)


class Recursive:
    """One firm's forecaster."""

    def __init__(self) -> None:
        self._forecaster = ForecasterRecursive(
            estimator=LGBMRegressor(n_jobs=1, random_state=SEED, verbose=-1),
            lags=LAGS,
            window_features=RollingFeatures(stats=["mean"], window_sizes=[STEPS_PER_DAY]),
        )

    def fit(self, firms: Sequence[KnownFirm]) -> None:
        """Fit on one firm."""
        (firm,) = firms
        self._forecaster.fit(
            without_zone(firm.demand_kw),
            exog=without_zone(calendar(firm, firm.demand_kw.index)),
            store_in_sample_residuals=True,
        )

    def predict(self, firm: KnownFirm, steps: int) -> npt.NDArray[np.float64]:
        """Quantiles of the bootstrapped paths."""
        return self._forecaster.predict_quantiles(
            steps=steps,
            last_window=without_zone(firm.demand_kw.iloc[-self._forecaster.window_size :]),
            exog=without_zone(calendar(firm, following(firm, steps))),
            quantiles=list(QUANTILES),
            n_boot=PATHS,
            random_state=SEED,
        ).to_numpy()


def without_zone(rows: Rows) -> Rows:
    """The same rows by UTC instants that do not say so, which is what skforecast handles."""
    return rows.set_axis(rows.index.tz_localize(None)).asfreq(INTERVAL)


if __name__ == "__main__":
    answer(Recursive, packages=("skforecast", "lightgbm"))
