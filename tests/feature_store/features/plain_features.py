"""Every feature of one row, worked out with nothing but lists, loops and the words of the docs."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from functools import cache, cached_property

import numpy as np

from feature_store.calendar.closed_days import closed_days
from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.features.catalogue import NAMES
from feature_store.time_grid import INTERVAL, to_datetime
from tests.builders import a_firm

WORKDAY, SATURDAY, REST_DAY = 0, 1, 2
LONGEST_REACH = 84
PROFILE = 8


class PlainIssue:
    """What one issue time of one firm knows, as a dictionary of readings by instant."""

    def __init__(self, firm: Firm, history: LoadHistory, issue_time: datetime) -> None:
        """Keep the readings known at the issue time, and where each clock step first occurs."""
        self.firm = firm
        self.issue = issue_time
        self.known: dict[datetime, float] = {}
        self.first_at: dict[tuple[date, int], datetime] = {}
        known_at = [None if np.isnat(at) else to_datetime(at) for at in history.known_at]
        moment = history.grid.start.astimezone(UTC)
        for kw, at in zip(history.demand_kw.tolist(), known_at, strict=True):
            self.first_at.setdefault(self.clock(moment), moment)
            if at is not None and at <= issue_time and moment < issue_time and not math.isnan(kw):
                self.known[moment] = kw
            moment += INTERVAL

    def clock(self, moment: datetime) -> tuple[date, int]:
        """Local day and clock step."""
        local = moment.astimezone(self.firm.zone)
        return local.date(), local.hour * 4 + local.minute // 15

    def closed(self, day: date) -> bool:
        """Whether the firm is closed."""
        return closed_on(self.firm.holiday_country, self.firm.closure_days, day)

    def kind(self, day: date) -> int:
        """Kind of a day."""
        if self.closed(day) or day.weekday() == 6:
            return REST_DAY
        return SATURDAY if day.weekday() == 5 else WORKDAY

    def on(self, day: date, step: int) -> float:
        """Reading of a day's clock step."""
        moment = self.first_at.get((day, step))
        return math.nan if moment is None else self.known.get(moment, math.nan)

    def window(self, kind: int, before: date, step: int) -> list[float]:
        """Known values of the last days of a kind, newest first."""
        days = [before - timedelta(days=back) for back in range(1, LONGEST_REACH + 1)]
        of_kind = [day for day in days if self.kind(day) == kind][:PROFILE]
        return known(self.on(day, step) for day in of_kind)

    def last(self, steps: int) -> list[float]:
        """Readings of the last steps, oldest first, NaN where unknown."""
        back = range(steps, 0, -1)
        return [self.known.get(self.issue - number * INTERVAL, math.nan) for number in back]

    @cached_property
    def deviations(self) -> list[float]:
        """How far each of the last day's steps lay from its day's profile."""
        found = []
        for number in range(96, 0, -1):
            moment = self.issue - number * INTERVAL
            day, step = self.clock(moment)
            expected = mean(self.window(self.kind(day), day, step))
            found.append(self.known.get(moment, math.nan) - expected)
        return found

    def features(self, lead: int) -> list[float]:
        """All features of one lead, in the order of ``NAMES``."""
        day, step = self.clock(self.issue + lead * INTERVAL)
        issue_day, issue_step = self.clock(self.issue)
        newest = issue_day if step < issue_step else issue_day - timedelta(days=1)
        one = timedelta(days=1)
        profile = self.window(self.kind(day), newest + one, step)
        ordered = sorted(profile)
        week = sorted(known(self.last(7 * 96)))
        weeks = [self.on(day - number * 7 * one, step) for number in range(1, 5)]
        told = {
            "lead_steps": lead,
            "step_of_day": step,
            "weekday": day.weekday(),
            "day_kind": self.kind(day),
            "day_kind_before": self.kind(day - one),
            "day_kind_after": self.kind(day + one),
            "closed": self.closed(day),
            "same_time_newest_kw": self.on(newest, step),
            "same_time_last_week_kw": weeks[0],
            "same_weekday_kw": mean(weeks),
            "profile_kw": mean(profile),
            "profile_low_kw": ordered[min(1, len(ordered) - 1)] if ordered else math.nan,
            "profile_high_kw": ordered[max(len(ordered) - 2, 0)] if ordered else math.nan,
            "profile_last_kw": profile[0] if profile else math.nan,
            "standby_kw": week[len(week) // 10] if week else math.nan,
            "peak_week_kw": week[-1] if week else math.nan,
            "level_kw": mean(self.last(4 * 7 * 96)),
            "mean_week_kw": mean(self.last(7 * 96)),
        }
        for name, steps in (("last", 1), ("1h", 4), ("4h", 16), ("24h", 96)):
            told["last_kw" if steps == 1 else f"mean_{name}_kw"] = mean(self.last(steps))
            told[f"deviation_{name}_kw"] = mean(self.deviations[-steps:])
        return [float(told.pop(name)) for name in NAMES] + list(told.values())


@cache
def closed_on(holiday_country: str | None, closure_days: tuple[date, ...], day: date) -> bool:
    """Whether firms with such a calendar are closed on a day."""
    firm = a_firm(holiday_country=holiday_country, closure_days=closure_days)
    return bool(closed_days(firm, np.array([day], dtype="datetime64[D]"))[0])


def known(values) -> list[float]:
    """Without the unknown ones."""
    return [value for value in values if not math.isnan(value)]


def mean(values) -> float:
    """Mean of the known ones, exactly summed."""
    found = known(values)
    return math.fsum(found) / len(found) if found else math.nan
