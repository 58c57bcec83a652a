"""What a firm's peak so far is worth at the end of each day left of its billing month."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.features.load_table import load_table
from feature_store.time_grid import (
    STEP,
    STEPS_PER_DAY,
    KilowattArray,
    TimeGrid,
    utc_instant,
)
from models.assets.battery import Battery
from models.dispatch.days_alike import REACH_DAYS
from models.dispatch.days_left import PEAK_REACH_DAYS, DaysLeft
from models.dispatch.known_load import KnownLoad
from models.dispatch.policy import Month, PeakCost
from models.dispatch.pooled_store import pooled_store
from models.dispatch.storage_value import DayPrices, Values
from models.site import Site, site_of
from models.tariffs.billing_month import BillingMonth
from models.tariffs.grid_prices import grid_prices
from models.tariffs.value_of_kw import value_of_kw

PAST_DAYS = 2 * REACH_DAYS
"""Readings looked at: days alike, and the months that lay off what the same reach before told."""
LEAST_WHOLE_DAYS = 28
"""Known days, all but an hour of each, among the last 120: every weekday four times."""


@dataclass(frozen=True, kw_only=True)
class RestOfMonth:
    """Expected cost of the days left, by the peak so far, at the battery's usual charge."""

    peak_kw: KilowattArray
    """Rising, shape (peaks,)."""
    end_krw: Values
    """At the end of today and of each day after it, shape (days, peaks)."""
    counted: tuple[bool, ...]
    """Whether the demand of a day counts, for each of these days."""

    def days_after(self, day: int) -> int:
        """Return how many days whose demand counts come after one of them."""
        return sum(self.counted[day + 1 :])


@dataclass(frozen=True, kw_only=True)
class Known:
    """What the rest of a firm's month is valued by: readings of days that are over, and the bill.

    Readings of the running day are not looked at, so a firm is valued once a day.
    """

    firm: Firm
    past: LoadHistory
    """Up to ``PAST_DAYS`` that end with the beginning of today, from the first known one on."""
    month: BillingMonth
    """That today lies in."""
    peak_cost: PeakCost
    """Of its peak, seen from the beginning of today."""

    @classmethod
    def of(
        cls, firm: Firm, known: LoadHistory, today: datetime, *, with_equipment: bool = False
    ) -> Known:
        """Look at what is known of the days before ``today``, a midnight of the firm's.

        Args:
            firm: Whose month it is.
            known: Readings; those of ``today`` and later ones are not looked at.
            today: When the days left begin.
            with_equipment: Whether what can be moved draws as it usually does, as where a plan has
                decided on it. Else its draw is taken out: a peak that a plan can take away is not
                counted on to come.
        """
        begins = utc_instant(today)
        before = np.where(known.grid.starts < begins, known.demand_kw, np.nan)
        month = BillingMonth.of(today.date(), firm.contract.meter_reading_day)
        value = value_of_kw(firm.contract, replace(known, demand_kw=before), month, firm.zone)
        grid = _past_grid(known, today)
        base_kw = known.demand_on(grid)
        if not with_equipment:
            base_kw = np.maximum(base_kw - _movable_kw(site_of(firm), grid), 0.0)
        return cls(
            firm=firm,
            past=LoadHistory(
                firm_id=firm.firm_id, grid=grid, demand_kw=base_kw, known_at=grid.starts + STEP
            ),
            month=month,
            peak_cost=PeakCost(
                krw_per_kw=np.array([charge.basic_krw_per_kw for charge in value.charges]),
                above_kw=np.array([charge.anyway_kw for charge in value.charges]),
            ),
        )

    @property
    def is_enough(self) -> bool:
        """Whether enough days are known to expect anything of those to come."""
        recent_kw = self.past.demand_kw[-PEAK_REACH_DAYS * STEPS_PER_DAY :]
        by_day_kw = recent_kw.reshape(-1, STEPS_PER_DAY)
        whole = np.isfinite(by_day_kw).all(axis=1).sum()
        return bool(whole >= LEAST_WHOLE_DAYS and np.nanmax(recent_kw) > 0)

    @property
    def digest(self) -> str:
        """What the values depend on, told apart."""
        told = hashlib.blake2b(self.firm.model_dump_json().encode(), digest_size=16)
        told.update(self.past.grid.start.isoformat().encode())
        for numbers in (self.past.demand_kw, self.peak_cost.krw_per_kw, self.peak_cost.above_kw):
            told.update(numbers.tobytes())
        return told.hexdigest()


