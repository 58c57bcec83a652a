"""Prices of a firm's billing month and what its peak costs, without any value of charge."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Self

import numpy as np

from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.time_grid import STEP, utc_instant
from models.dispatch.policy import Month
from models.dispatch.rest_of_month import Known, begin_of_day, first_midnight, month_left
from models.tariffs.billing_month import BillingMonth


@dataclass(frozen=True, kw_only=True)
class MonthBill:
    """What an interval of a month is billed by."""

    month: Month
    begins: np.datetime64
    """Instant of its first step."""

    @classmethod
    def of(cls, firm: Firm, history: LoadHistory, moment: datetime) -> Self:
        """Return the bill of the month that a moment lies in; any number of readings will do."""
        month = BillingMonth.of(begin_of_day(firm, moment).date(), firm.contract.meter_reading_day)
        first = first_midnight(firm, month)
        return cls(
            month=month_left(Known.of(firm, history, first, with_equipment=True)),
            begins=utc_instant(first),
        )

    def step_of(self, moment: datetime) -> int:
        """Return the step of the month that an interval has, told by its start."""
        return int((utc_instant(moment) - self.begins) // STEP)

    def krw_per_kwh(self, start: datetime) -> float:
        """Return the energy price of an interval."""
        return float(self.month.prices.krw_per_kwh[self.step_of(start)])

    def counted(self, start: datetime) -> bool:
        """Return whether the demand of an interval can set the billed peak."""
        charged = bool(len(self.month.peak_cost.above_kw))
        return charged and bool(self.month.prices.counted[self.step_of(start)])

    def free_kw(self, peak_kw: float) -> float:
        """Return up to which demand no bill of the month, or of those that remember it, rises.

        It is the counted peak so far, or what is billed anyway.
        """
        anyway_kw = self.month.peak_cost.above_kw
        return max(peak_kw, float(anyway_kw.min())) if len(anyway_kw) else peak_kw
