"""A seeded family of works whose schedules can be checked against a solver fed by hand.

One works has a battery of 250 kW and 1 MWh, three unbroken jobs a day, a load that may be
curtailed, and a roof of 150 kW; its load and the windows of its jobs are drawn from the seed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np

from feature_store.entities.firm import Contract, Equipment, Firm
from feature_store.time_grid import (
    DAYS_PER_WEEK,
    STEPS_PER_DAY,
    STEPS_PER_HOUR,
    KilowattArray,
    TimeGrid,
)
from models.assets.clock_time import clock_text
from models.optimizer.base_load import BaseLoad
from models.optimizer.problem import SchedulingProblem, assemble
from models.site import Site, site_of
from models.tariffs.grid_prices import GridPrices, grid_prices
from models.tariffs.later_demand import demand_cuts, later_months

SEOUL = ZoneInfo("Asia/Seoul")
START = datetime(2026, 6, 15, tzinfo=SEOUL)
"""A Monday: a week from it holds five working days, a Saturday and a Sunday of the summer rates."""
FLOOR_KW = 300.0
BATTERY = {
    "capacity_kwh": 1000,
    "max_charge_kw": 250,
    "max_discharge_kw": 250,
    "charge_efficiency": 0.95,
    "discharge_efficiency": 0.95,
    "min_soc_share": 0.1,
    "max_soc_share": 0.9,
    "initial_soc_share": 0.5,
    "wear_krw_per_kwh": 20,
}
JOBS = (("press", 60.0, 12), ("kiln", 90.0, 8), ("mixer", 120.0, 6))
"""Name, power in kW and steps."""


@dataclass(frozen=True, kw_only=True)
class Works:
    """One member of the family over one grid."""

    site: Site
    prices: GridPrices
    base_kw: KilowattArray
    """Load that cannot be scheduled, shape (steps,)."""

    def problem(self) -> SchedulingProblem:
        """Return the product's problem, filled with the works' numbers."""
        scheduling = assemble(self.site, self.prices)
        groups = later_months(self.site.contract, self.prices)
        scheduling.fill(
            BaseLoad(median_kw=self.base_kw, cautious_kw=self.base_kw, undrawn_kwh=0.0),
            [FLOOR_KW] * len(self.prices.months),
            [demand_cuts(group, ()) for group in groups],
        )
        return scheduling


def works(seed: int, steps: int, *, jobs: bool = True) -> Works:
    """Return the works of ``seed`` for ``steps`` from ``START``."""
    rng = np.random.default_rng(seed)
    equipment = _continuous()
    if jobs:
        equipment += [_job(rng, *job) for job in JOBS]
    return _works(rng, f"works_{seed}", equipment, steps)


def large_works(seed: int, steps: int) -> Works:
    """Return a works with ten pieces of equipment: two batteries and six jobs among them."""
    rng = np.random.default_rng(seed)
    equipment = _continuous()
    equipment.append(equipment[0].model_copy(update={"name": "ESS 2"}))
    for number in range(2):
        equipment += [_job(rng, f"{name} {number}", kw, length) for name, kw, length in JOBS]
    return _works(rng, f"large_{seed}", equipment, steps)


def _continuous() -> list[Equipment]:
    """Battery, load that may be reduced, roof."""
    return [
        Equipment(name="ESS", kind="battery", parameters=BATTERY),
        Equipment(
            name="chiller",
            kind="curtailable_load",
            parameters={
                "max_reduction_kw": 80,
                "max_energy_kwh_per_day": 120,
                "cost_krw_per_kwh": 300,
                "earliest_start": "08:00",
                "latest_end": "22:00",
            },
        ),
        Equipment(
            name="roof",
            kind="solar",
            parameters={"peak_kw": 150, "tilt_deg": 10, "azimuth_deg": 180},
        ),
    ]


def _works(rng: np.random.Generator, firm_id: str, equipment: list[Equipment], steps: int) -> Works:
    firm = Firm(
        firm_id=firm_id,
        name_ko="견본 공장",
        name_en="Sample works",
        contract=Contract(power_kw=1500),
        equipment=tuple(equipment),
    )
    site = site_of(firm)
    grid = TimeGrid(START, steps=steps)
    return Works(
        site=site, prices=grid_prices(site.contract, grid, site.zone), base_kw=_load(rng, steps)
    )


def _job(rng: np.random.Generator, name: str, power_kw: float, steps: int) -> Equipment:
    earliest = int(rng.integers(6, 10)) * STEPS_PER_HOUR
    latest = int(rng.integers(19, 24)) * STEPS_PER_HOUR
    usual = int(rng.integers(earliest, latest - steps + 1))
    return Equipment(
        name=name,
        kind="shiftable_job",
        parameters={
            "profile_kw": [power_kw] * steps,
            "usual_start": clock_text(usual),
            "earliest_start": clock_text(earliest),
            "latest_end": clock_text(latest),
            "days": list(range(DAYS_PER_WEEK)),
        },
    )


def _load(rng: np.random.Generator, steps: int) -> KilowattArray:
    """Draw a load that is high by day, with noise that wanders, shape (steps,)."""
    hour = np.arange(steps) % STEPS_PER_DAY / STEPS_PER_HOUR
    by_day = np.exp(-(((hour - 14.0) / 4.5) ** 2))
    wander = np.cumsum(rng.normal(0.0, 12.0, steps))
    wander -= np.convolve(wander, np.ones(STEPS_PER_HOUR * 4) / (STEPS_PER_HOUR * 4), "same")
    level = rng.uniform(150.0, 300.0)
    return np.maximum(level + rng.uniform(200.0, 450.0) * by_day + wander, 20.0)
