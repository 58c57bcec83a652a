"""How likely the billed peak is passed, if nothing is changed and with a plan."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.time_grid import KilowattArray
from models.assets.asset import TOLERANCE_KW
from models.forecasting.load_forecast import LoadForecast
from models.forecasting.outlook_paths import PATHS
from models.forecasting.scenario_paths import path_seed, scenario_paths_kw
from models.optimizer.load_paths import base_paths_kw
from models.optimizer.schedule import PassingRisk, Schedule
from models.optimizer.site_problem import SiteProblem

Weights = npt.NDArray[np.float64]


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
        firm: Whose days of a kind order the paths, as declared.
        known: The readings at the issue time.
        forecast: That the problem was made for.
    """
    base_kw = base_paths_kw(firm, known, forecast)
    return _risk(problem, schedule, 0, base_kw, np.ones(len(base_kw)))


def told_risks(problem: SiteProblem, schedule: Schedule) -> tuple[PassingRisk | None, ...]:
    """Return how likely each peak is passed where the problem tells how the load may run.

    The share of scenarios is exact. Paths at told quantiles are drawn as those of
    :func:`passing_risk`; no past days order them, so each step hangs together with the one before.

    Returns:
        One for each peak of the prices: none where one course of the load is all that is told, and
        none of a peak that has no price of its own.
    """
    base = problem.base
    if base.scenarios is not None:
        paths_kw, weight = base.scenarios.paths_kw, base.scenarios.probability
    elif base.quantiles_kw is not None:
        seed = path_seed(problem.site.firm_id, problem.issue_time)
        paths_kw = scenario_paths_kw(base.quantiles_kw, None, paths=PATHS, seed=seed)
        weight = np.ones(PATHS)
    else:
        return (None,) * len(problem.prices.months)
    return tuple(
        _risk(problem, schedule, number, paths_kw, weight) if peak.basic_krw_per_kw else None
        for number, peak in enumerate(problem.prices.months)
    )


def _risk(
    problem: SiteProblem, schedule: Schedule, peak: int, base_kw: KilowattArray, weight: Weights
) -> PassingRisk:
    """Return the risk of one peak on paths of shape (paths, steps), as likely as they weigh.

    A plan may hold a path at what is billed anyway, to the watt.
    """
    counted = problem.prices.months[peak].counted_steps
    most_kw = problem.demand_floor_kw[peak] + TOLERANCE_KW

    def passed(powers_kw: dict[str, KilowattArray]) -> float:
        total_kw = base_kw + sum(powers_kw.values(), start=np.zeros(base_kw.shape[1]))
        metered_kw = problem.terms.metered_kw(total_kw.T)
        highest_kw = metered_kw[counted].max(axis=0, initial=0.0)
        return float(np.average(highest_kw > most_kw, weights=weight))

    return PassingRisk(usual=passed(schedule.usual_kw), planned=passed(schedule.equipment_kw))
