"""The rest of a firm's day, valued on its newest forecast: what set-points are looked up in."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.time_grid import (
    INTERVAL,
    STEP,
    STEPS_PER_DAY,
    STEPS_PER_HOUR,
    KilowattArray,
    TimeGrid,
    floor_to_step,
    utc_instant,
)
from models.dispatch.day_view import DayViews
from models.dispatch.days_left import ValuedDays
from models.dispatch.kept_values import KeptValues
from models.dispatch.known_load import ISSUE_EVERY_STEPS
from models.dispatch.made_forecasts import MadeForecasts
from models.dispatch.month_bill import MonthBill
from models.dispatch.policy import Month
from models.dispatch.running_day import RunningDay
from models.dispatch.running_month import RunningMonth, peak_so_far_kw
from models.forecasting.load_forecast import LoadForecast

KEPT_DAYS, KEPT_MONTHS = 128, 128
"""Running days and months kept, those asked for least lately go first: 1 MB and 0.5 MB each."""
DIGESTED_DAYS = 34
"""Days before an issue time whose readings tell running days apart; a correction of older ones is
seen when the next forecast is made."""


@dataclass(frozen=True, kw_only=True)
class LoadChange:
    """What accepted plans of other equipment add to the load beyond its usual operation."""

    grid: TimeGrid
    added_kw: KilowattArray
    """Shape (grid.steps,)."""


@dataclass(frozen=True, kw_only=True)
class KnownDay:
    """All that a day is valued by, as it was known at the issue time of its forecast."""

    firm: Firm
    history: LoadHistory
    forecast: LoadForecast
    """Of the load without the batteries, to the end of the day or beyond."""
    change: LoadChange | None = None
    is_live: bool = False
    """Whether the forecast is made at its own time: one made later may know what followed."""


@dataclass(frozen=True, kw_only=True)
class ValuedDay:
    """What charge and peak are worth from a forecast's issue time until the next one's."""

    firm_id: str
    month: Month
    """Of the firm's days left, all batteries as one store."""
    month_begins: np.datetime64
    """Instant of its first step."""
    views: DayViews
    """Which have seen no load yet."""
    forecast: LoadForecast
    days_valued_at: datetime
    """The midnight as of which the days left of the month were valued."""
    until: datetime
    """When the next forecast is made."""

    @property
    def bill(self) -> MonthBill:
        """What an interval of the month is billed by."""
        return MonthBill(month=self.month, begins=self.month_begins)

    def step_of(self, moment: datetime) -> int:
        """Return the step of the month that an interval has, told by its start."""
        return self.bill.step_of(moment)

    def views_after(self, since_kw: KilowattArray) -> DayViews:
        """Return the views that have seen the loads since the issue time; unknown ones are NaN."""
        views = self.views.copied()
        first = self.step_of(self.forecast.issue_time)
        for step, load_kw in enumerate(since_kw.tolist(), start=first):
            if np.isfinite(load_kw):
                views.seen(step, load_kw)
        return views


