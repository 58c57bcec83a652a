"""Two months of DER-VET's published bill reduction come out of the optimiser to the cent.

The example ``der_for_bill_reduction`` (see ``der_vet/LICENSE.txt``): hours of 2017, a battery of
1,575 kW and 9,450 kWh that loses 9 % when charged, 1,000 kW of solar, a time-of-use tariff with
7.016 $/kW a month. It plans the year at once, and publishes the bill of each month, 4,889,067.13 $
before and 4,422,052.12 $ after in all, and the state of charge of each hour. Between the states at
a month's ends its plan of the year is the cheapest of the month too.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest

from feature_store.entities.firm import Contract
from feature_store.time_grid import STEPS_PER_HOUR, TimeGrid
from models.assets.battery import Battery, BatteryParameters
from models.optimizer.base_load import BaseLoad
from models.optimizer.schedule import Solved
from models.optimizer.schedule_site import pricing_of, schedule_site
from models.optimizer.site_problem import SiteProblem
from models.site import Site
from models.tariffs.stated_prices import StatedPeak, StatedPrices

INPUTS = Path(__file__).parent / "der_vet"
MILLS = 1000
"""A dollar: prices are told in its thousandths, so that the solver's gap of 1 is one."""
DEMAND_PER_KW = 7.016
SOLAR_KW = 1000
WINTER = [(0, 0.054152), (8, 0.062392), (21, 0.054152)]
SUMMER = [(0, 0.049672), (8, 0.086152), (12, 0.262392), (18, 0.086152), (23, 0.049672)]
"""Dollars a kWh from an hour on, Monday to Friday; at weekends that of midnight all day."""


@dataclass(frozen=True, kw_only=True)
class Published:
    """A month, in dollars and kWh."""

    month: str
    prices: list[tuple[int, float]]
    energy_before: float
    demand_before: float
    energy_after: float
    demand_after: float
    start_kwh: float
    end_kwh: float
    to_end_as_it_began: float
    """What ending as full as it began costs more than ending at ``end_kwh``, by hand."""


JANUARY = Published(
    month="2017-01",
    prices=WINTER,
    energy_before=278_153.24,
    demand_before=69_919.23,
    energy_after=272_189.09,
    demand_after=55_910.39,
    start_kwh=4725.0,
    end_kwh=4299.75,
    # The last three hours charge at full power: 425.25 kWh less are sold in the mid-peak hours.
    to_end_as_it_began=425.25 * 0.062392,
)
JULY = Published(
    month="2017-07",
    prices=SUMMER,
    energy_before=497_687.27,
    demand_before=72_244.37,
    energy_after=437_808.00,
    demand_after=56_789.21,
    start_kwh=0.0,
    end_kwh=1433.25,
    # The last hour of the month, which charges at full power, is left out.
    to_end_as_it_began=-1575 * 0.049672,
)
both_months = pytest.mark.parametrize("published", [JANUARY, JULY], ids=["January", "July"])


def problem(published: Published) -> tuple[SiteProblem, np.ndarray]:
    """The month with its battery, and its load without solar."""
    hours = pl.read_csv(INPUTS / f"{published.month}.csv")
    start = datetime.fromisoformat(hours["hour_start"][0]).replace(tzinfo=UTC)
    grid = TimeGrid(start, steps=STEPS_PER_HOUR * len(hours))
    clock = grid.clock(ZoneInfo("UTC"))
    hour = clock.step_of_day // STEPS_PER_HOUR
    begins, of_begin = zip(*published.prices, strict=True)
    price = np.array(of_begin)[np.searchsorted(begins, hour, side="right") - 1]
    price = np.where(clock.weekday < 5, price, of_begin[0])
    site_kw = np.repeat(hours["site_load_kw"].to_numpy(), STEPS_PER_HOUR)
    solar_kw = SOLAR_KW * np.repeat(hours["solar_kw_per_kw"].to_numpy(), STEPS_PER_HOUR)
    month = StatedPeak(
        name="month",
        basic_krw_per_kw=MILLS * DEMAND_PER_KW,
        counted_steps=np.arange(grid.steps),
    )
    battery = BatteryParameters(
        capacity_kwh=9450,
        max_charge_kw=1575,
        max_discharge_kw=1575,
        charge_efficiency=0.91,
        discharge_efficiency=1.0,
        min_soc_share=0.0,
        max_soc_share=1.0,
        initial_soc_share=published.start_kwh / 9450,
        wear_krw_per_kwh=0,
    )
    return SiteProblem(
        site=Site(
            firm_id="der_vet",
            zone=ZoneInfo("UTC"),
            contract=Contract(power_kw=20_000),
            assets=(Battery(name="BESS", parameters=battery),),
        ),
        issue_time=start,
        prices=StatedPrices(grid=grid, krw_per_kwh=MILLS * price, months=(month,)),
        base=load(site_kw - solar_kw),
        demand_floor_kw=np.zeros(1),
    ), site_kw


def load(kw: np.ndarray) -> BaseLoad:
    return BaseLoad(median_kw=kw, cautious_kw=kw, undrawn_kwh=0.0)


@both_months
def test_the_bill_before_is_the_published_one(published):
    whole, site_kw = problem(published)
    alone = replace(whole, site=replace(whole.site, assets=()), base=load(site_kw))
    cost = pricing_of(alone).cost({})
    assert cost.energy_krw / MILLS == pytest.approx(published.energy_before, abs=0.006)
    assert cost.demand_krw / MILLS == pytest.approx(published.demand_before, abs=0.006)


@both_months
def test_the_bill_after_is_the_published_one(published):
    outcome = schedule_site(problem(published)[0], time_limit_s=120)
    assert isinstance(outcome, Solved)
    cost = outcome.schedule.planned_cost
    after = published.energy_after + published.demand_after + published.to_end_as_it_began
    assert cost.total_krw / MILLS == pytest.approx(after, abs=0.05)
    assert cost.demand_krw / MILLS == pytest.approx(published.demand_after, abs=0.05)
    assert outcome.gap_krw is not None
    assert outcome.gap_krw < 0.1 * MILLS
