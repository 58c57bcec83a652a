"""Histories whose billing months each have one level of demand: the level is the counted peak."""

from collections.abc import Mapping
from datetime import datetime, time

import numpy as np

from feature_store.entities.load_history import LoadHistory
from feature_store.time_grid import STEP, TimeGrid
from models.tariffs.billing_month import BillingMonth, billing_month_numbers
from tests.builders import SEOUL


def month(text: str) -> BillingMonth:
    """The billing month written as 2026-07."""
    return BillingMonth(*map(int, text.split("-")))


def history_of_levels(
    level_kw: Mapping[BillingMonth, float], *, meter_reading_day: int = 1
) -> LoadHistory:
    """Every interval of each month at its level; months between that are not named are gaps."""
    first, last = min(level_kw), max(level_kw)
    start = datetime.combine(first.first_day(meter_reading_day), time(), SEOUL)
    end = datetime.combine(last.earlier(-1).first_day(meter_reading_day), time(), SEOUL)
    grid = TimeGrid(start, steps=int((end - start).total_seconds()) // 900)
    numbers = billing_month_numbers(grid.clock(SEOUL).date, meter_reading_day)
    demand_kw = np.full(grid.steps, np.nan)
    for named, kw in level_kw.items():
        demand_kw[numbers == named.number] = kw
    return LoadHistory(
        firm_id="works",
        grid=grid,
        demand_kw=demand_kw,
        known_at=np.where(np.isnan(demand_kw), np.datetime64("NaT", "s"), grid.starts + STEP),
    )
