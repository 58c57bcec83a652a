"""From a firm, its readings and its forecast to the cheapest schedule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.time_grid import KilowattArray
from models.forecasting.load_forecast import LoadForecast
from models.optimizer.base_load import PEAK_QUANTILE, base_load
from models.optimizer.explain import moves
from models.optimizer.pricing import Pricing
from models.optimizer.problem import assemble
from models.optimizer.schedule import Outcome, Schedule, Solved
from models.optimizer.solve import Solution, solve
from models.optimizer.verify import verify
from models.site import Site, site_of
from models.tariffs.billed_demand import demand_floor_kw
from models.tariffs.grid_prices import GridPrices, grid_prices
from models.tariffs.later_demand import DemandCuts, LaterMonths, demand_cuts, later_months
from models.tariffs.value_of_kw import later_charges, value_of_kw

SILENCE_KW = 1e-6
"""Changes below this are the solver's rounding (its feasibility tolerance is 1e-7)."""


def plan(
    firm: Firm, history: LoadHistory, forecast: LoadForecast, *, time_limit_s: float = 10.0
) -> Outcome:
    """Find the cheapest operation of the firm's equipment for one forecast.

    Readings that were not known at the forecast's issue time are not looked at. The same inputs
    give the same plan. Doing nothing is a plan too: a plan that would not be cheaper is not
    suggested. Besides what ``firm`` declares wrongly (:class:`models.site.EquipmentError`,
    :class:`models.tariffs.errors.NoTariffError`) every result is an outcome.
    """
    site = site_of(firm)
    prices = grid_prices(site.contract, forecast.grid, site.zone)
    known = history.as_of(forecast.issue_time)
    floors_kw = [
        demand_floor_kw(known, site.contract, site.zone, billed.month) for billed in prices.months
    ]
    base = base_load(site, forecast)
    later = later_months(site.contract, prices)
    later_cuts = _later_cuts(site, known, prices, later)
    scheduling = assemble(site, prices)
    scheduling.fill(base, floors_kw, later_cuts)
    solution = solve(scheduling, time_limit_s=time_limit_s)
    if not isinstance(solution, Solution):
        return solution

    pricing = Pricing(
        site=site,
        prices=prices,
        base=base,
        demand_floor_kw=np.array(floors_kw),
        later=later,
        later_cuts=later_cuts,
    )
    usual_kw = _usual_kw(pricing)
    planned_kw = pricing.cheaper(usual_kw, _settled(usual_kw, solution.equipment_kw))
    verify(site, forecast.grid, base, planned_kw)
    schedule = _schedule(
        forecast, pricing, usual_kw, planned_kw, solve_seconds=solution.solve_seconds
    )
    value = value_of_kw(site.contract, known, prices.months[0].month, site.zone)
    return Solved(
        schedule=replace(
            schedule,
            peak_krw_per_kw=value.krw_per_kw(schedule.planned_peak_kw),
            peak_months=len(value.binding(schedule.planned_peak_kw)),
        )
    )


def _later_cuts(
    site: Site, known: LoadHistory, prices: GridPrices, later: tuple[LaterMonths, ...]
) -> tuple[DemandCuts, ...]:
    """Return what the peak costs after the grid, seen from the first month that it touches."""
    months = [month for group in later for month in group.months]
    charges = later_charges(site.contract, known, prices.months[0].month, months, site.zone)
    return tuple(demand_cuts(group, charges) for group in later)


def _usual_kw(pricing: Pricing) -> Mapping[str, KilowattArray]:
    """Return what each piece of equipment does if nobody changes anything.

    What is newer than the readings may bring more than the site draws; nothing may be fed back,
    so the surplus is held back where it arises.
    """
    grid = pricing.prices.grid
    usual_kw = {asset.name: asset.usual_kw(grid) for asset in pricing.site.assets}
    for asset in pricing.site.assets:
        if not asset.in_readings:
            surplus_kw = np.maximum(-(pricing.base.median_kw + pricing.total_kw(usual_kw)), 0.0)
            fed_kw = np.maximum(-usual_kw[asset.name], 0.0)
            usual_kw[asset.name] = usual_kw[asset.name] + np.minimum(surplus_kw, fed_kw)
    return usual_kw


def _settled(
    usual_kw: Mapping[str, KilowattArray], planned_kw: Mapping[str, KilowattArray]
) -> Mapping[str, KilowattArray]:
    """Return the plan with the solver's rounding taken for what it is: no change."""
    return {
        name: np.where(np.abs(power_kw - usual_kw[name]) < SILENCE_KW, usual_kw[name], power_kw)
        for name, power_kw in planned_kw.items()
    }


def _schedule(
    forecast: LoadForecast,
    pricing: Pricing,
    usual_kw: Mapping[str, KilowattArray],
    planned_kw: Mapping[str, KilowattArray],
    *,
    solve_seconds: float,
) -> Schedule:
    site: Site = pricing.site
    stores = {asset.name: asset.soc_kwh(planned_kw[asset.name]) for asset in site.assets}
    return Schedule(
        firm_id=forecast.firm_id,
        issue_time=forecast.issue_time,
        grid=forecast.grid,
        equipment_kw=dict(planned_kw),
        soc_kwh={name: soc for name, soc in stores.items() if soc is not None},
        usual_import_kw=pricing.import_kw(usual_kw),
        planned_import_kw=pricing.import_kw(planned_kw),
        usual_cost=pricing.cost(usual_kw),
        planned_cost=pricing.cost(planned_kw),
        usual_peak_kw=pricing.counted_peak_kw(usual_kw),
        planned_peak_kw=pricing.counted_peak_kw(planned_kw),
        demand_floor_kw=float(pricing.demand_floor_kw[0]),
        contract_power_kw=site.contract.power_kw,
        moves=moves(pricing, usual_kw, planned_kw),
        solve_seconds=solve_seconds,
        peak_quantile=PEAK_QUANTILE,
        undrawn_kwh=pricing.base.undrawn_kwh,
    )
