"""The forecasts that a replay is lived with: fitted before it, made again and again in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from feature_store.entities.load_history import LoadHistory
from feature_store.features.load_table import load_table
from feature_store.time_grid import STEPS_PER_DAY, STEPS_PER_HOUR, TimeGrid
from models.dispatch.known_load import Forecasts
from models.forecasting.forecaster import ManyForecaster
from training.fit_pooled import fit_pooled
from training.replay.plan import ReplayPlan
from training.replay.site import ReplaySite
from training.training_rows import Sampling

HORIZON_STEPS = STEPS_PER_DAY + STEPS_PER_HOUR
"""To the end of the longest local day, on which the clock is put back."""
_AT_ONCE = 120
"""Issue times forecast together: their features fill some tens of megabytes."""


@dataclass(frozen=True, kw_only=True)
class ForecastTask:
    """A site whose stretch is forecast."""

    site: ReplaySite
    forecaster: ManyForecaster
    plan: ReplayPlan


def fitted_before(sites: Sequence[ReplaySite], plan: ReplayPlan) -> ManyForecaster:
    """Fit the product's model on what every firm had measured when its replay begins."""
    firms = {site.firm.firm_id: site for site in sites}
    return fit_pooled(
        [site.firm for site in firms.values()],
        {firm_id: _before(site, plan.first) for firm_id, site in firms.items()},
        sampling=Sampling(seed=plan.seed),
    )


def forecasts_of(task: ForecastTask) -> tuple[str, Forecasts]:
    """Forecast to the end of the longest day at every issue time of the stretch.

    Returns:
        The firm's id, and its forecasts.
    """
    site, plan = task.site, task.plan
    history = site.history
    dates = history.grid.clock(site.firm.zone).date
    table = load_table(site.firm, history, HORIZON_STEPS)
    inside = (dates >= np.datetime64(plan.first)) & (dates < np.datetime64(plan.end))
    on_time = table.step_of_day[: history.grid.steps] % plan.issue_every_steps == 0
    issue = np.flatnonzero(inside & on_time)
    parts = [
        task.forecaster.predict_many(
            site.firm, history, history.grid.starts[issue[at : at + _AT_ONCE]], HORIZON_STEPS
        )
        for at in range(0, len(issue), _AT_ONCE)
    ]
    return site.firm.firm_id, Forecasts(issue=issue, quantiles_kw=np.concatenate(parts))


def _before(site: ReplaySite, first: date) -> LoadHistory:
    history = site.history
    dates = history.grid.clock(site.firm.zone).date
    steps = int(np.searchsorted(dates, np.datetime64(first)))
    known = history.as_of(history.grid.at(steps))
    return replace(
        known,
        grid=TimeGrid(known.grid.start, steps),
        demand_kw=known.demand_kw[:steps],
        known_at=known.known_at[:steps],
    )
