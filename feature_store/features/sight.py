"""What many issue times see: each the readings known by then, and the calendar around it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from feature_store.calendar.planned_outages import without_outages
from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.features.known_readings import KnownReadings, known_readings
from feature_store.features.load_table import REST_DAY, IntArray, kinds_of_weekdays
from feature_store.features.local_days import (
    PROFILE_DAYS,
    FirmDays,
    LocalDays,
    firm_days,
    local_days,
    slots,
)
from feature_store.features.seen_weather import SeenWeather, seen_weather
from feature_store.time_grid import (
    INTERVAL,
    STEPS_PER_DAY,
    STEPS_PER_WEEK,
    Instants,
    KilowattArray,
)

Made = TypeVar("Made")

LONGEST_LOOKBACK = timedelta(days=366 + 2)
"""Nothing older is looked at: days alike are sought up to a year back, and the day before each is
compared as well."""
REACH_STEPS = (LONGEST_LOOKBACK + timedelta(days=3)) // INTERVAL
"""Readings laid out before the first issue time: whole days, and clock changes among them."""
RECENT_STEPS = 4 * STEPS_PER_WEEK
"""Readings before the issue time that are looked at one by one: four weeks even out weekends."""
DEVIATION_STEPS = 2 * STEPS_PER_DAY + 2
"""How far back deviations are told: to the same time two days before, and half an hour around."""
PROFILE_WEIGHTS = np.power(0.85, np.arange(PROFILE_DAYS, dtype=np.float64))
"""Weight of the newest day of a kind, of the one before it, and so on."""


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
    weather: SeenWeather | None = None
    """None where no issue time sees any."""
    _made: dict[Callable[[Sight], Any], Any] = field(default_factory=dict, repr=False)

    @cached_property
    def target_day(self) -> IntArray:
        """Local day of each target, shape (issues, leads)."""
        return self.days.day_at(self.issue[:, None] + self.lead)

    @cached_property
    def target_step(self) -> IntArray:
        """Clock step of each target, shape (issues, leads)."""
        return self.days.step_at(self.issue[:, None] + self.lead)

    @cached_property
    def issue_day(self) -> IntArray:
        """Local day of each issue time, shape (issues, 1)."""
        return self.days.day_at(self.issue)[:, None]

    @cached_property
    def issue_step(self) -> IntArray:
        """Clock step of each issue time, shape (issues, 1)."""
        return self.days.step_at(self.issue)[:, None]

    @cached_property
    def newest_day(self) -> IntArray:
        """The last day whose value at each target's clock step is known, shape (issues, leads)."""
        return self.issue_day - 1 + (self.target_step < self.issue_step)

    def kind(self, day: IntArray) -> IntArray:
        """Kind of days, shape (issues, ...), to the firm of their issue time."""
        return self.of_firms.kind.take(self._of_calendar(day))

    def group(self, day: IntArray) -> IntArray:
        """Weekday that days, shape (issues, ...), are like to the firm of their issue time."""
        return self.of_firms.group.take(self._of_calendar(day))

    def on(self, day: IntArray, step: IntArray) -> KilowattArray:
        """Load seen on days at clock steps, shapes (issues, ...); NaN where none was known."""
        return self.readings.seen(self.days.slot_on(day, step), self.issue)

    @cached_property
    def recent_kw(self) -> KilowattArray:
        """Load seen before each issue time, newest last, shape (issues, RECENT_STEPS)."""
        return self.readings.before(self.issue, RECENT_STEPS)

    def last(self, steps: int) -> KilowattArray:
        """Load seen in the last ``steps`` before each issue time, shape (issues, steps)."""
        return self.recent_kw[:, -steps:]

    @cached_property
    def deviation_kw(self) -> KilowattArray:
        """Load less the profile from the days before its own, shape (issues, DEVIATION_STEPS)."""
        slot = self.issue[:, None] + np.arange(-DEVIATION_STEPS, 0)
        return self.last(DEVIATION_STEPS) - self._mean_of_kind(self.days.day_at(slot), slot)

    def deviation_around(self, day: IntArray, steps: int) -> KilowattArray:
        """Mean deviation at the targets' clock steps of days, ``steps`` before and after included.

        Shape (issues, leads); nothing is known outside of the last ``DEVIATION_STEPS``.
        """
        slot = self.days.slot_on(day, self.target_step)
        place = (slot - self.issue[:, None])[..., None] + np.arange(-steps, steps + 1)
        place += DEVIATION_STEPS
        inside = (place >= 0) & (place < DEVIATION_STEPS)
        begin = np.arange(len(slot))[:, None, None] * DEVIATION_STEPS
        found_kw = self.deviation_kw.take(np.clip(place, 0, DEVIATION_STEPS - 1) + begin)
        return mean_of_known(np.where(inside, found_kw, np.nan))[..., 0]

    @cached_property
    def of_kind_kw(self) -> KilowattArray:
        """Load at each target's step on the last days of its kind, newest first.

        Shape (issues, leads, PROFILE_DAYS); of days whose value at the clock step was known, so of
        today too at steps gone by.
        """
        of_kind = self.of_firms.of_kind
        return self._on_earlier(of_kind, self.kind(self.target_day))

    @cached_property
    def of_group_kw(self) -> KilowattArray:
        """The same of the days of its weekday, shape (issues, leads, GROUP_DAYS)."""
        of_group = self.of_firms.of_group
        return self._on_earlier(of_group, self.group(self.target_day))

    def days_of_kind(self, day: IntArray, step: IntArray) -> IntArray:
        """The last days of the kind of days that are known at clock steps, newest first.

        Days and steps have shape (issues, n), what is returned (issues, n, PROFILE_DAYS).
        """
        of_kind = self.of_firms.of_kind
        after_newest = self.issue_day + (step < self.issue_step)
        place = self._place(of_kind, self.kind(day), after_newest)
        return of_kind.take(place[..., None] + np.arange(of_kind.shape[-1]))

    @cached_property
    def profile_kw(self) -> KilowattArray:
        """Mean of the days of the target's kind, newer ones weighing more, (issues, leads)."""
        known = ~np.isnan(self.of_kind_kw)
        weight = np.where(known, PROFILE_WEIGHTS, 0.0)
        total = (np.where(known, self.of_kind_kw, 0.0) * weight).sum(axis=-1)
        return _over(total, weight.sum(axis=-1))

    @cached_property
    def profile_now_kw(self) -> KilowattArray:
        """The same at the issue time itself, shape (issues, 1)."""
        return self._mean_of_kind(self.issue_day, self.issue[:, None])

    @cached_property
    def profile_if_open_kw(self) -> KilowattArray:
        """Profile of the targets as if no day of theirs were a closed one, (issues, leads)."""
        target = self.issue[:, None] + self.lead
        usual = kinds_of_weekdays(self.of_firms.weekday[self.target_day])
        open_kw = self._mean_of_kind(self.newest_day + 1, target, usual)
        closed = (self.kind(self.target_day) == REST_DAY) & (usual != REST_DAY)
        return np.where(closed, open_kw, self.profile_kw)

    def once(self, make: Callable[[Sight], Made]) -> Made:
        """Return what ``make`` makes of this sight, made once however many ask for it."""
        if make not in self._made:
            self._made[make] = make(self)
        made: Made = self._made[make]
        return made

    def _of_calendar(self, day: IntArray) -> IntArray:
        """Places of days, shape (issues, ...), in the tables of (calendars, days)."""
        calendar = self.calendar.reshape(-1, *(1,) * (day.ndim - 1))
        return calendar * self.of_firms.kind.shape[1] + day

    def _on_earlier(self, earlier: IntArray, label: IntArray) -> KilowattArray:
        """Load at the targets' steps on the last days of a label that are known there."""
        back = earlier.shape[-1]
        place = self._place(earlier, label, self.newest_day + 1)
        days = earlier.take(place[..., None] + np.arange(back))
        return self.on(days, self.target_step[..., None])

    def _mean_of_kind(
        self, before: IntArray, slot: IntArray, kind: IntArray | None = None
    ) -> KilowattArray:
        """Profile of slots from days of their kind, or another, before a day; (issues, n) each."""
        day, step = self.days.day_at(slot), self.days.step_at(slot)
        of_kind = self.of_firms.of_kind
        place = self._place(of_kind, self.kind(day) if kind is None else kind, before)
        total, weights = np.zeros((2, *slot.shape))
        for number, weight in enumerate(PROFILE_WEIGHTS):
            seen_kw = self.on(of_kind.take(place + number), step)
            known = ~np.isnan(seen_kw)
            total += np.where(known, weight * seen_kw, 0.0)
            weights += np.where(known, weight, 0.0)
        return _over(total, weights)

    def _place(self, earlier: IntArray, label: IntArray, before: IntArray) -> IntArray:
        """Where the days of labels before days begin in a table of earlier days."""
        _, labels, days, back = earlier.shape
        return ((self.calendar[:, None] * labels + label) * days + before) * back


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
    readings = known_readings(
        [without_outages(one.firm, one.history) for one in asked], first, last
    )
    firm = np.repeat(np.arange(len(asked)), per_firm)
    return Sight(
        days=days,
        of_firms=of_firms,
        calendar=np.repeat(calendar, per_firm),
        readings=readings.of_issues(firm),
        issue=issue,
        lead=lead,
        weather=seen_weather([one.history.weather for one in asked], firm, issue),
    )


def mean_of_known(values: KilowattArray) -> KilowattArray:
    """Mean over the last axis, which is kept; NaN where nothing is known."""
    known = ~np.isnan(values)
    number = known.sum(axis=-1, keepdims=True)
    return _over(np.where(known, values, 0.0).sum(axis=-1, keepdims=True), number)


def _over(total: KilowattArray, weight: npt.NDArray[np.number[Any]]) -> KilowattArray:
    """A weighted mean; NaN where nothing has weight."""
    return total / np.where(weight > 0, weight, np.nan)
