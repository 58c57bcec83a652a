"""How likely the billed peak is passed, if nothing is changed and with a plan."""

from __future__ import annotations

import numpy as np

from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.time_grid import KilowattArray
from models.forecasting.load_forecast import LoadForecast
from models.forecasting.outlook_paths import PATHS
from models.forecasting.scenario_paths import path_seed, scenario_paths_kw
from models.forecasting.similar_days import similar_days
from models.optimizer.schedule import PassingRisk, Schedule
from models.optimizer.site_problem import SiteProblem


def passing_risk(
    problem: SiteProblem,
    schedule: Schedule,
    firm: Firm,
    known: LoadHistory,
    forecast: LoadForecast,
) -> PassingRisk:
    """Return the share of load paths on which the first billing month's billed demand is passed.

    The plan's powers are taken as they are, whatever the load does: who follows the load with the
    battery passes less often.

    Args:
        problem: That was scheduled.
        schedule: What became of it.
        firm: Whose days of a kind order the paths.
        known: The readings at the issue time.
        forecast: That the problem was made for.
    """
    grid = forecast.grid
    paths_kw = scenario_paths_kw(
        forecast.demand_kw,
        similar_days(firm, known, forecast.issue_time, grid.steps),
        paths=PATHS,
        seed=path_seed(firm.firm_id, forecast.issue_time),
    )
    metered_kw = sum(
        (asset.usual_kw(grid) for asset in problem.site.assets if asset.in_readings),
        start=np.zeros(grid.steps),
    )
    base_kw = np.maximum(paths_kw - metered_kw, 0.0)
    counted = problem.prices.months[0].counted_steps

    def passed(powers_kw: dict[str, KilowattArray]) -> float:
        total_kw = base_kw + sum(powers_kw.values(), start=np.zeros(grid.steps))
        highest_kw = total_kw[:, counted].max(axis=1, initial=0.0)
        return float((highest_kw > schedule.demand_floor_kw).mean())

    return PassingRisk(usual=passed(schedule.usual_kw), planned=passed(schedule.equipment_kw))
