"""The paths of an outlook: ordered by its past days alike, or by days of the same kind."""

from __future__ import annotations

from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.time_grid import KilowattArray
from models.forecasting.outlook import Outlook
from models.forecasting.scenario_paths import path_seed, scenario_paths_kw
from models.forecasting.similar_days import similar_days

PATHS = 200
"""A probability of a tenth then errs by 2 points. Energy and variogram scores on the sample are
those of 400."""


def outlook_paths_kw(
    firm: Firm, history: LoadHistory, outlook: Outlook, *, paths: int = PATHS
) -> KilowattArray:
    """Return paths that the load may take, shape (paths, steps).

    Where the forecaster tells of no days alike, the newest days of the same kind order the paths:
    on the sample their maxima are then nearly as good, and far better than those of paths whose
    steps only depend on the step before.

    Args:
        firm: Whose load.
        history: Of it what was known at the issue time.
        outlook: Of that firm at that time.
        paths: How many.
    """
    forecast = outlook.forecast
    members = outlook.analogues
    if members is None:
        members = similar_days(firm, history, forecast.issue_time, forecast.grid.steps)
    seed = path_seed(firm.firm_id, forecast.issue_time)
    return scenario_paths_kw(forecast.demand_kw, members, paths=paths, seed=seed)
