"""From a firm, its readings and its forecast to the cheapest schedule."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import numpy as np

from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from models.forecasting.load_forecast import LoadForecast
from models.optimizer.base_load import BaseLoad, base_load
from models.optimizer.grid_terms import USUAL_TERMS, GridTerms
from models.optimizer.load_paths import base_paths_kw, planned_on_paths
from models.optimizer.peak_risk import passing_risk
from models.optimizer.peak_value import PeakValue
from models.optimizer.schedule import Outcome, Solved
from models.optimizer.schedule_site import schedule_site
from models.optimizer.site_now import AS_DECLARED, SiteNow
from models.optimizer.site_problem import PreviousPlan, SiteProblem
from models.site import Site, site_of
from models.tariffs.billed_demand import demand_floor_kw
from models.tariffs.grid_prices import GridPrices, grid_prices
from models.tariffs.later_demand import DemandCuts, LaterMonths, demand_cuts, later_months
from models.tariffs.value_of_kw import later_charges, value_of_kw


def plan(  # noqa: PLR0913  what is known, and how long it may be worked on
    firm: Firm,
    history: LoadHistory,
    forecast: LoadForecast,
    *,
    peak_value: PeakValue | None = None,
    time_limit_s: float = 10.0,
    now: SiteNow = AS_DECLARED,
) -> Outcome:
    """Find the cheapest operation of the firm's equipment for one forecast.

    With ``peak_value`` it is chosen by what the peak is expected to cost in the end; it begins in
    the state, and keeps the terms, of ``now``.

    Readings that were not known at the forecast's issue time are not looked at. Besides what
    ``firm`` declares wrongly (:class:`models.site.EquipmentError`,
    :class:`models.tariffs.errors.NoTariffError`) every result is an outcome.
    """
    problem = problem_of(firm, history, forecast, peak_value, now)
    outcome = schedule_site(problem, time_limit_s=time_limit_s)
    if not isinstance(outcome, Solved):
        return outcome
    known = history.as_of(forecast.issue_time)
    risk = passing_risk(problem, outcome.schedule, firm, known, forecast)
    return replace(outcome, schedule=replace(outcome.schedule, passing_risk=risk))


def problem_of(
    firm: Firm,
    history: LoadHistory,
    forecast: LoadForecast,
    peak_value: PeakValue | None = None,
    now: SiteNow = AS_DECLARED,
) -> SiteProblem:
    """Return the problem that a firm has with one forecast, on what was known when it was made."""
    declared = site = site_of(firm)
    if now.equipment is not None:
        site = site_of(firm.model_copy(update={"equipment": now.equipment}))
    prices, known = (
        grid_prices(site.contract, forecast.grid, site.zone),
        history.as_of(forecast.issue_time),
    )
    base = base_load(declared, forecast)
    if firm.planned_load == "scenarios":
        paths_kw = base_paths_kw(firm, known, forecast)
        base = planned_on_paths(base, paths_kw, np.flatnonzero(prices.counted))
    problem = tariff_problem(
        site,
        prices,
        base,
        known,
        issue_time=forecast.issue_time,
        terms=now.terms,
        previous=now.previous,
    )
    return replace(problem, peak_value=peak_value)


def tariff_problem(  # noqa: PLR0913  the parts of one value
    site: Site,
    prices: GridPrices,
    base: BaseLoad,
    known: LoadHistory,
    *,
    issue_time: datetime,
    terms: GridTerms = USUAL_TERMS,
    previous: PreviousPlan | None = None,
) -> SiteProblem:
    """Return the problem of a site on a tariff of KEPCO's.

    What its peaks are billed for anyway, and cost later, follows from the demand in ``known``.
    """
    first = prices.months[0].month
    floors_kw = [
        demand_floor_kw(known, site.contract, site.zone, billed.month) for billed in prices.months
    ]
    later = later_months(site.contract, prices)
    return SiteProblem(
        site=site,
        issue_time=issue_time,
        prices=prices,
        base=base,
        demand_floor_kw=np.array(floors_kw),
        later_cuts=_later_cuts(site, known, prices, later),
        value=value_of_kw(site.contract, known, first, site.zone),
        terms=terms,
        previous=previous,
    )


def _later_cuts(
    site: Site, known: LoadHistory, prices: GridPrices, later: tuple[LaterMonths, ...]
) -> tuple[DemandCuts, ...]:
    """Return what the peak costs after the grid, seen from the first month that it touches."""
    months = [month for group in later for month in group.months]
    charges = later_charges(site.contract, known, prices.months[0].month, months, site.zone)
    return tuple(demand_cuts(group, charges) for group in later)
