"""The forecasts that a replay is lived with: fitted before it, made again and again in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from feature_store.entities.load_history import LoadHistory
from feature_store.errors import NotEnoughReadingsError
from feature_store.features.load_table import IntArray, load_table
from feature_store.time_grid import STEPS_PER_DAY, STEPS_PER_HOUR, TimeGrid
from models.dispatch.known_load import Forecasts
from models.forecasting.forecaster import ManyForecaster
from training.fit_pooled import fit_pooled
from training.replay.plan import ReplayPlan
from training.replay.site import ReplaySite
from training.training_rows import Sampling

HORIZON_STEPS = STEPS_PER_DAY + STEPS_PER_HOUR
"""To the end of the longest local day, on which the clock is put back."""
DAYS_BEFORE = 35
"""Forecasts of so many days before the first month are made too, by a model fitted before them:
the upper levels of later ones are corrected by what past ones were passed by. On the months that
settings were chosen on that was worth .013 of capture; fitting anew every five weeks cost .005."""
_AT_ONCE = 120
"""Issue times forecast together: their features fill some tens of megabytes."""


@dataclass(frozen=True, kw_only=True)
class FittedFrom:
    """A model, and the day from which on it forecasts."""

    first: date
    forecaster: ManyForecaster


@dataclass(frozen=True, kw_only=True)
class ForecastTask:
    """A site whose stretch is forecast."""

    site: ReplaySite
    fitted: tuple[FittedFrom, ...]
    """In their order, each in use until the next; none learnt from what lies after its first
    day's midnight."""
    plan: ReplayPlan


def fit_days(plan: ReplayPlan) -> tuple[date, date]:
    """Return the days when a model is fitted: some weeks before the replay, and on its first."""
    return plan.first - timedelta(days=DAYS_BEFORE), plan.first


def fitted_before(
    sites: Sequence[ReplaySite], plan: ReplayPlan, on_fit: Callable[[], None] = lambda: None
) -> tuple[FittedFrom, ...]:
    """Fit the product's model, each time on what every firm had measured by then.

    Some weeks before the replay there may be too little to fit it on; on its first day there has
    to be enough.

    Args:
        sites: Of all firms; firms may take part with several.
        plan: Whose stretch it is.
        on_fit: Called as fits are done.

    Raises:
        NotEnoughReadingsError: Too little was measured when the replay begins.
    """
    firms = {site.firm.firm_id: site for site in sites}
    fitted = []
    for day in fit_days(plan):
        try:
            fitted.append(FittedFrom(first=day, forecaster=_fitted_on(firms, day, plan)))
        except NotEnoughReadingsError:
            if day == plan.first:
                raise
        on_fit()
    return tuple(fitted)


def forecasts_of(task: ForecastTask) -> tuple[str, Forecasts]:
    """Forecast to the end of the longest day at every issue time from the first fit on.

    Returns:
        The firm's id, and its forecasts.
    """
    site, plan = task.site, task.plan
    history = site.history
    dates = history.grid.clock(site.firm.zone).date
    table = load_table(site.firm, history, HORIZON_STEPS)
    on_time = table.step_of_day[: history.grid.steps] % plan.issue_every_steps == 0
    ends = [*(fitted.first for fitted in task.fitted[1:]), plan.end]
    made: list[Forecasts] = []
    for fitted, end in zip(task.fitted, ends, strict=True):
        inside = (dates >= np.datetime64(fitted.first)) & (dates < np.datetime64(end))
        issue = np.flatnonzero(inside & on_time)
        for at in range(0, len(issue), _AT_ONCE):
            try:
                made.append(_made(fitted.forecaster, site, issue[at : at + _AT_ONCE]))
            except NotEnoughReadingsError:
                if fitted.first == plan.first:
                    raise
    return site.firm.firm_id, Forecasts(
        issue=np.concatenate([one.issue for one in made]),
        quantiles_kw=np.concatenate([one.quantiles_kw for one in made]),
    )


def _made(forecaster: ManyForecaster, site: ReplaySite, issue: IntArray) -> Forecasts:
    issue_times = site.history.grid.starts[issue]
    quantiles_kw = forecaster.predict_many(site.firm, site.history, issue_times, HORIZON_STEPS)
    return Forecasts(issue=issue, quantiles_kw=quantiles_kw)


def _fitted_on(firms: Mapping[str, ReplaySite], day: date, plan: ReplayPlan) -> ManyForecaster:
    """Fit the product's model on what every firm had measured when a day begins."""
    known = {
        firm_id: before
        for firm_id, site in firms.items()
        if (before := _before(site, day)) is not None
    }
    if not known:
        raise NotEnoughReadingsError(
            f"no firm has readings from before {day} to fit a model on; begin later, or bring "
            "older readings"
        )
    return fit_pooled(
        [firms[firm_id].firm for firm_id in known], known, sampling=Sampling(seed=plan.seed)
    )


def _before(site: ReplaySite, day: date) -> LoadHistory | None:
    history = site.history
    dates = history.grid.clock(site.firm.zone).date
    steps = int(np.searchsorted(dates, np.datetime64(day)))
    if not steps:
        return None
    known = history.as_of(history.grid.at(steps))
    return replace(
        known,
        grid=TimeGrid(known.grid.start, steps),
        demand_kw=known.demand_kw[:steps],
        known_at=known.known_at[:steps],
    )
