"""skforecast: one recursive LightGBM of all firms, quantiles from bootstrapped residuals.

Settings as for one model a firm (``skforecast_recursive.py``); what the user guide to global models
adds: the firm as an ordinal feature, and every series standardised, since the firms differ in size.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from lightgbm import LGBMRegressor
from skforecast.preprocessing import RollingFeatures
from skforecast.recursive import ForecasterRecursiveMultiSeries
from sklearn.preprocessing import StandardScaler

from bench.peers.skforecast_recursive import LAGS, PATHS, without_zone
from bench.peers.task import (
    QUANTILES,
    SEED,
    STEPS_PER_DAY,
    KnownFirm,
    answer,
    calendar,
    following,
)


class MultiSeries:
    """The forecaster of all firms."""

    def __init__(self) -> None:
        self._forecaster = ForecasterRecursiveMultiSeries(
            estimator=LGBMRegressor(n_jobs=1, random_state=SEED, verbose=-1),
            lags=LAGS,
            window_features=RollingFeatures(stats=["mean"], window_sizes=[STEPS_PER_DAY]),
            transformer_series=StandardScaler(),
            encoding="ordinal",
        )

    def fit(self, firms: Sequence[KnownFirm]) -> None:
        """Fit on all firms; their years need not be the same."""
        self._forecaster.fit(
            {firm.firm_id: without_zone(firm.demand_kw) for firm in firms},
            exog={
                firm.firm_id: without_zone(calendar(firm, firm.demand_kw.index)) for firm in firms
            },
            store_in_sample_residuals=True,
        )

    def predict(self, firm: KnownFirm, steps: int) -> npt.NDArray[np.float64]:
        """Quantiles of one firm's bootstrapped paths."""
        window = without_zone(firm.demand_kw.iloc[-self._forecaster.window_size :])
        told = self._forecaster.predict_quantiles(
            steps=steps,
            levels=[firm.firm_id],
            last_window=window.to_frame(firm.firm_id),
            exog={firm.firm_id: without_zone(calendar(firm, following(firm, steps)))},
            quantiles=list(QUANTILES),
            n_boot=PATHS,
            random_state=SEED,
        )
        return told.drop(columns="level").to_numpy()


if __name__ == "__main__":
    answer(MultiSeries, packages=("skforecast", "lightgbm"), together=True)