def month_left(known: Known) -> Month:
    """Return the days left as a month to be lived, all batteries counting as one."""
    firm, today = known.firm, known.past.grid.end
    ends = utc_instant(first_midnight(firm, known.month.earlier(-1)))
    grid = TimeGrid(today, int((ends - utc_instant(today)) // STEP))
    prices = grid_prices(firm.contract, grid, firm.zone)
    return Month(
        name=str(known.month),
        first=known.past.grid.steps,
        prices=DayPrices(krw_per_kwh=prices.krw_per_kwh, counted=prices.counted),
        store=pooled_store(batteries_of(firm)),
        peak_cost=known.peak_cost,
    )


def rest_of_month(known: Known) -> RestOfMonth:
    """Value the days left, by a dynamic program over each of them; it takes about a second.

    All batteries count as one; without any it is what the load alone will make of the month.
    """
    month = month_left(known)
    table = load_table(known.firm, known.past, month.steps)
    left = DaysLeft(month=month, known=KnownLoad(table=table))
    left.value(0)
    soc_kwh = left.grid.soc_kwh
    place = float(np.interp(month.store.start_kwh, soc_kwh, np.arange(len(soc_kwh))))
    row = min(int(place), len(soc_kwh) - 2)
    above = place - row
    ends_krw = [left.end_krw(day) for day in range(len(left.days))]
    return RestOfMonth(
        peak_kw=left.grid.peak_kw,
        end_krw=np.stack([(1 - above) * end[row] + above * end[row + 1] for end in ends_krw]),
        counted=tuple(
            bool(month.prices.counted[positions - month.first].any()) for positions in left.days
        ),
    )


def begin_of_day(firm: Firm, moment: datetime) -> datetime:
    """Return the midnight of the firm's that a moment's day began with."""
    return moment.astimezone(firm.zone).replace(hour=0, minute=0, second=0, microsecond=0)


def first_midnight(firm: Firm, month: BillingMonth) -> datetime:
    """Return the midnight of the firm's that a billing month begins with."""
    first = month.first_day(firm.contract.meter_reading_day)
    return datetime(first.year, first.month, first.day, tzinfo=firm.zone)


def batteries_of(firm: Firm) -> tuple[Battery, ...]:
    """Return the batteries that a firm declares, in their order."""
    return tuple(asset for asset in site_of(firm).assets if isinstance(asset, Battery))


def _past_grid(known: LoadHistory, today: datetime) -> TimeGrid:
    """Whole days up to today, without those before the first reading: they are no days."""
    steps = PAST_DAYS * STEPS_PER_DAY
    grid = TimeGrid(TimeGrid(today, 1).at(-steps), steps)
    told = np.flatnonzero(np.isfinite(known.demand_on(grid)))
    unknown_days = int(told[0]) // STEPS_PER_DAY if told.size else PAST_DAYS - 1
    first = unknown_days * STEPS_PER_DAY
    return TimeGrid(grid.at(first), steps - first)


def _movable_kw(site: Site, grid: TimeGrid) -> KilowattArray:
    """What equipment that can be scheduled usually draws; what it gives stays in the load."""
    metered = [asset for asset in site.assets if asset.in_readings]
    drawn_kw = [np.maximum(asset.usual_kw(grid), 0.0) for asset in metered]
    return sum(drawn_kw, start=np.zeros(grid.steps))
