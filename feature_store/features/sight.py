"""What many issue times see: each the readings known by then, and the calendar around it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

import numpy as np

from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.features.known_readings import KnownReadings, known_readings
from feature_store.features.load_table import IntArray
from feature_store.features.local_days import (
    PROFILE_REACH_DAYS,
    FirmDays,
    LocalDays,
    firm_days,
    local_days,
    slots,
)
from feature_store.time_grid import INTERVAL, STEPS_PER_DAY, Instants, KilowattArray

LONGEST_LOOKBACK = timedelta(days=PROFILE_REACH_DAYS + 1)
"""Nothing older is looked at: the days of a kind before the day before the issue time's."""
REACH_STEPS = (LONGEST_LOOKBACK + timedelta(days=3)) // INTERVAL
"""Readings laid out before the first issue time: whole days, and clock changes among them."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Issue times of one firm with their lead times: what a frame is asked for."""

    firm: Firm
    history: LoadHistory
    """Everything known now; each issue time sees of it only what was known then."""
    issue_times: Instants
    """UTC instants on the quarter hour, shape (issues,)."""
    leads: IntArray
    """Steps ahead, either shape (leads,) for all issue times alike or (issues, leads)."""

    def part(self, first: int, last: int) -> Asked:
        """Only the issue times from the first to before the last."""
        leads = self.leads if self.leads.ndim == 1 else self.leads[first:last]
        return Asked(
            firm=self.firm,
            history=self.history,
            issue_times=self.issue_times[first:last],
            leads=leads,
        )


@dataclass(frozen=True, kw_only=True)
class Profile:
    """What the last days of the target's kind looked like at its step, (issues, leads) each."""

    mean_kw: KilowattArray
    low_kw: KilowattArray
    """Second smallest (about the 0.15 quantile)."""
    high_kw: KilowattArray
    """Second largest (about the 0.85 quantile)."""
    last_kw: KilowattArray
    """The newest."""


