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


def large_works_of_every_kind(seed: int, steps: int) -> Works:
    """Return a works with ten pieces of equipment, every kind among them, and most of their limits.

    Beside battery, roof and two unbroken jobs: a job that may pause, a cold room and a tank of
    cold, a charger, a generator, and a load whose reductions are steady and last for a while.
    """
    rng = np.random.default_rng(seed)
    battery, chiller, roof = _continuous()
    steady = dict(chiller.parameters) | {
        "min_reduction_kw": 40,
        "min_duration": "00:45",
        "max_duration": "02:00",
    }
    equipment = [battery, chiller.model_copy(update={"parameters": steady}), roof]
    equipment += [_job(rng, *job) for job in JOBS[:2]]
    equipment += [_pausing_job(rng), *_stores(rng), *_charger_and_generator(rng)]
    return _works(rng, f"every_kind_{seed}", equipment, steps)


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


def _pausing_job(rng: np.random.Generator) -> Equipment:
    usual = int(rng.integers(8, 12)) * STEPS_PER_HOUR
    return Equipment(
        name="pumps",
        kind="interruptible_job",
        parameters={
            "levels_kw": [30.0, 60.0],
            "energy_kwh": 60.0 * int(rng.integers(3, 6)),
            "usual_start": clock_text(usual),
            "earliest_start": "06:00",
            "latest_end": "22:00",
            "days": list(range(DAYS_PER_WEEK)),
            "min_on": "00:30",
            "min_off": "00:30",
            "max_starts": 4,
        },
    )


def _stores(rng: np.random.Generator) -> list[Equipment]:
    """A room kept between two temperatures, and a tank."""
    room = {
        "max_kw": 60,
        "coefficient_of_performance": 2.5,
        "min_celsius": -24,
        "max_celsius": -18,
        "usual_celsius": -20,
        "ambient_celsius": 25,
        "kwh_per_degree": 20,
        "loss_kw_per_degree": 0.8,
        "work_kw": float(rng.uniform(20.0, 60.0)),
        "work_start": "08:00",
        "work_end": "18:00",
    }
    tank = {
        "max_kw": 80,
        "coefficient_of_performance": 4.0,
        "capacity_kwh": 400,
        "usual_kwh": 100,
        "standing_loss_kw": 4,
        "loss_share_per_hour": 0.01,
        "work_kw": float(rng.uniform(60.0, 160.0)),
        "work_start": "09:00",
        "work_end": "20:00",
    }
    return [
        Equipment(name="cold room", kind="thermal_store", parameters=room),
        Equipment(name="tank", kind="thermal_store", parameters=tank),
    ]


def _charger_and_generator(rng: np.random.Generator) -> list[Equipment]:
    charger = {
        "max_kw": 50,
        "efficiency": 0.92,
        "arrivals": ["12:00", "18:00"],
        "departures": ["13:30", "07:00"],
        "energy_kwh": [float(rng.uniform(20.0, 50.0)), float(rng.uniform(100.0, 300.0))],
        "days": list(range(DAYS_PER_WEEK)),
        "overnight": True,
    }
    generator = {
        "min_kw": 60,
        "max_kw": 150,
        "fuel_krw_per_kwh": float(rng.uniform(170.0, 240.0)),
        "start_krw": 5000,
        "min_on": "01:00",
        "min_off": "01:00",
        "max_starts": 3,
    }
    return [
        Equipment(name="forklifts", kind="charger", parameters=charger),
        Equipment(name="diesel", kind="generator", parameters=generator),
    ]


def _load(rng: np.random.Generator, steps: int) -> KilowattArray:
    """Draw a load that is high by day, with noise that wanders, shape (steps,)."""
    hour = np.arange(steps) % STEPS_PER_DAY / STEPS_PER_HOUR
    by_day = np.exp(-(((hour - 14.0) / 4.5) ** 2))
    wander = np.cumsum(rng.normal(0.0, 12.0, steps))
    wander -= np.convolve(wander, np.ones(STEPS_PER_HOUR * 4) / (STEPS_PER_HOUR * 4), "same")
    level = rng.uniform(150.0, 300.0)
    return np.maximum(level + rng.uniform(200.0, 450.0) * by_day + wander, 20.0)
