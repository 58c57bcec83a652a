"""One path of the load that is planned on: of the forecast, of days alike, or as it will be."""

from __future__ import annotations

import numpy as np

from feature_store.features.load_table import LoadTable
from feature_store.time_grid import STEPS_PER_DAY, KilowattArray
from feature_store.weighted_quantiles import weighted_quantiles
from models.dispatch.days_alike import days_alike
from models.dispatch.known_load import KnownLoad
from models.forecasting.normal_score import normal_score
from models.forecasting.quantile_curve import demand_of_score_kw


def forecast_path_kw(
    newest: tuple[int, KilowattArray], position: int, *, level: float, steps: int
) -> KilowattArray:
    """Return the newest forecast from a position on, shape (steps,); its end is drawn on.

    Args:
        newest: When it was issued, and its quantiles.
        position: The first interval of the path.
        level: Quantile that is taken for the load.
        steps: Length of the path, at most a day more than the forecast's.
    """
    issued, quantiles_kw = newest
    score = normal_score(np.full((len(quantiles_kw), 1), level))
    path_kw = demand_of_score_kw(quantiles_kw, score)[position - issued :, 0]
    path_kw = np.concatenate([path_kw, np.repeat(path_kw[-1:], STEPS_PER_DAY)])
    return path_kw[:steps].copy()


def expected_path_kw(
    known: KnownLoad, position: int, *, level: float, steps: int, seen_from: int
) -> KilowattArray:
    """Return what past days like the one at a position tell of it, shape (steps,).

    Args:
        known: The load.
        position: The first interval of the day.
        level: Quantile of the past days that is taken for the load, interval by interval.
        steps: Of the day.
        seen_from: Position at which the past ends.
    """
    by_day_kw, kind = known.days_before(seen_from)
    alike_kw, weight = days_alike(by_day_kw, kind, known.kind_at(position))
    if not len(alike_kw):
        return np.zeros(steps)
    path_kw = weighted_quantiles(alike_kw.T, weight, (level,))[:, 0]
    return path_kw[known.table.step_of_day[position : position + steps]]


def measured_path_kw(table: LoadTable, position: int, steps: int) -> KilowattArray:
    """Return the load as it was; after the last reading that of the day before."""
    demand_kw = table.demand_kw[position : position + steps]
    earlier_kw = table.demand_kw[position - STEPS_PER_DAY : position - STEPS_PER_DAY + steps]
    return np.where(np.isfinite(demand_kw), demand_kw, earlier_kw[: len(demand_kw)])
