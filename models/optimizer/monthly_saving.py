"""A month's saving, projected from one schedule."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from feature_store.calendar.closed_days import closed_days
from feature_store.entities.firm import Firm
from feature_store.time_grid import SATURDAY, STEPS_PER_DAY, weekdays
from models.optimizer.schedule import Schedule
from models.tariffs.billing_month import BillingMonth
from models.tariffs.dated import LocalDates


def saved_krw_per_month(schedule: Schedule, firm: Firm) -> float:
    """Project what plans like this one save in the billing month that it begins in.

    A projection, not a promise: the demand charge is saved once (if the horizon touches two
    billing months, the mean of the two), and it is saved only if the peak is held down for the
    whole month; what the ratchet saves in later months is left out. What is saved on energy less
    wear, per working day of the horizon, is taken for every working day of the month: Monday to
    Friday without the days the firm is closed. A horizon without a working day counts its energy
    saving once.
    """
    day = firm.contract.meter_reading_day
    start = schedule.grid.start.astimezone(firm.zone).date()
    month = BillingMonth.of(start, day)
    last = BillingMonth.of(
        (schedule.grid.end - timedelta(seconds=1)).astimezone(firm.zone).date(), day
    )
    usual, planned = schedule.usual_cost, schedule.planned_cost
    demand_krw = usual.month_demand_krw - planned.month_demand_krw
    demand_krw /= last.number - month.number + 1
    energy_krw = usual.energy_krw + usual.wear_krw - planned.energy_krw - planned.wear_krw

    dates = schedule.grid.clock(firm.zone).date
    planned_days = _working_days(firm, dates) / STEPS_PER_DAY
    if not planned_days:
        return demand_krw + energy_krw
    first, end = month.first_day(day), month.earlier(-1).first_day(day)
    month_dates = np.arange(np.datetime64(first, "D"), np.datetime64(end, "D"))
    return demand_krw + energy_krw / planned_days * _working_days(firm, month_dates)


def _working_days(firm: Firm, dates: LocalDates) -> int:
    """Count the dates, repeated ones too, on which the firm usually works."""
    return int(((weekdays(dates) < SATURDAY) & ~closed_days(firm, dates)).sum())
