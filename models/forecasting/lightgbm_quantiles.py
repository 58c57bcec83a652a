"""LightGBM quantiles of what a firm's load will be off its anchor, pooled over firms.

The anchor of a row lies halfway between a ridge regression and the mean of past days alike; the
boosters learn the quantiles of what is left, relative to the firm's level. Five levels are fitted,
the others lie between them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import datetime

import lightgbm as lgb
import numpy as np
import numpy.typing as npt

from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.errors import NotEnoughReadingsError
from feature_store.features.catalogue import NAMES
from feature_store.time_grid import Instants, KilowattArray
from feature_store.views import Frame, feature_frame
from models.forecasting.forecaster import predict_one
from models.forecasting.load_forecast import QUANTILES, LoadForecast
from models.forecasting.normal_levels import at_all_levels
from models.forecasting.ridge_anchor import REGRESSORS, RidgeAnchor, fit_ridge, moments
from models.forecasting.scaled_rows import FeatureValues, ScaledRows

FITTED_LEVELS = (0.05, 0.2, 0.5, 0.8, 0.95)
"""Eleven fitted levels lose no less, and cost twice the time."""
INPUTS = (*NAMES, "ridge_off_profile", "ridge")
"""Columns that the boosters see: the features and what the ridge makes of them."""


@dataclass(frozen=True, kw_only=True)
class BoosterParameters:
    """What shapes the boosters; chosen by nested backtests, see ADR 14."""

    trees: int = 60
    learning_rate: float = 0.1
    num_leaves: int = 31
    min_data_in_leaf: int = 60
    feature_fraction: float = 0.6
    bagging_fraction: float = 0.7
    lambda_l2: float = 1.0
    max_bin: int = 63
    seed: int = 0

    def for_lightgbm(self, level: float) -> dict[str, object]:
        """LightGBM's own words for the booster of one quantile."""
        given: dict[str, object] = asdict(self)
        del given["trees"]
        return given | {
            "objective": "quantile",
            "alpha": level,
            "bagging_freq": 1,
            "num_threads": 1,  # OpenMP spins on shared cores; the quantiles run side by side
            "deterministic": True,
            "force_row_wise": True,
            "verbose": -1,
        }


@dataclass(frozen=True, kw_only=True)
class LightGBMQuantiles:
    """The fitted boosters with the ridge that they stand on."""

    boosters: tuple[lgb.Booster, ...]
    """In the order of ``FITTED_LEVELS``."""
    ridge: RidgeAnchor
    version: str

    def predict_many(
        self, firm: Firm, history: LoadHistory, issue_times: Instants, steps: int
    ) -> KilowattArray:
        """See :class:`models.forecasting.forecaster.ManyForecaster`."""
        frame = feature_frame(firm, history, issue_times, np.arange(steps))
        if np.isnan(frame.column("level_kw")).any():
            raise NotEnoughReadingsError(
                f"{firm.firm_id}: no reading in the four weeks before the issue time; "
                "import newer readings or ask for an earlier issue time"
            )
        demand_kw = self.predict_values(frame.values, [firm.firm_id] * len(frame.values))
        return np.maximum(demand_kw, 0.0).reshape(len(issue_times), steps, len(QUANTILES))

    def predict(
        self, firm: Firm, history: LoadHistory, issue_time: datetime, steps: int
    ) -> LoadForecast:
        """See :class:`models.forecasting.forecaster.Forecaster`."""
        return predict_one(self, firm, history, issue_time, steps)

    def predict_values(self, values: FeatureValues, firm_id: list[str]) -> KilowattArray:
        """Quantiles of demand for rows of features in the catalogue's order.

        Returns:
            Shape (rows, len(QUANTILES)), never crossing; NaN where a firm's level is not known.
        """
        rows = ScaledRows(values=values)
        ridge = self.ridge.off_profile(rows, firm_id)
        seen = _inputs(rows, ridge)
        left = np.stack([booster.predict(seen, num_threads=1) for booster in self.boosters], 1)
        left = at_all_levels(np.sort(left, axis=1), FITTED_LEVELS)
        anchored = (rows.profile + _anchor(rows, ridge))[:, None] + left
        return anchored * rows.level_kw[:, None]

    def median_parts(self, rows: ScaledRows, firm_id: list[str]) -> npt.NDArray[np.float64]:
        """What each of ``INPUTS`` adds to the median, as a share of the level (TreeSHAP).

        Lundberg et al. 2020, doi 10.1038/s42256-019-0138-9. The anchor counts to the inputs that it
        is made of, what the trees say of no input to the profile.

        Returns:
            Shape (rows, len(INPUTS)); it adds up to the median that the boosters predict.
        """
        ridge = self.ridge.parts(rows, firm_id)
        off_profile = ridge.sum(axis=1)
        seen = _inputs(rows, off_profile)
        middle = self.boosters[FITTED_LEVELS.index(0.5)]
        told = np.asarray(middle.predict(seen, pred_contrib=True, num_threads=1))
        parts, base = told[:, :-1].astype(np.float64), told[:, -1]
        parts[:, INPUTS.index("profile_kw")] += rows.profile + base
        alike = rows.column("alike_off_profile_kw")
        no_day = ~np.isfinite(alike)
        parts[:, INPUTS.index("alike_off_profile_kw")] += np.where(no_day, 0.0, alike) / 2
        share = np.where(no_day, 1.0, 0.5)[:, None]
        for number, name in enumerate(REGRESSORS):
            parts[:, INPUTS.index(name)] += (share * ridge)[:, number]
        return parts


