"""A few days of a site with a job or a reducible load, small enough to be worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np

from feature_store.entities.firm import Equipment
from feature_store.entities.job_relation import JobRelation
from feature_store.features.load_table import load_table
from feature_store.time_grid import STEPS_PER_DAY, STEPS_PER_HOUR, TimeGrid
from models.dispatch.flexible_load import FlexibleLoad
from models.dispatch.known_load import Forecasts, KnownLoad
from models.dispatch.policy import Month, PeakCost
from models.dispatch.storage_value import DayPrices
from models.dispatch.store import Store
from models.forecasting.load_forecast import QUANTILES
from models.site import site_of
from tests.builders import MONDAY, a_firm, a_history

PAST_DAYS = 28
KRW_PER_KW, KRW_PER_KWH = 8000.0, 100.0
NO_STORE = Store(
    least_kwh=0.0,
    most_kwh=1.0,
    charge_kw=1e-9,
    discharge_kw=1e-9,
    charge_efficiency=1.0,
    discharge_efficiency=1.0,
    wear_krw_per_kwh=0.0,
    start_kwh=0.5,
)
"""A battery that gives next to nothing."""
JOB = Equipment(
    name="kiln",
    kind="shiftable_job",
    parameters={
        "profile_kw": [50.0] * STEPS_PER_HOUR,
        "usual_start": "10:00",
        "earliest_start": "08:00",
        "latest_end": "20:00",
        "days": [0, 1, 2, 3, 4],
    },
)
REDUCIBLE = Equipment(
    name="chiller",
    kind="curtailable_load",
    parameters={
        "max_reduction_kw": 30,
        "max_energy_kwh_per_day": 15,
        "cost_krw_per_kwh": 300,
        "earliest_start": "13:00",
        "latest_end": "16:00",
    },
)


def a_day_kw(*, above_kw: float, first_hour: int, hours: int) -> np.ndarray:
    """100 kW, and more for some hours."""
    day_kw = np.full(STEPS_PER_DAY, 100.0)
    day_kw[first_hour * STEPS_PER_HOUR : (first_hour + hours) * STEPS_PER_HOUR] += above_kw
    return day_kw


def some_days(
    day_kw: np.ndarray,
    *equipment: Equipment,
    days: int = 3,
    store: Store = NO_STORE,
    relations: tuple[JobRelation, ...] = (),
) -> tuple[Month, KnownLoad]:
    """Days from a Monday on, billed as a month; every day before and in it draws ``day_kw``."""
    firm = a_firm(equipment=equipment, job_relations=relations, holiday_country=None)
    site = site_of(firm)
    start = MONDAY - timedelta(days=PAST_DAYS)
    history = a_history(np.tile(day_kw, PAST_DAYS + days), start=start)
    first, steps = PAST_DAYS * STEPS_PER_DAY, days * STEPS_PER_DAY
    month = Month(
        name="some days",
        first=first,
        prices=DayPrices(
            krw_per_kwh=np.full(steps, KRW_PER_KWH), counted=np.ones(steps, dtype=bool)
        ),
        store=store,
        peak_cost=PeakCost(krw_per_kw=np.array([KRW_PER_KW]), above_kw=np.zeros(1)),
        flexible=FlexibleLoad(grid=TimeGrid(MONDAY, steps), site=site),
    )
    return month, KnownLoad(table=load_table(firm, history, 0))


def foretold(month: Month, known: KnownLoad) -> KnownLoad:
    """The same with forecasts that are right, made every two hours."""
    issue = np.arange(month.first, month.first + month.steps, 2 * STEPS_PER_HOUR)
    day_kw = known.table.demand_kw[:STEPS_PER_DAY]
    ahead_kw = day_kw[(issue[:, None] + np.arange(STEPS_PER_DAY)) % STEPS_PER_DAY]
    quantiles_kw = np.repeat(ahead_kw[..., None], len(QUANTILES), axis=2)
    return replace(known, forecasts=Forecasts(issue=issue, quantiles_kw=quantiles_kw))
