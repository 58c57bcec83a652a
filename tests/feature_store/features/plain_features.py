"""Every feature of one row, worked out with nothing but lists, loops and the words of the docs.

Time is counted in quarter hours since 1970 (*slots*), as whole numbers.
"""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from functools import cache, cached_property, lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np

from feature_store.calendar.closed_days import closed_days
from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.features.catalogue import NAMES
from tests.builders import a_firm

WORKDAY, SATURDAY, REST_DAY = 0, 1, 2
SUNDAY = 6
HOUR, DAY, WEEK = 4, 96, 7 * 96  # in slots
SECONDS = 900
ONE = timedelta(days=1)
PROFILE_DAYS, WEEKDAYS, PROFILE_REACH = 12, 4, 112
YEAR, MEMBERS = 366, 24


class PlainFirm:
    """One firm's readings with all their versions, and its calendar."""

    def __init__(self, firm: Firm, history: LoadHistory) -> None:
        """Keep of each interval what it told and from when to when that was known."""
        self.firm = firm
        self.found: dict[tuple[int, date], list[date]] = {}
        self.versions: dict[int, list[tuple[int, float, float]]] = {}
        slots = (history.grid.starts.astype(int) // SECONDS).tolist()
        known_at = history.known_at.astype("datetime64[s]").astype(int).tolist()
        for slot, kw, at in zip(slots, history.demand_kw.tolist(), known_at, strict=True):
            if not math.isnan(kw):
                self.versions.setdefault(slot, []).append((at, math.inf, kw))
        old = history.superseded
        for start, known_from, known_until, kw in zip(
            *(column.astype(int).tolist() for column in (old.start, old.known_from)),
            old.known_until.astype(int).tolist(),
            old.demand_kw.tolist(),
            strict=True,
        ):
            version = (known_from, known_until, kw)
            self.versions.setdefault(start // SECONDS, []).append(version)
        self.weather: dict[int, list[tuple[int, list[float]]]] = {}
        if history.weather is not None:
            told = history.weather.told
            for hour, at, *values in zip(
                told.hour.tolist(), told.known_at.tolist(), *told.values.tolist(), strict=True
            ):
                self.weather.setdefault(hour, []).append((at, values))

    def as_known(self, slot: int, issue: int) -> float:
        """Reading of an interval that was over at an issue time, as known then."""
        if slot < issue:
            for known_from, known_until, kw in self.versions.get(slot, ()):
                if known_from <= issue * SECONDS < known_until:
                    return kw
        return math.nan

    def weather_of(self, hour: int, issue: int) -> list[float]:
        """Temperature at an hour and irradiance of the one before it, as told last by then."""
        known = [told for told in self.weather.get(hour, ()) if told[0] <= issue * SECONDS]
        return max(known)[1] if known else [math.nan, math.nan]

    def clock(self, slot: int) -> tuple[date, int]:
        """Local day and clock step."""
        return clock_of(self.firm.timezone, slot)

    def slot_on(self, day: date, step: int) -> int | None:
        """The first slot with that clock step on a day, if there is any."""
        return slot_of(self.firm.timezone, day, step)

    def closed(self, day: date) -> bool:
        """Whether the firm is closed."""
        for period in self.firm.work_calendar:
            if period.kind != "shift" and period.first_day <= day <= period.last_day:
                return True
        return day in self.firm.closure_days or holiday(self.firm.holiday_country, day)

    def kind(self, day: date) -> int:
        """Kind of a day."""
        if self.closed(day) or day.weekday() == SUNDAY:
            return REST_DAY
        return SATURDAY if day.weekday() == SUNDAY - 1 else WORKDAY

    def days_of_kind(self, kind: int, before: date) -> list[date]:
        """The last days of a kind before a day, newest first."""
        if (kind, before) not in self.found:
            days = [day for day in days_before(before, PROFILE_REACH) if self.kind(day) == kind]
            self.found[kind, before] = days[:PROFILE_DAYS]
        return self.found[kind, before]

    def group(self, day: date) -> int:
        """Weekday that a day is like."""
        return SUNDAY if self.closed(day) else day.weekday()


class PlainIssue:
    """What one issue time of one firm sees."""

    def __init__(self, plain: PlainFirm, issue: int) -> None:
        """Look from a slot, the first one unknown."""
        self.firm = plain
        self.issue = issue
        self.day, self.step = plain.clock(issue)

    def at(self, slot: int | None) -> float:
        """Reading of a slot."""
        return math.nan if slot is None else self.firm.as_known(slot, self.issue)

    def on(self, day: date, step: int) -> float:
        """Reading of a day's clock step."""
        return self.at(self.firm.slot_on(day, step))

    def last(self, steps: int) -> list[float]:
        """Readings of the last steps, oldest first, NaN where unknown."""
        return [self.at(slot) for slot in range(self.issue - steps, self.issue)]

    def of_kind(self, like: date, before: date, step: int) -> list[tuple[float, float]]:
        """Readings of the last days of a day's kind with their weights, newest first."""
        days = self.firm.days_of_kind(self.firm.kind(like), before)
        told = [(self.on(day, step), 0.85**number) for number, day in enumerate(days)]
        return [(kw, weight) for kw, weight in told if not math.isnan(kw)]

    @cached_property
    def deviations(self) -> dict[int, float]:
        """How far each of the last slots lay from its day's profile: two days and half an hour."""
        found = {}
        for slot in range(self.issue - 2 * DAY - 2, self.issue):
            day, step = self.firm.clock(slot)
            found[slot] = self.at(slot) - weighted_mean(self.of_kind(day, day, step))
        return found

    def deviation(self, steps: int, *, size: bool = False) -> float:
        """Mean of the last deviations, or of their sizes."""
        last = [self.deviations[self.issue - back] for back in range(1, steps + 1)]
        return mean(map(abs, last) if size else last)

    def deviation_around(self, day: date, step: int) -> float:
        """Mean of the deviations half an hour around a day's clock step."""
        slot = self.firm.slot_on(day, step)
        if slot is None:
            return math.nan
        return mean(self.deviations.get(slot + by, math.nan) for by in range(-2, 3))

    def level(self, end: int) -> float:
        """Mean of four hours before a slot, fading over an hour."""
        told = [(self.at(end - back), math.exp(-back / HOUR)) for back in range(1, 4 * HOUR + 1)]
        return weighted_mean([(kw, weight) for kw, weight in told if not math.isnan(kw)])

    @cached_property
    def distances(self) -> dict[date, float]:
        """How far the 16 hours up to the issue time lay from those on past days."""
        now = [self.at(self.issue - back) for back in range(1, 16 * HOUR + 1)]
        fading = [math.exp(-back / (6 * HOUR)) for back in range(1, 16 * HOUR + 1)]
        found = {}
        for day in days_before(self.day, YEAR):
            end = self.firm.slot_on(day, self.step)
            if end is None:
                continue
            then = [self.at(end - back) for back in range(1, 16 * HOUR + 1)]
            apart = [
                (abs(one - other), weight)
                for one, other, weight in zip(now, then, fading, strict=True)
                if not math.isnan(one - other)
            ]
            if sum(weight for _, weight in apart) >= sum(fading) / 2:
                found[day] = weighted_mean(apart)
        return found

    def alike(self, target_day: date) -> tuple[list[tuple[date, float, float]], float]:
        """Past days that stand for the issue day with weight and lift; how near the fifth is."""
        firm, ahead = self.firm, target_day - self.day
        comparable = [
            (distance, self.day - day, day)
            for day, distance in self.distances.items()
            if firm.kind(day) == firm.kind(self.day)
            and firm.kind(day + ahead) == firm.kind(target_day)
            and day + ahead < self.day
        ]
        nearest = sorted(comparable)[:MEMBERS]
        if len(nearest) < 3:
            return [], math.nan
        unit = nearest[min(5, len(nearest)) - 1][0]
        members = []
        for distance, age, day in nearest:
            near = math.exp(-((distance / unit) ** 2)) if unit else float(distance == 0)
            same = 1.5 if firm.group(day) == firm.group(self.day) else 1.0
            lift = self.level(self.issue) - self.level(firm.slot_on(day, self.step))
            weight = near * 0.995**age.days * same
            members.append((day, weight, 0.0 if math.isnan(lift) else lift))
        return members, unit

    def past_alike(self, lead: int, profile: float) -> dict[str, float]:
        """What past days alike did at the target's clock time."""
        target_day, step = self.firm.clock(self.issue + lead)
        members, near = self.alike(target_day)
        fade = 0.8 * math.exp(-lead / (6 * HOUR))
        told = [
            (self.on(day + (target_day - self.day), step) + fade * lift, weight)
            for day, weight, lift in members
        ]
        told = [(kw, weight) for kw, weight in told if not math.isnan(kw) and weight > 0]
        expected = weighted_mean(told)
        squares = [weight**2 for _, weight in told]
        return {
            "alike_kw": expected,
            "alike_off_profile_kw": expected - profile,
            "alike_spread_kw": spread(told),
            "alike_near_kw": near if told else math.nan,
            "alike_days": sum(w for _, w in told) ** 2 / math.fsum(squares) if told else math.nan,
        }

    def recent_range(self, profile: float) -> dict[str, float]:
        """The range of late, and the place of the load in it."""
        level = mean(abs(kw) for kw in self.last(4 * WEEK))
        day, week = sorted(known(self.last(DAY))), sorted(known(self.last(WEEK)))
        low, high = (day[0], day[-1]) if day else (math.nan, math.nan)
        standby, peak = (
            week[round(share * (len(week) - 1))] if week else math.nan for share in (0.05, 0.98)
        )
        reach = max(peak - standby, 0.02 * max(level, 1.0))
        above = [kw > (low + high) / 2 for kw in self.last(DAY)]
        since = 0
        while since < DAY and above[-1 - since] == above[-1]:
            since += 1
        return {
            "level_kw": level,
            "day_low_kw": low,
            "day_high_kw": high,
            "standby_kw": standby,
            "peak_week_kw": peak,
            "running_share": (mean(self.last(HOUR)) - standby) / reach,
            "profile_share": (profile - standby) / reach,
            "running_since_steps": since if above[-1] else -since,
        }

    @cached_property
    def present_level(self) -> dict[str, float]:
        """Where the load stands."""
        return {
            "last_kw": mean(self.last(1)),
            "mean_1h_kw": mean(self.last(HOUR)),
            "mean_4h_kw": mean(self.last(4 * HOUR)),
            "mean_24h_kw": mean(self.last(DAY)),
            "deviation_last_kw": self.deviation(1),
            "deviation_1h_kw": self.deviation(HOUR),
            "deviation_4h_kw": self.deviation(4 * HOUR),
            "deviation_24h_kw": self.deviation(DAY),
            "unrest_4h_kw": self.deviation(4 * HOUR, size=True),
            "unrest_24h_kw": self.deviation(DAY, size=True),
            "ramp_kw": mean(self.last(HOUR)) - mean(self.last(2 * HOUR)[:HOUR]),
        }

    def weather_on(self, day: date, step: int) -> list[float]:
        """Temperature and irradiance of a clock hour, whose first step is told."""
        slot = self.firm.slot_on(day, step)
        if slot is None:
            return [math.nan, math.nan]
        hour = slot // HOUR
        celsius, _ = self.firm.weather_of(hour, self.issue)
        _, irradiance = self.firm.weather_of(hour + 1, self.issue)
        return [celsius, irradiance]

    def weather(self, day: date, step: int) -> dict[str, float]:
        """Weather of the target's clock hour, and how far it lies off the profile's days'."""
        step -= step % HOUR
        newest = self.day if step < self.step else self.day - ONE
        days = self.firm.days_of_kind(self.firm.kind(day), newest + ONE)
        earlier = [
            (self.weather_on(other, step), 0.85**number)
            for number, other in enumerate(days)
            if not math.isnan(self.on(other, step))
        ]
        told, off = self.weather_on(day, step), []
        for number, value in enumerate(told):
            known = [(v[number], weight) for v, weight in earlier if not math.isnan(v[number])]
            off.append(value - weighted_mean(known))
        return {
            "temperature_celsius": told[0],
            "irradiance_w_per_m2": told[1],
            "temperature_off_profile_k": off[0],
            "irradiance_off_profile_w_per_m2": off[1],
        }

    def features(self, lead: int) -> list[float]:
        """All features of one lead, in the order of ``NAMES``."""
        firm = self.firm
        day, step = firm.clock(self.issue + lead)
        newest = self.day if step < self.step else self.day - ONE
        of_kind = self.of_kind(day, newest + ONE, step)
        profile = weighted_mean(of_kind)
        of_group = [
            other
            for other in days_before(newest + ONE, PROFILE_REACH)
            if firm.group(other) == firm.group(day)
        ]
        told = {
            "lead_steps": lead,
            "lead_days": (day - self.day).days,
            "issue_step": self.step,
            "step_of_day": step,
            "weekday": day.weekday(),
            "day_kind": firm.kind(day),
            "day_kind_before": firm.kind(day - ONE),
            "day_kind_after": firm.kind(day + ONE),
            "same_time_newest_kw": self.on(newest, step),
            "same_time_last_week_kw": self.on(day - 7 * ONE, step),
            "deviation_newest_kw": self.deviation_around(newest, step),
            "deviation_day_before_kw": self.deviation_around(newest - ONE, step),
            "profile_kw": profile,
            "profile_low_kw": quantile(of_kind, 0.1),
            "profile_median_kw": quantile(of_kind, 0.5),
            "profile_high_kw": quantile(of_kind, 0.9),
            "profile_spread_kw": spread(of_kind),
            "profile_last_kw": of_kind[0][0] if of_kind else math.nan,
            "profile_weekday_kw": mean(self.on(other, step) for other in of_group[:WEEKDAYS]),
            "profile_now_kw": weighted_mean(self.of_kind(self.day, self.day, self.step)),
            **self.present_level,
            **self.recent_range(profile),
            **self.past_alike(lead, profile),
            **self.weather(day, step),
        }
        return [float(told.pop(name)) for name in NAMES] + list(told.values())


@cache
def holiday(country: str | None, day: date) -> bool:
    """Whether a day is a public holiday."""
    firm = a_firm(holiday_country=country)
    return bool(closed_days(firm, np.array([day], dtype="datetime64[D]"))[0])


@lru_cache(maxsize=200_000)
def clock_of(zone: str, slot: int) -> tuple[date, int]:
    """Local day and clock step of a slot."""
    local = datetime.fromtimestamp(slot * SECONDS, UTC).astimezone(ZoneInfo(zone))
    return local.date(), local.hour * HOUR + local.minute // 15


@lru_cache(maxsize=200_000)
def slot_of(zone: str, day: date, step: int) -> int | None:
    """First slot with a clock step; None where a clock change leaves it out."""
    wall = datetime(day.year, day.month, day.day, step // HOUR, step % HOUR * 15)  # noqa: DTZ001
    slot = int(wall.replace(tzinfo=ZoneInfo(zone)).timestamp()) // SECONDS
    return slot if clock_of(zone, slot) == (day, step) else None


def days_before(day: date, days: int) -> list[date]:
    """So many days before a day, newest first."""
    return [day - back * ONE for back in range(1, days + 1)]


def known(values) -> list[float]:
    """Without the unknown ones."""
    return [value for value in values if not math.isnan(value)]


def mean(values) -> float:
    """Mean of the known ones, exactly summed."""
    found = known(values)
    return math.fsum(found) / len(found) if found else math.nan


def weighted_mean(told: list[tuple[float, float]]) -> float:
    """Mean of values with weights."""
    if not told:
        return math.nan
    return math.fsum(kw * weight for kw, weight in told) / math.fsum(weight for _, weight in told)


def spread(told: list[tuple[float, float]]) -> float:
    """Standard deviation of values with weights."""
    middle = weighted_mean(told)
    return math.sqrt(weighted_mean([((kw - middle) ** 2, weight) for kw, weight in told] or told))


def quantile(told: list[tuple[float, float]], level: float) -> float:
    """Linear between the middles of the weights, laid end to end in the order of the values.

    Equal values keep the order they are told in.
    """
    total = math.fsum(weight for _, weight in told)
    places, below = [], 0.0
    for kw, weight in sorted(told, key=lambda one: one[0]):
        places.append(((below + weight / 2) / total, kw))
        below += weight
    if not places:
        return math.nan
    if level <= places[0][0]:
        return places[0][1]
    for (left, low), (right, high) in pairwise(places):
        if left < level <= right:
            return low + (high - low) * (level - left) / (right - left)
    return places[-1][1]
