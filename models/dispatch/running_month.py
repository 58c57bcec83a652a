"""A firm's billing month under way, as it would be lived again from the days known by now."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

import numpy as np

from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.errors import NotEnoughReadingsError
from feature_store.features.load_table import LoadTable, load_table
from feature_store.time_grid import STEP, TimeGrid, to_datetime, utc_instant
from models.dispatch.days_left import DaysLeft, ValuedDays
from models.dispatch.kept_values import KeptValues
from models.dispatch.known_load import KnownLoad
from models.dispatch.made_forecasts import MadeForecasts
from models.dispatch.policy import Month
from models.dispatch.rest_of_month import (
    LEAST_WHOLE_DAYS,
    Known,
    begin_of_day,
    first_midnight,
    month_left,
)
from models.dispatch.stochastic import REFIT_DAYS
from models.tariffs.billing_month import BillingMonth
from models.tariffs.monthly_peaks import monthly_peaks_kw


@dataclass(frozen=True, kw_only=True)
class RunningMonth:
    """A month as the replay's policy begins it, and the load until a moment."""

    begun: Known
    """What was known when it began."""
    month: Month
    table: LoadTable
    """The load from the first day that is looked at; NaN from the moment on."""

    @classmethod
    def of(cls, firm: Firm, history: LoadHistory, moment: datetime) -> Self:
        """Lay out the month that a moment lies in.

        It begins with its first day, or, where too little was known by then, with the first day a
        week or weeks later by which enough was.

        Args:
            firm: Whose month it is.
            history: As known at the moment.
            moment: On a quarter hour.

        Raises:
            NotEnoughReadingsError: Too few days are known even now.
        """
        begun = _begun(firm, history, moment)
        month = month_left(begun)
        first = begun.past.grid.start
        known = TimeGrid(first, int((utc_instant(moment) - utc_instant(first)) // STEP))
        load = LoadHistory(
            firm_id=firm.firm_id,
            grid=known,
            demand_kw=history.demand_on(known),
            known_at=known.starts + STEP,
        )
        ahead = month.first + month.steps - known.steps
        return cls(begun=begun, month=month, table=load_table(firm, load, ahead))

    def day_of(self, position: int) -> int:
        """Return which day of the month a position lies on."""
        return int(self.table.day[position] - self.table.day[self.month.first])

    def valued_on(self, day: int) -> int:
        """Return the day on which what holds on a day was valued, as the replay does."""
        return day - day % REFIT_DAYS

    def midnight_of(self, day: int) -> datetime:
        """Return when a day of the month begins."""
        position = int(np.searchsorted(self.table.day, self.table.day[self.month.first] + day))
        return to_datetime(self.table.first + position * STEP, self.begun.firm.zone)

    def days_left(self, day: int, made: MadeForecasts, kept: KeptValues[ValuedDays]) -> DaysLeft:
        """Return the month's days, valued as on a day of it; kept from one asking to the next."""
        valued_on = self.valued_on(day)
        known = KnownLoad(table=self.table, forecasts=made.on(self.begun.firm.firm_id, self.table))
        left = DaysLeft(month=self.month, known=known)

        def value() -> ValuedDays:
            left.value(valued_on)
            return left.valued

        left.valued = kept.of(self._digest(left, valued_on), value)
        return left

    def _digest(self, left: DaysLeft, valued_on: int) -> str:
        """What the values depend on, told apart."""
        end = int(left.days[valued_on][0])
        told = hashlib.blake2b(self.begun.digest.encode(), digest_size=16)
        told.update(f"{self.month.name} {valued_on}".encode())
        told.update(self.table.demand_kw[self.month.first : end].tobytes())
        return told.hexdigest()


def peak_so_far_kw(firm: Firm, history: LoadHistory, moment: datetime) -> float:
    """Return the counted peak that the readings show of the month of a moment; 0 without any."""
    month = BillingMonth.of(moment.astimezone(firm.zone).date(), firm.contract.meter_reading_day)
    peaks_kw = monthly_peaks_kw(history, firm.contract, firm.zone, first=month, last=month)
    return max(peaks_kw.get(month, 0.0), 0.0)


def _begun(firm: Firm, history: LoadHistory, moment: datetime) -> Known:
    today = begin_of_day(firm, moment).date()
    month = BillingMonth.of(today, firm.contract.meter_reading_day)
    first = first_midnight(firm, month)
    for day in range(0, (today - first.date()).days + 1, REFIT_DAYS):
        begun = Known.of(firm, history, first + timedelta(days=day), with_equipment=True)
        if begun.is_enough:
            return begun
    raise NotEnoughReadingsError(
        f"{firm.firm_id}: fewer than {LEAST_WHOLE_DAYS} whole days of readings were known at the "
        f"beginning of {month} or on one of its weeks until now, too few to value charge by; "
        "import older readings, or declare battery_operation plan until they are known"
    )
