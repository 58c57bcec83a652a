"""What many issue times see: each the readings known by then, and the calendar around it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import Any, TypeVar

import numpy as np

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
from feature_store.features.loops import faded_means, means_around
from feature_store.features.seen_weather import SeenWeather, seen_weather
from feature_store.time_grid import (
    INTERVAL,
    STEPS_PER_DAY,
    STEPS_PER_WEEK,
    Instants,
    KilowattArray,
    utc_instant,
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
    _around_kw: dict[int, KilowattArray] = field(default_factory=dict, repr=False)
    """Mean deviations of so many steps before and after: several days are asked for."""

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

    def whole_days(self, day: IntArray, first_issue: int = 0) -> KilowattArray:
        """Load seen on days, shape (n, issues, days), at every clock step: one axis more.

        A day is read in one run. That is cheaper than step by step, and leads of one day share it.
        The issues may be only some that follow each other, from ``first_issue`` on.
        """
        issues = first_issue + np.arange(day.shape[1])
        asking = np.broadcast_to(issues[:, None], day.shape).ravel()
        day, shape = day.ravel(), day.shape
        ended = self.days.slot_of[day, 0] + STEPS_PER_DAY
        seen_kw = self.readings.spans(asking, ended, self.issue[asking], STEPS_PER_DAY)
        broken = np.flatnonzero(~self.days.unbroken[day])
        if len(broken):
            asking = asking[broken]
            slot = self.days.slot_of[day[broken]]
            seen_kw[broken] = self.readings.of_issues(asking).seen(slot, self.issue[asking])
        return seen_kw.reshape(*shape, STEPS_PER_DAY)

    @cached_property
    def target_days(self) -> IntArray:
        """Local days from each issue time's own to its last target's, shape (issues, days).

        Where another issue time's last target lies further ahead, the last is told again.
        """
        ahead = np.arange(int((self.target_day - self.issue_day).max()) + 1)
        return np.minimum(self.issue_day + ahead, self.target_day.max(axis=1, keepdims=True))

    @cached_property
    def target_place(self) -> IntArray:
        """Place of each target's day in ``target_days``, all in one, shape (issues, leads)."""
        begin = np.arange(len(self.issue))[:, None] * self.target_days.shape[1]
        return begin + (self.target_day - self.issue_day)

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
        day = self.days.day_at(slot)
        days = self.issue_day - np.arange(int((self.issue_day - day).max()) + 1)
        of_kind = self.of_firms.of_kind
        place = self._place(of_kind, self.kind(days), days)
        back = np.arange(PROFILE_DAYS)[:, None, None]
        profile_kw = faded_mean(self.whole_days(of_kind.take(place + back)))
        begin = np.arange(len(days))[:, None] * days.shape[1]
        at = (begin + self.issue_day - day) * STEPS_PER_DAY + self.days.step_at(slot)
        return self.last(DEVIATION_STEPS) - profile_kw.take(at)

    def deviation_around(self, day: IntArray, steps: int) -> KilowattArray:
        """Mean deviation at the targets' clock steps of days, ``steps`` before and after included.

        Shape (issues, leads); nothing is known outside of the last ``DEVIATION_STEPS``.
        """
        if steps not in self._around_kw:
            self._around_kw[steps] = means_around(self.deviation_kw, steps)
        around_kw = self._around_kw[steps]
        most = around_kw.shape[1] - 1
        place = self.days.slot_on(day, self.target_step) - self.issue[:, None]
        place += DEVIATION_STEPS + steps + 1
        np.clip(place, 0, most, out=place)
        return around_kw.take(place + np.arange(len(place))[:, None] * (most + 1))

    @cached_property
    def target_likeness(self) -> IntArray:
        """Which of the columns of ``of_kind_once_kw`` is each target's, shape (issues, leads)."""
        labels = self.of_firms.of_kind.shape[1]
        kind = self.kind(self.target_days).take(self.target_place)
        key = np.arange(len(self.issue))[:, None] * labels + kind
        key = key * STEPS_PER_DAY + self.target_step
        asked = np.zeros(len(self.issue) * labels * STEPS_PER_DAY, dtype=np.bool_)
        asked[key] = True
        return (np.cumsum(asked) - 1).take(key)

    @cached_property
    def of_kind_once_kw(self) -> KilowattArray:
        """Load on the last days of a target's kind at its step, newest first, (PROFILE_DAYS, n).

        Told once for the targets of an issue time that are of one kind at one clock step: these
        are told by the same days.
        """
        days_kw, at = self._on_earlier(self.of_firms.of_kind, self.kind(self.target_days))
        which = self.target_likeness.ravel()
        one = np.empty(int(which.max()) + 1, dtype=np.int64)
        one[which] = np.arange(len(which))
        return days_kw.take(at.take(one), axis=1)

    @cached_property
    def of_kind_kw(self) -> KilowattArray:
        """Load at each target's step on the last days of its kind, newest first.

        Shape (issues, leads, PROFILE_DAYS); of days whose value at the clock step was known, so of
        today too at steps gone by.
        """
        return np.moveaxis(self.of_kind_once_kw.take(self.target_likeness, axis=1), 0, -1)

    @cached_property
    def of_group_kw(self) -> KilowattArray:
        """The same of the days of its weekday, shape (issues, leads, GROUP_DAYS)."""
        days_kw, at = self._on_earlier(self.of_firms.of_group, self.group(self.target_days))
        return np.moveaxis(days_kw.take(at, axis=1), 0, -1)

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
        return self.profile_once_kw.take(self.target_likeness)

    @cached_property
    def profile_once_kw(self) -> KilowattArray:
        """The same of each column of ``of_kind_once_kw``, shape (n,)."""
        return faded_mean(self.of_kind_once_kw)

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

    def _on_earlier(self, earlier: IntArray, label: IntArray) -> tuple[KilowattArray, IntArray]:
        """Load on the last days of the target days' labels that are known at the targets' steps.

        Returns:
            Day by day, newest first, shape (back, n), so that numpy meets long rows; and which of
            each are at the targets' steps, shape (issues, leads).
        """
        before = self.issue_day[..., None] + np.arange(2)  # today counts for steps gone by
        place = self._place(earlier, label[..., None], before)
        back = np.arange(earlier.shape[-1]).reshape(-1, 1, 1)
        days_kw = self.whole_days(earlier.take(place.reshape(1, len(place), -1) + back))
        gone_by = self.target_step < self.issue_step
        at = (2 * self.target_place + gone_by) * STEPS_PER_DAY + self.target_step
        return days_kw.reshape(len(back), -1), at

    def _mean_of_kind(
        self, before: IntArray, slot: IntArray, kind: IntArray | None = None
    ) -> KilowattArray:
        """Profile of slots from days of their kind, or another, before a day; (issues, n) each."""
        day, step = self.days.day_at(slot), self.days.step_at(slot)
        of_kind = self.of_firms.of_kind
        place = self._place(of_kind, self.kind(day) if kind is None else kind, before)
        days = of_kind.take(place[..., None] + np.arange(PROFILE_DAYS))
        return faded_mean(np.moveaxis(self.on(days, step[..., None]), -1, 0))

    def _place(self, earlier: IntArray, label: IntArray, before: IntArray) -> IntArray:
        """Where the days of labels before days begin in a table of earlier days."""
        _, labels, days, back = earlier.shape
        calendar = self.calendar.reshape(-1, *(1,) * (label.ndim - 1))
        return ((calendar * labels + label) * days + before) * back


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
    earliest = np.minimum.reduceat(issue, begins)
    first = earliest - REACH_STEPS
    last = np.maximum.reduceat(issue + lead.max(axis=1), begins) + STEPS_PER_DAY
    days = local_days(asked[0].firm.zone, int(first.min()), int(last.max()))
    of_firms, calendar = firm_days(days, [one.firm for one in asked])
    told = slots(np.array([utc_instant(one.history.grid.start) for one in asked]))
    first = np.maximum(first, np.minimum(told, earliest) - RECENT_STEPS)  # before, nothing is known
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


def faded_mean(days_kw: KilowattArray) -> KilowattArray:
    """Mean of the loads of days, newest first on the first axis, newer ones weighing more."""
    of_day = days_kw.shape[1:]
    return faded_means(days_kw.reshape(len(days_kw), -1), PROFILE_WEIGHTS).reshape(of_day)