@dataclass(frozen=True, kw_only=True)
class Sight:
    """What each of many issue times, of firms in one zone, sees.

    Every reading is reached through ``readings``, which shows an issue time what was known then
    and nothing else. A row depends on its own issue time and firm alone, never on what else is
    asked in the same call, so that training and serving get the same bits.
    """

    days: LocalDays
    of_firms: FirmDays
    calendar: IntArray
    """Which of the calendars each issue time keeps, shape (issues,)."""
    readings: KnownReadings
    issue: IntArray
    """Slot of the first unknown interval, shape (issues,)."""
    lead: IntArray
    """Steps from the issue time to the target, 0 and up, shape (issues, leads)."""

    @cached_property
    def target_day(self) -> IntArray:
        """Local day of each target, shape (issues, leads)."""
        return self.days.day_at(self.issue[:, None] + self.lead)

    @cached_property
    def target_step(self) -> IntArray:
        """Clock step of each target, shape (issues, leads)."""
        return self.days.step_at(self.issue[:, None] + self.lead)

    def kind(self, day: IntArray) -> IntArray:
        """Kind of days, shape (issues, ...), to the firm of their issue time."""
        return self.of_firms.kind.take(self._of_calendar(day))

    def closed(self, day: IntArray) -> IntArray:
        """1 for days, shape (issues, ...), on which the firm is closed, else 0."""
        return self.of_firms.closed.take(self._of_calendar(day)).astype(np.int64)

    def on(self, day: IntArray, step: IntArray) -> KilowattArray:
        """Load seen on days at clock steps, shapes (issues, ...); NaN where none was known."""
        return self.readings.seen(self.days.slot_on(day, step), self.issue)

    def last(self, steps: int) -> KilowattArray:
        """Load seen in the last ``steps`` before each issue time, shape (issues, steps)."""
        return self.readings.before(self.issue, steps)

    @cached_property
    def profile(self) -> Profile:
        """Of the days whose value at the clock step was known: today too at steps gone by."""
        shape = self.target_day.shape
        total, number, last = np.zeros(shape), np.zeros(shape), np.full(shape, np.nan)
        low, lowest = np.full((2, *shape), np.inf)
        high, highest = np.full((2, *shape), -np.inf)
        for seen in self._days_of_kind(
            self.kind(self.target_day), self._newest_day() + 1, self.target_step
        ):
            known = ~np.isnan(seen)
            number += known
            total += np.where(known, seen, 0.0)
            last = np.where(known, seen, last)
            small, large = np.where(known, seen, np.inf), np.where(known, seen, -np.inf)
            low, lowest = np.minimum(low, np.maximum(lowest, small)), np.minimum(lowest, small)
            high, highest = np.maximum(high, np.minimum(highest, large)), np.maximum(highest, large)
        several = number > 1
        return Profile(
            mean_kw=total / np.where(number, number, np.nan),
            low_kw=np.where(several, low, last),
            high_kw=np.where(several, high, last),
            last_kw=last,
        )

    def expected_before(self, steps: int) -> KilowattArray:
        """What the days before its day suggest of each of the last ``steps``, (issues, steps)."""
        slot = self.issue[:, None] + np.arange(-steps, 0)
        day, step = self.days.day_at(slot), self.days.step_at(slot)
        total, number = np.zeros((2, *slot.shape))
        for seen in self._days_of_kind(self.kind(day), day, step):
            known = ~np.isnan(seen)
            number += known
            total += np.where(known, seen, 0.0)
        return total / np.where(number, number, np.nan)

    def newest_at_target(self) -> KilowattArray:
        """The newest value known at each target's clock step, of today or the day before."""
        return self.on(self._newest_day(), self.target_step)

    def _of_calendar(self, day: IntArray) -> IntArray:
        """Places of days, shape (issues, n), in the tables of (calendars, days)."""
        return self.calendar[:, None] * self.of_firms.kind.shape[1] + day

    def _newest_day(self) -> IntArray:
        """The last day whose value at each target's clock step is known."""
        gone_by = self.target_step < self.days.step_at(self.issue)[:, None]
        return self.days.day_at(self.issue)[:, None] - 1 + gone_by

    def _days_of_kind(
        self, kind: IntArray, before: IntArray, step: IntArray
    ) -> Iterator[KilowattArray]:
        """Load seen at ``step`` on the last days of ``kind`` before a day, oldest first."""
        earlier = self.of_firms.earlier
        _, kinds, days, back = earlier.shape
        place = ((self.calendar[:, None] * kinds + kind) * days + before) * back
        for number in range(back):
            yield self.on(earlier.take(place + number), step)


def sight(asked: Sequence[Asked]) -> Sight:
    """Lay out what the issue times of ``asked`` see; firms of one zone, as many leads each."""
    per_firm = [len(one.issue_times) for one in asked]
    issue = np.concatenate([slots(one.issue_times) for one in asked])
    lead = np.concatenate(
        [
            np.broadcast_to(one.leads, (many, one.leads.shape[-1]))
            for one, many in zip(asked, per_firm, strict=True)
        ]
    )
    begins = np.concatenate([[0], np.cumsum(per_firm)[:-1]])
    first = np.minimum.reduceat(issue, begins) - REACH_STEPS
    last = np.maximum.reduceat(issue + lead.max(axis=1), begins) + STEPS_PER_DAY
    days = local_days(asked[0].firm.zone, int(first.min()), int(last.max()))
    of_firms, calendar = firm_days(days, [one.firm for one in asked])
    readings = known_readings([one.history for one in asked], first, last)
    return Sight(
        days=days,
        of_firms=of_firms,
        calendar=np.repeat(calendar, per_firm),
        readings=readings.of_issues(np.repeat(np.arange(len(asked)), per_firm)),
        issue=issue,
        lead=lead,
    )


def mean_of_known(values: KilowattArray) -> KilowattArray:
    """Mean over the last axis, which is kept; NaN where nothing is known."""
    known = ~np.isnan(values)
    number = known.sum(axis=-1, keepdims=True)
    total = np.where(known, values, 0.0).sum(axis=-1, keepdims=True)
    return total / np.where(number, number, np.nan)