def fit(
    frame: Frame,
    parameters: BoosterParameters,
    *,
    version: str,
    workers: int = 2,
    on_booster: Callable[[], None] = lambda: None,
) -> LightGBMQuantiles:
    """Fit the ridge and the boosters on the rows of ``frame`` whose target was measured.

    Args:
        frame: Rows of any number of firms; rows without target or level are left out.
        parameters: Shape of the boosters.
        version: Name the forecasts will carry.
        workers: Boosters fitted side by side, one thread each.
        on_booster: Called after each booster, for a progress bar.
    """
    known = np.isfinite(frame.column("profile_kw")) & np.isfinite(frame.column("level_kw"))
    usable = known & np.isfinite(frame.target_kw)
    if not usable.any():
        raise NotEnoughReadingsError(
            "no firm has 28 days of readings before the training period ends; import more"
        )
    rows = ScaledRows(values=frame.values[usable])
    firm_id = [frame.firm_id[code] for code in frame.firm_code[usable]]
    off_profile = frame.target_kw[usable] / rows.level_kw - rows.profile
    ridge = _fitted_ridge(rows, off_profile, firm_id)
    expected = ridge.off_profile(rows, firm_id)
    seen = _inputs(rows, expected)
    left = off_profile - _anchor(rows, expected)

    def fit_one(level: float) -> lgb.Booster:
        given = parameters.for_lightgbm(level)
        dataset = lgb.Dataset(seen, left, feature_name=list(INPUTS), params=given)
        booster = lgb.train(given, dataset, num_boost_round=parameters.trees)
        on_booster()
        return booster

    with ThreadPoolExecutor(workers) as pool:
        boosters = tuple(pool.map(fit_one, FITTED_LEVELS))
    return LightGBMQuantiles(boosters=boosters, ridge=ridge, version=version)


def _fitted_ridge(
    rows: ScaledRows, off_profile: npt.NDArray[np.float64], firm_id: list[str]
) -> RidgeAnchor:
    names = np.array(firm_id)
    of_firm: Mapping[str, npt.NDArray[np.bool_]] = {
        name: names == name for name in dict.fromkeys(firm_id)
    }
    return fit_ridge(
        {
            name: moments(ScaledRows(values=rows.values[own]), off_profile[own])
            for name, own in of_firm.items()
        }
    )


def _inputs(rows: ScaledRows, ridge: npt.NDArray[np.float64]) -> FeatureValues:
    beside = np.stack([ridge, rows.profile + ridge], axis=1).astype(np.float32)
    return np.concatenate([rows.scaled, beside], axis=1)


def _anchor(rows: ScaledRows, ridge: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Halfway between ridge and days alike, off the profile; the ridge where no day is alike."""
    alike = rows.column("alike_off_profile_kw")
    return (ridge + np.where(np.isfinite(alike), alike, ridge)) / 2
