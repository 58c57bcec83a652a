"""The daily peaks of the last thirteen billing months, and what this one is billed for so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby

from feature_store.entities.daily_load import DailyLoad
from feature_store.entities.firm import Firm
from feature_store.storage.daily_loads import DailyLoadStore
from models.tariffs.bill.ratchet import BilledDemand, billed_demand
from models.tariffs.billing_month import MONTHS_PER_YEAR, BillingMonth
from models.tariffs.peaks_of_days import peaks_of_days_kw
from serving.web.load_chart import round_ticks


@dataclass(frozen=True, kw_only=True)
class MonthPeak:
    """What a billing month's days add up to."""

    month: BillingMonth
    first_day: date
    """First day of it that is known."""
    last_day: date
    counted_kw: float | None
    """Highest demand in the hours that count for the bill; None if none of them is known."""
    highest: DailyLoad
    """The day of the highest demand at any hour."""
    kwh: float
    days_known: int
    """Days of which anything is known."""

    @property
    def name_day(self) -> date:
        """A day of the calendar month that the billing month is named by."""
        return date(self.month.year, self.month.month, 1)


@dataclass(frozen=True, kw_only=True)
class DailyPeaks:
    """What the figure shows."""

    first: date
    last: date
    days: tuple[DailyLoad, ...]
    """Those known, in order, at least one."""
    months: tuple[MonthPeak, ...]
    billed: BilledDemand
    """What the month under way is billed for, whatever happens in what is left of it."""
    contract_power_kw: float

    @property
    def billed_by(self) -> date | None:
        """A day of the month whose peak decides ``billed``; None if no peak does."""
        month = self.billed.month
        return None if month is None else date(month.year, month.month, 1)

    @property
    def highest(self) -> DailyLoad:
        """The day of the highest demand."""
        return max(self.days, key=lambda day: day.highest_kw)

    @property
    def top_kw(self) -> float:
        """The upper end of the axis, a round number above everything drawn."""
        drawn = max(self.highest.highest_kw, self.contract_power_kw, float(self.billed.kw))
        return round_ticks(drawn * 1.05)[-1]


def daily_peaks(store: DailyLoadStore, firm: Firm, *, now: datetime) -> DailyPeaks | None:
    """Read the peaks known now; None if no day of these months is known."""
    contract = firm.contract
    today = now.astimezone(firm.zone).date()
    month = BillingMonth.of(today, contract.meter_reading_day)
    first = month.earlier(MONTHS_PER_YEAR).first_day(contract.meter_reading_day)
    days = store.known(now, firm.firm_id, first=first, last=today)
    if not days:
        return None
    peaks_kw = peaks_of_days_kw(days, contract, firm.zone)
    return DailyPeaks(
        first=first,
        last=today,
        days=days,
        months=_months(days, contract.meter_reading_day, peaks_kw),
        billed=billed_demand(contract, month, peaks_kw),
        contract_power_kw=contract.power_kw,
    )


def _months(
    days: Sequence[DailyLoad], meter_reading_day: int, peaks_kw: Mapping[BillingMonth, float]
) -> tuple[MonthPeak, ...]:
    by_month = groupby(days, lambda day: BillingMonth.of(day.day, meter_reading_day))
    return tuple(_month(month, list(of_month), peaks_kw.get(month)) for month, of_month in by_month)


def _month(month: BillingMonth, days: list[DailyLoad], counted_kw: float | None) -> MonthPeak:
    return MonthPeak(
        month=month,
        first_day=days[0].day,
        last_day=days[-1].day,
        counted_kw=counted_kw,
        highest=max(days, key=lambda day: day.highest_kw),
        kwh=sum(day.kwh for day in days),
        days_known=len(days),
    )
