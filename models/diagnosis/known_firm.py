"""What can be told of a firm's electricity costs from all that was known at one moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from feature_store.entities.firm import Firm
from feature_store.errors import SandanError
from feature_store.point_in_time import Knowledge, Store
from feature_store.time_grid import INTERVAL, utc_instant
from models.diagnosis.contract_advice import Advice, advise
from models.tariffs.bill.errors import UnknownChangeError
from models.tariffs.bill.metered_energy import MeteredEnergy, metered_energy
from models.tariffs.bill.month_grid import month_grid
from models.tariffs.bill.monthly_bill import bills
from models.tariffs.bill.statement import NOTHING_PAST, Bill, PastMonths
from models.tariffs.bill.what_if import AS_DECLARED, WhatIf, changed
from models.tariffs.billed_demand import billed_demand_rule
from models.tariffs.billing_month import BillingMonth
from models.tariffs.expected_peaks import months_measured_for
from models.tariffs.switches import USUAL, Switches
from models.tariffs.value_of_kw import ValueOfKw, value_of_kw

ADVICE_DAYS = 750
"""The month under way, the twelve that are billed, and the eleven that the first one remembers."""


class MonthNotOverError(SandanError):
    """The billing month was not over at the moment asked about, so it has no bill yet."""


class MomentAheadError(SandanError):
    """The moment asked about has not come yet."""


@dataclass(frozen=True, kw_only=True)
class KnownFirm:
    """A firm and the door to its readings at one moment.

    Each question reads the readings that its answer rests on, and none older.
    """

    firm: Firm
    known: Knowledge

    @classmethod
    def at(cls, store: Store, firm_id: str, *, as_of: datetime | None, now: datetime) -> KnownFirm:
        """Return a firm as it was known at ``as_of``, or as it is known now if that is None.

        Raises:
            MomentAheadError: ``as_of`` lies after ``now``.
            NaiveTimeError: ``as_of`` has no offset from UTC.
            UnknownFirmError: No firm of that id was declared by then.
        """
        moment = now if as_of is None else as_of
        if utc_instant(moment, what="as_of") > utc_instant(now):
            raise MomentAheadError(
                f"{moment.isoformat()} has not come yet, now is "
                f"{now.isoformat(timespec='seconds')}; ask as of an earlier time or leave it out"
            )
        known = store.as_of(moment)
        return cls(firm=known.firm(firm_id), known=known)

    @property
    def local_moment(self) -> datetime:
        """The moment by the clock on the firm's wall."""
        return self.known.moment.astimezone(self.firm.zone)

    def bill(
        self,
        month: BillingMonth,
        *,
        what_if: WhatIf = AS_DECLARED,
        past: PastMonths = NOTHING_PAST,
        switches: Switches = USUAL,
    ) -> Bill:
        """Bill a month that is over, under the contract declared for its end or a changed one.

        What ``past`` tells of a month goes before its readings.

        Raises:
            MonthNotOverError: The month goes on at the moment; a part of one is no bill.
            NoTariffError: No table covers the month, or the class has no such voltage and option.
            NotEnoughReadingsError: No reading of the months that the bill looks at is known.
            TooManyMissingReadingsError: More of the month is missing than may be filled.
            UnknownChangeError: No contract can have what ``what_if`` says.
        """
        contract = changed(self.firm.contract, what_if)
        end = month_grid(month, contract.meter_reading_day, self.firm.zone).end
        if self.known.moment < end:
            raise MonthNotOverError(
                f"{self.firm.firm_id}: the billing month {month} ends at {end.isoformat()} and "
                f"this is as of {self.local_moment.isoformat(timespec='seconds')}; ask then, or "
                "for an earlier month"
            )
        then = self.known.firm(self.firm.firm_id, end - INTERVAL)
        contract = changed(then.contract, what_if)
        window_months = billed_demand_rule(contract, month).window_months
        readings = self._readings(days=self._days_since(month.earlier(window_months - 1)))
        return bills(contract, readings, months=[month], past=past, switches=switches)[0]

    def advice(self, last_change: date | None = None) -> Advice:
        """Bill the last year under every contract that the firm could have.

        Args:
            last_change: When the option was last changed; None if never, or not known.

        Raises:
            NotEnoughReadingsError: Less than eleven whole billing months are known.
            TooManyMissingReadingsError: A month has more gaps than a bill may fill.
            UnknownChangeError: ``last_change`` lies after the day of the moment.
        """
        day = self.local_moment.date()
        if last_change is not None and last_change > day:
            raise UnknownChangeError(
                f"last_change cannot be {last_change}, after the day of the advice {day}; write "
                "the day on which the option was last changed, or leave it out"
            )
        readings = self._readings(days=ADVICE_DAYS)
        return advise(self.firm.contract, readings, day=day, last_change=last_change)

    def value_of_kw(self) -> ValueOfKw:
        """Return what one more kW of the peak of the month under way costs.

        Without a reading in it and the twelve months before it is a
        :class:`NotEnoughReadingsError`.
        """
        contract, zone = self.firm.contract, self.firm.zone
        month = BillingMonth.of(self.local_moment.date(), contract.meter_reading_day)
        first, _ = months_measured_for(month)
        history = self.known.history(self.firm.firm_id, days=self._days_since(first))
        return value_of_kw(contract, history, month, zone)

    def _days_since(self, first: BillingMonth) -> int:
        """Whole days back from the moment that reach to the first day of ``first``."""
        begin = month_grid(first, self.firm.contract.meter_reading_day, self.firm.zone).start
        return -((begin - self.known.moment) // timedelta(days=1))

    def _readings(self, *, days: int) -> MeteredEnergy:
        firm_id = self.firm.firm_id
        return metered_energy(
            self.known.history(firm_id, days=days),
            self.known.reactive_energy(firm_id, days=days),
            self.firm.zone,
        )
