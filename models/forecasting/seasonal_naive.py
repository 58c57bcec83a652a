"""Last week again, with the errors that this rule made of late as its spread."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.features.load_table import DAY_KINDS, LoadTable
from feature_store.time_grid import STEPS_PER_DAY, STEPS_PER_HOUR, Instants, KilowattArray
from feature_store.views import Seen, seen_at
from feature_store.weighted_quantiles import weighted_quantiles
from models.forecasting.load_forecast import QUANTILES

WEEK_DAYS = 7
ERROR_DAYS = 12
"""Days of one kind whose week-on-week errors make the spread."""


@dataclass(frozen=True)
class SeasonalNaive:
    """The same clock step a week before, plus empirical error quantiles by kind of day and hour."""

    version: str = "seasonal-naive"

    def predict_many(
        self, firm: Firm, history: LoadHistory, issue_times: Instants, steps: int
    ) -> KilowattArray:
        """See :class:`models.forecasting.forecaster.ManyForecaster`."""
        demand_kw = np.full((len(issue_times) * steps, len(QUANTILES)), np.nan)
        for part in seen_at(firm, history, issue_times, np.arange(steps)):
            demand_kw[part.at] = np.maximum(_last_week_kw(part)[:, None] + _spread_kw(part), 0.0)
        return demand_kw.reshape(len(issue_times), steps, len(QUANTILES))


def _last_week_kw(part: Seen) -> KilowattArray:
    """Load a week before each row's target; the week before that where it is not known."""
    day = part.table.day[part.rows.target]
    step = part.table.step_of_day[part.rows.target]
    first_kw, second_kw = (
        np.where(day >= back, part.table.by_day_kw[np.maximum(day - back, 0), step], np.nan)
        for back in (WEEK_DAYS, 2 * WEEK_DAYS)
    )
    return np.where(np.isfinite(first_kw), first_kw, second_kw)


def _spread_kw(part: Seen) -> KilowattArray:
    """Quantiles of the week-on-week error, from whole days before the issue day."""
    table, rows = part.table, part.rows
    target_day = table.day[rows.target]
    asked = np.stack(
        [
            table.day[rows.issue],
            table.kind_of_day[target_day],
            table.step_of_day[rows.target] // STEPS_PER_HOUR,
        ],
        axis=1,
    )
    distinct, of_row = np.unique(asked, axis=0, return_inverse=True)
    errors_kw = _errors_by_hour_kw(table)
    sample_kw = np.full((len(distinct), ERROR_DAYS * STEPS_PER_HOUR), np.nan)
    for kind in DAY_KINDS:
        at = np.flatnonzero(distinct[:, 1] == kind)
        days = np.flatnonzero(table.kind_of_day == kind)
        back = np.searchsorted(days, distinct[at, 0])[:, None] - 1 - np.arange(ERROR_DAYS)
        if days.size:
            found = errors_kw[days[np.maximum(back, 0)], distinct[at, 2][:, None]]
            known_kw = np.where(back[..., None] >= 0, found, np.nan)
            sample_kw[at] = known_kw.reshape(len(at), sample_kw.shape[1])
    return weighted_quantiles(sample_kw, np.ones(sample_kw.shape[1]), QUANTILES)[of_row]


def _errors_by_hour_kw(table: LoadTable) -> KilowattArray:
    """Each day minus the same weekday before it, shape (days, 24, 4)."""
    errors_kw = np.full(table.by_day_kw.shape, np.nan)
    errors_kw[WEEK_DAYS:] = table.by_day_kw[WEEK_DAYS:] - table.by_day_kw[:-WEEK_DAYS]
    return errors_kw.reshape(len(errors_kw), STEPS_PER_DAY // STEPS_PER_HOUR, STEPS_PER_HOUR)
