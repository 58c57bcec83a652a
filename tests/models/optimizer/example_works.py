"""One small works with every kind of equipment, its readings and its forecasts."""

from datetime import datetime

import numpy as np

from feature_store.entities.firm import Contract, Equipment, Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.time_grid import STEP, TimeGrid
from models.forecasting.load_forecast import QUANTILES, LoadForecast
from tests.builders import SEOUL, a_firm

WEDNESDAY = datetime(2026, 6, 17, tzinfo=SEOUL)
"""An ordinary working day under the summer hours of 2026: peak 15-21 h, mid 8-15 and 21-22 h."""

BATTERY = {
    "capacity_kwh": 400,
    "max_charge_kw": 100,
    "max_discharge_kw": 100,
    "charge_efficiency": 0.95,
    "discharge_efficiency": 0.95,
    "min_soc_share": 0.1,
    "max_soc_share": 0.9,
    "initial_soc_share": 0.5,
    "wear_krw_per_kwh": 20,
}
KILN = {
    "profile_kw": [90.0] * 8,
    "usual_start": "15:00",
    "earliest_start": "08:00",
    "latest_end": "24:00",
    "days": [0, 1, 2, 3, 4],
}
MIXER = {
    "profile_kw": [60.0, 60.0, 60.0, 30.0],
    "usual_start": "10:00",
    "earliest_start": "06:00",
    "latest_end": "20:00",
    "days": [0, 1, 2, 3, 4],
}
CHILLER = {
    "max_reduction_kw": 50,
    "max_energy_kwh_per_day": 100,
    "cost_krw_per_kwh": 300,
    "earliest_start": "08:00",
    "latest_end": "22:00",
}
ROOF = {"peak_kw": 100, "tilt_deg": 10, "azimuth_deg": 180}

ESS = Equipment(name="ESS", kind="battery", parameters=BATTERY)
KILN_JOB = Equipment(name="kiln", kind="shiftable_job", parameters=KILN)
MIXER_JOB = Equipment(name="mixer", kind="shiftable_job", parameters=MIXER)
CHILLER_LOAD = Equipment(name="chiller", kind="curtailable_load", parameters=CHILLER)
ROOF_SOLAR = Equipment(name="roof", kind="solar", parameters=ROOF)
EVERYTHING = (ESS, KILN_JOB, MIXER_JOB, CHILLER_LOAD, ROOF_SOLAR)


def works(*equipment: Equipment, **contract) -> Firm:
    """A works with 1,000 kW contract power and the equipment named."""
    return a_firm("works", contract=Contract(**{"power_kw": 1000} | contract), equipment=equipment)


def a_day_shape(steps: int = 96, *, night_kw: float = 150, day_kw: float = 400) -> np.ndarray:
    """A load that is higher from 8 to 19 h, from midnight on."""
    hour = np.arange(steps) // 4 % 24
    return np.where((hour >= 8) & (hour < 19), day_kw, night_kw).astype(float)


def forecast_of(
    median_kw: np.ndarray, *, start: datetime = WEDNESDAY, spread_kw: float = 0.0
) -> LoadForecast:
    """A forecast with the same spread at every step; the 0.8 quantile lies 0.3 of it above."""
    shape = np.array(QUANTILES) - 0.5
    return LoadForecast(
        firm_id="works",
        issue_time=start,
        grid=TimeGrid(start, steps=len(median_kw)),
        demand_kw=np.maximum(np.asarray(median_kw)[:, None] + spread_kw * shape, 0.0),
        model_version="made-up/1",
    )


def history_of(peak_kw: float = 0.0, *, start: datetime | None = None) -> LoadHistory:
    """The days of June before ``WEDNESDAY``, at one level all the time."""
    grid = TimeGrid(start or datetime(2026, 6, 8, tzinfo=SEOUL), steps=9 * 96)
    return LoadHistory(
        firm_id="works",
        grid=grid,
        demand_kw=np.full(grid.steps, peak_kw),
        known_at=grid.starts + STEP,
    )
