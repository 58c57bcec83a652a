"""What of a year's possible saving is left if each month is planned alone, its peak priced?

The steel works of 2018 with a battery of 100 kW and 200 kWh (0.95 efficient each way, 10 to 90 %,
half full, no wear) and 80 kW of load that may be given up at 3,000 won/kWh. Every month is planned
whole, with its load known: as if no month remembered another; knowing what is billed anyway; and
pricing each kW over the months that it binds, as the service does. The ideal is one linear problem
over the whole year. All are billed alike, over the year, by industrial tariff B, high voltage A,
option II in force on 2026-05-04 (8,320 won/kW; peaks of December to February and July to September
are remembered).

What a later month will have had anyway is foreseen too: the year before is told the peaks that each
month of the year, planned alone, would have. Without any peak of the year before, the first month
does not know what the others will pay, and prices its peak for itself.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np

from bench.figures import Figure, print_figures, write
from bench.measured_years import BESIDE, write_measured_years
from feature_store.entities.firm import Contract, Equipment
from feature_store.entities.load_history import LoadHistory
from feature_store.time_grid import KilowattArray, TimeGrid
from models.optimizer.base_load import BaseLoad
from models.optimizer.plan import tariff_problem
from models.optimizer.problem_file.past_peaks import history_of_peaks
from models.optimizer.schedule import Solved
from models.optimizer.schedule_site import filled, pricing_of, schedule_site
from models.optimizer.site_problem import SiteProblem
from models.optimizer.solve import Solution, solve
from models.site import Site, site_of
from models.tariffs.billing_month import MONTHS_PER_YEAR
from models.tariffs.grid_prices import BilledMonth, GridPrices, grid_prices
from training.evaluation.measured_firms import read_measured_firms

TARIFF_DATE = date(2026, 5, 4)
CONTRACT_KW = 900.0
BATTERY = Equipment(
    name="battery",
    kind="battery",
    parameters={
        "capacity_kwh": 200,
        "max_charge_kw": 100,
        "max_discharge_kw": 100,
        "charge_efficiency": 0.95,
        "discharge_efficiency": 0.95,
        "min_soc_share": 0.1,
        "max_soc_share": 0.9,
        "initial_soc_share": 0.5,
        "wear_krw_per_kwh": 0,
    },
)
GIVEN_UP = Equipment(
    name="line",
    kind="curtailable_load",
    parameters={
        "max_reduction_kw": 80,
        "max_energy_kwh_per_day": 24 * 80,
        "cost_krw_per_kwh": 3000,
        "earliest_start": "00:00",
        "latest_end": "24:00",
    },
)
MONTH_LIMIT_S, YEAR_LIMIT_S = 300.0, 3600.0
Powers = dict[str, KilowattArray]
"""Draw of each piece of equipment by name, shape (steps,)."""
Peaks = Mapping[str, float | None]
"""Counted peaks by billing month; None is not known."""


@dataclass(frozen=True, kw_only=True)
class Year:
    """A site with a year of load, and its prices."""

    site: Site
    history: LoadHistory
    prices: GridPrices

    @property
    def months(self) -> tuple[BilledMonth, ...]:
        """The billing months of the year."""
        return self.prices.months

    def before(self, peaks_kw: Peaks) -> Peaks:
        """Return the year before, whose months had the peaks of the same months of this one."""
        return {
            str(billed.month.earlier(MONTHS_PER_YEAR)): peaks_kw.get(billed.name)
            for billed in self.months
        }

    def peaks_kw(self, powers: Powers) -> dict[str, float]:
        """Return the counted peak of each month."""
        drawn_kw = self.history.demand_kw + sum(powers.values())
        return {
            billed.name: float(drawn_kw[billed.steps][self.prices.counted[billed.steps]].max())
            for billed in self.months
        }

    def problem(self, past_kw: Peaks) -> SiteProblem:
        """Return the year as one problem; months after it are not charged."""
        return _for_itself(self._problem(self.prices, self.history.demand_kw, past_kw))

    def month_problem(self, billed: BilledMonth, past_kw: Peaks) -> SiteProblem:
        """Return one month's problem, after the peaks of the months before it."""
        grid = TimeGrid(self.history.grid.at(int(billed.steps[0])), steps=billed.steps.size)
        prices = grid_prices(self.site.contract, grid, self.site.zone)
        return self._problem(prices, self.history.demand_kw[billed.steps], past_kw)

    def _problem(self, prices: GridPrices, load_kw: KilowattArray, past_kw: Peaks) -> SiteProblem:
        return tariff_problem(
            self.site,
            prices,
            BaseLoad(median_kw=load_kw, cautious_kw=load_kw, undrawn_kwh=0.0),
            history_of_peaks(self.site, prices, past_kw),
            issue_time=prices.grid.start,
        )