@dataclass(frozen=True, kw_only=True)
class ValuedDayStore:
    """The values of running days and months, computed once for each forecast and week."""

    days: KeptValues[ValuedDay] = field(default_factory=lambda: KeptValues(most=KEPT_DAYS))
    months: KeptValues[ValuedDays] = field(default_factory=lambda: KeptValues(most=KEPT_MONTHS))
    bills: KeptValues[MonthBill] = field(default_factory=lambda: KeptValues(most=KEPT_MONTHS))
    """Of running months whose batteries follow a plan, so that no day is valued."""
    made: MadeForecasts = field(default_factory=MadeForecasts)

    def of(self, digest: str, peak_kw: float, look: Callable[[], KnownDay]) -> ValuedDay:
        """Return a valued day that can be looked up at a peak.

        Args:
            digest: Of what the day depends on (:func:`digest_of_day`).
            peak_kw: The month's counted peak so far.
            look: Reads all of it; called only if the day is not valued yet.
        """
        valued = self.days.of(digest, lambda: self._value(look(), peak_kw))
        if valued.views.grid.peak_kw[0] <= peak_kw:
            return valued
        # A peak below the one that was told first was corrected; all peaks are valued then.
        return self.days.of(f"{digest} all peaks", lambda: self._value(look(), 0.0))

    def _value(self, known: KnownDay, peak_kw: float) -> ValuedDay:
        firm, forecast = known.firm, known.forecast
        issue_time = forecast.issue_time
        running = RunningMonth.of(firm, known.history, issue_time)
        position = int(running.table.position(np.array(utc_instant(issue_time))))
        day = running.day_of(position)
        if known.is_live:
            self.made.keep(forecast)
        left = running.days_left(day, self.made, self.months)
        left.added_kw = _added_kw(known.change, running)
        views = RunningDay.of(left, day).as_forecast(position, forecast.demand_kw, peak_kw)
        until = next_issue_time(issue_time, firm.zone)
        steps = int((utc_instant(until) - utc_instant(issue_time)) // STEP)
        return ValuedDay(
            firm_id=firm.firm_id,
            month=running.month,
            month_begins=running.table.first + running.month.first * STEP,
            views=views.of_steps(steps),
            forecast=forecast,
            days_valued_at=running.midnight_of(running.valued_on(day)),
            until=until,
        )


def digest_of_day(firm: Firm, recent: LoadHistory, issue_time: datetime, version: str) -> str:
    """Tell apart what a running day depends on.

    Args:
        firm: As declared.
        recent: At least ``DIGESTED_DAYS`` of readings, as known at the issue time.
        issue_time: Of the forecast.
        version: Of what forecasts.
    """
    told = hashlib.blake2b(firm.model_dump_json().encode(), digest_size=16)
    told.update(f"{issue_time.timestamp()} {version}".encode())
    steps = DIGESTED_DAYS * STEPS_PER_DAY
    told.update(recent.demand_on(TimeGrid(TimeGrid(issue_time, 1).at(-steps), steps)).tobytes())
    return told.hexdigest()


def issue_time_at(moment: datetime, zone: ZoneInfo) -> datetime:
    """Return when the newest forecast was to be made, the moment itself included.

    Example:
        >>> issue_time_at(datetime(2026, 7, 1, 9, 44, tzinfo=ZoneInfo("Asia/Seoul")),
        ...               ZoneInfo("Asia/Seoul")).isoformat()
        '2026-07-01T08:00:00+09:00'
    """
    return _first_on_time(floor_to_step(moment.astimezone(zone)), -INTERVAL, zone)


def next_issue_time(issue_time: datetime, zone: ZoneInfo) -> datetime:
    """Return when the forecast after one is made."""
    following = (issue_time.astimezone(UTC) + INTERVAL).astimezone(zone)
    return _first_on_time(following, INTERVAL, zone)


def known_peak_kw(firm: Firm, recent: LoadHistory, start: datetime) -> float:
    """Return the month's counted peak that the readings show before an interval."""
    before = np.where(recent.grid.starts < utc_instant(start), recent.demand_kw, np.nan)
    seen = LoadHistory(
        firm_id=recent.firm_id, grid=recent.grid, demand_kw=before, known_at=recent.known_at
    )
    return peak_so_far_kw(firm, seen, start)


def _first_on_time(moment: datetime, by: timedelta, zone: ZoneInfo) -> datetime:
    """Go on from a moment until the clock shows an even hour; it is asked at every set-point."""
    while moment.minute or moment.hour % (ISSUE_EVERY_STEPS // STEPS_PER_HOUR):
        moment = (moment.astimezone(UTC) + by).astimezone(zone)
    return moment


def _added_kw(change: LoadChange | None, running: RunningMonth) -> KilowattArray | None:
    if change is None:
        return None
    begins = running.table.first + running.month.first * STEP
    added_kw = np.zeros(running.month.steps)
    step = ((change.grid.starts - begins) // STEP).astype(np.int64)
    inside = (step >= 0) & (step < running.month.steps)
    added_kw[step[inside]] = change.added_kw[inside]
    return added_kw
