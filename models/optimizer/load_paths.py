"""Courses that a firm's load may take, and the few that stand for all of them in a plan."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.time_grid import KilowattArray
from models.forecasting.load_forecast import LoadForecast
from models.forecasting.outlook_paths import PATHS
from models.forecasting.scenario_paths import path_seed, scenario_paths_kw
from models.forecasting.similar_days import similar_days
from models.optimizer.base_load import PEAK_QUANTILE, BaseLoad, usual_in_readings_kw
from models.optimizer.scenarios import Scenarios
from models.site import site_of

PLANNED_PATHS = 12
"""A plan's problem grows with each."""


def base_paths_kw(firm: Firm, known: LoadHistory, forecast: LoadForecast) -> KilowattArray:
    """Return equally likely courses of the load without its equipment, shape (PATHS, steps).

    Args:
        firm: Whose days of a kind order the paths, as declared.
        known: The readings at the issue time.
        forecast: Whose levels they lie at.
    """
    paths_kw = scenario_paths_kw(
        forecast.demand_kw,
        similar_days(firm, known, forecast.issue_time, forecast.grid.steps),
        paths=PATHS,
        seed=path_seed(firm.firm_id, forecast.issue_time),
    )
    return np.maximum(paths_kw - usual_in_readings_kw(site_of(firm), forecast.grid), 0.0)


def planned_on_paths(
    base: BaseLoad, paths_kw: KilowattArray, counted: npt.NDArray[np.intp]
) -> BaseLoad:
    """Return the load as few paths that stand for many.

    Ordered by their highest counted load, the paths are parted into ``PLANNED_PATHS`` groups of
    about one size; the middle one of each stands for it. Peaks are what plans differ by.

    Args:
        base: The load otherwise.
        paths_kw: Shape (paths, steps), at least ``PLANNED_PATHS`` of them.
        counted: Intervals whose demand can set a peak; without any, all are.
    """
    highest_kw = (paths_kw[:, counted] if counted.size else paths_kw).max(axis=1)
    groups = np.array_split(np.argsort(highest_kw, kind="stable"), PLANNED_PATHS)
    scenarios = Scenarios(
        paths_kw=paths_kw[[group[len(group) // 2] for group in groups]],
        probability=np.array([len(group) for group in groups]) / len(paths_kw),
    )
    return replace(
        base,
        median_kw=scenarios.mean_kw,
        cautious_kw=scenarios.quantile_kw(PEAK_QUANTILE),
        scenarios=scenarios,
    )