def main() -> list[Figure]:
    """Bill the year in every way."""
    if not BESIDE.exists():
        raise SystemExit(f"{BESIDE.name} does not lie beside the project: nothing is measured")
    year = _steel_year()
    unknown = year.before({})
    alone = _month_by_month(year, unknown, floors=False, priced=False)
    foreseen = year.before(year.peaks_kw(alone))
    ideal = solve(filled(year.problem(foreseen)), time_limit_s=YEAR_LIMIT_S)
    if not isinstance(ideal, Solution):
        raise SystemExit(f"the whole year: {ideal}")
    ways = {
        "months alone": alone,
        "floor known": _month_by_month(year, foreseen, floors=True, priced=False),
        "floor and ratchet priced": _month_by_month(year, foreseen, floors=True, priced=True),
        "the same, no peak of the year before known": _month_by_month(
            year, unknown, floors=True, priced=True
        ),
        "whole year at once": dict(ideal.equipment_kw),
    }
    pricing = pricing_of(year.problem(foreseen))
    resting = {asset.name: asset.usual_kw(year.history.grid) for asset in year.site.assets}
    nothing_krw = pricing.cost(resting).total_krw
    bills_krw = {way: pricing.cost(powers).total_krw for way, powers in ways.items()}
    figures = list(_figures(nothing_krw, bills_krw))
    write("ratchet", (__doc__ or "").strip(), figures)
    return figures


def _figures(nothing_krw: float, bills_krw: Mapping[str, float]) -> Iterator[Figure]:
    yield Figure(name="nothing done: bill of the year", value=nothing_krw / 1e6, unit="M won")
    for way, krw in bills_krw.items():
        yield Figure(name=f"{way}: bill of the year", value=krw / 1e6, unit="M won")
    *planned, ideal = bills_krw
    for way in planned:
        share = (nothing_krw - bills_krw[way]) / (nothing_krw - bills_krw[ideal])
        goal = 99.0 if way == "floor and ratchet priced" else None
        yield Figure(
            name=f"{way}: of the possible saving", value=100 * share, unit="%", at_least=goal
        )


def _steel_year() -> Year:
    with tempfile.TemporaryDirectory() as folder:
        measured = read_measured_firms(*write_measured_years(Path(folder)), now=datetime.now(UTC))
    (steel,) = (firm for firm in measured.firms if firm.firm_id == "steel")
    contract = Contract(power_kw=CONTRACT_KW, tariff_date=TARIFF_DATE)
    equipped = {"contract": contract, "equipment": (BATTERY, GIVEN_UP)}
    site = site_of(steel.model_copy(update=equipped))
    history = measured.histories["steel"]
    return Year(site=site, history=history, prices=grid_prices(contract, history.grid, site.zone))


def _month_by_month(year: Year, before_kw: Peaks, *, floors: bool, priced: bool) -> Powers:
    """Plan one month after the other, each on the peaks of the ones before it."""
    powers = {asset.name: np.zeros(year.history.grid.steps) for asset in year.site.assets}
    peaks_kw = dict(before_kw)
    for billed in year.months:
        problem = year.month_problem(billed, peaks_kw)
        if not priced:
            problem = _for_itself(problem)
        if not floors:
            problem = replace(problem, demand_floor_kw=np.zeros_like(problem.demand_floor_kw))
        outcome = schedule_site(problem, time_limit_s=MONTH_LIMIT_S)
        if not isinstance(outcome, Solved):
            raise SystemExit(f"{billed.name}: {outcome}")
        for name, power_kw in outcome.schedule.equipment_kw.items():
            powers[name][billed.steps] = power_kw
        peaks_kw[billed.name] = outcome.schedule.planned_peak_kw
    return powers


def _for_itself(problem: SiteProblem) -> SiteProblem:
    """Return a problem whose peak costs nothing in the months after it."""
    cuts = tuple(
        replace(
            cut,
            krw_per_kw=np.zeros(cut.krw_per_kw.shape),
            intercept_krw=np.zeros(cut.intercept_krw.shape),
        )
        for cut in problem.later_cuts
    )
    return replace(problem, later_cuts=cuts)


if __name__ == "__main__":
    print_figures(main())
