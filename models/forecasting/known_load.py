"""What a forecast stands on: the readings known at its issue time, and what is wrong with them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from feature_store.calendar.planned_outages import in_outage, without_outages
from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.features.load_table import LoadTable, load_table
from feature_store.features.local_days import PROFILE_REACH_DAYS
from feature_store.quality.meter_record import LEAST_DAYS, median_of_known, record_of
from feature_store.quality.stuck import LEAST_STEPS, Stuck
from feature_store.time_grid import (
    INTERVAL,
    STEP,
    STEPS_PER_DAY,
    STEPS_PER_WEEK,
    KilowattArray,
    TimeGrid,
    utc_instant,
)
from models.forecasting.load_forecast import QualityReason, in_order

LATE_STEPS = 1
"""Readings of the last day that may be missing: the newest of a meter that tells with a delay."""
LONG_ENOUGH_STEPS = 4 * STEPS_PER_WEEK
"""Known readings from which on a history is not short: a firm's level is the mean of four weeks."""
SHIFT_FACTOR = 3.0
"""Times the load of alike days, up or down, that is another level: a factor entered wrongly is 4,
10 or more. On the sample it is told at 2 % of all moments, in a shutdown that was not declared or
just after it; other days are off by 2.6 at most."""
SHIFT_LEVEL_SHARE = 0.5
"""Of the firm's mean load, what a day must draw, or should have, to tell of a level: on a day of
rest a small load may treble."""
ALIKE_DAYS = 8
"""Earlier days of a kind whose median says what the last day should have drawn."""


@dataclass(frozen=True, kw_only=True)
class KnownLoad:
    """A firm's readings as known at an issue time."""

    history: LoadHistory
    """Up to the end of the newest reading that is believed, as if each had been told at once."""
    issue_time: datetime
    days: float
    """How many days of readings these are."""
    reasons: tuple[QualityReason, ...]
    """What is wrong with the readings."""

    @property
    def gap_steps(self) -> int:
        """Intervals from the newest reading to the issue time."""
        return int((utc_instant(self.issue_time) - self.history.grid.starts[-1]) // STEP) - 1

    @property
    def end(self) -> datetime:
        """Where the readings end; of no reading, the issue time."""
        return self.history.grid.end

    @property
    def idle(self) -> bool:
        """Whether the firm drew nothing at all for as long as is known, a day at least."""
        newest_kw = self.history.demand_kw[-LONG_ENOUGH_STEPS:]
        known_kw = newest_kw[np.isfinite(newest_kw)]
        return known_kw.size >= STEPS_PER_DAY and not known_kw.any()

    @property
    def feeds_in(self) -> bool:
        """Whether a reading lies below zero."""
        return bool(np.nanmin(self.history.demand_kw, initial=0.0) < 0)


def known_load(firm: Firm, history: LoadHistory, issue_time: datetime) -> KnownLoad:
    """Return what was known of ``history`` at ``issue_time``, and say what is wrong with it."""
    instant = utc_instant(issue_time, what="issue time")
    known = history.as_of(issue_time)
    told = _up_to_newest(known, np.where(known.grid.starts < instant, known.demand_kw, np.nan))
    if told is None:
        nothing = _at_once(firm.firm_id, issue_time - INTERVAL, np.array([np.nan]))
        return KnownLoad(history=nothing, issue_time=issue_time, days=0.0, reasons=("no_history",))
    reasons: list[QualityReason] = []
    if _missing_steps(told, instant) > LATE_STEPS:
        reasons.append("readings_missing")
    if in_outage(firm, told.grid).any():
        told = _up_to_newest(told, without_outages(firm, told).demand_kw) or told
    moving_kw = _without_stuck(firm, told)
    if moving_kw is not None:
        reasons.append("stuck_meter")
        told = _up_to_newest(told, moving_kw) or told
    steps = int(np.isfinite(told.demand_kw).sum())
    if steps < LONG_ENOUGH_STEPS:
        reasons.append("short_history")
    if _at_another_level(load_table(firm, _newest_days(told), 0), told.demand_kw):
        reasons.append("level_shift")
    return KnownLoad(
        history=_with_weather(told, known, issue_time),
        issue_time=issue_time,
        days=steps / STEPS_PER_DAY,
        reasons=in_order(reasons),
    )


def _up_to_newest(history: LoadHistory, demand_kw: KilowattArray) -> LoadHistory | None:
    """Return the demand on the history's grid, cut after its last known value; None without one."""
    known = np.flatnonzero(np.isfinite(demand_kw))
    if not known.size:
        return None
    return _at_once(history.firm_id, history.grid.start, demand_kw[: known[-1] + 1])


def _at_once(firm_id: str, start: datetime, demand_kw: KilowattArray) -> LoadHistory:
    """Return a history of which each value was known when its interval ended.

    What was known at the issue time counts, not which of it came late: a forecast that is made
    where the readings end may look at all of them.
    """
    grid = TimeGrid(start, len(demand_kw))
    known_at = np.where(np.isfinite(demand_kw), grid.starts + STEP, np.datetime64("NaT", "s"))
    return LoadHistory(firm_id=firm_id, grid=grid, demand_kw=demand_kw, known_at=known_at)


def _with_weather(told: LoadHistory, known: LoadHistory, issue_time: datetime) -> LoadHistory:
    """Return ``told`` with the weather known at the issue time, also if it ends before that."""
    if known.weather is None:
        return told
    weather = known.weather.as_of(issue_time).whole_from(told.grid.end)
    return replace(told, weather=weather)


def _missing_steps(told: LoadHistory, instant: np.datetime64) -> int:
    """Intervals of the day before ``instant`` that are not known, of those since the first one."""
    since_last = int((instant - told.grid.starts[-1]) // STEP) - 1
    last_day_kw = told.demand_kw[-max(STEPS_PER_DAY - since_last, 1) :]
    after_first = last_day_kw[np.isfinite(last_day_kw).argmax() :]
    return since_last + int(np.isnan(after_first).sum())


def _without_stuck(firm: Firm, told: LoadHistory) -> KilowattArray | None:
    """Return the demand without what a meter repeated in the last day; None if it did not.

    What is stuck is for :class:`feature_store.quality.stuck.Stuck` to say, on the sum of the firm's
    meters: of several, one that moves hides one that does not.
    """
    last_day_kw = told.demand_kw[-STEPS_PER_DAY:]
    if not _repeats(last_day_kw, LEAST_STEPS):
        return None  # nearly always, and a thousandth of the work
    record = record_of(told, firm)
    if record is None:
        return None
    offset = len(told.demand_kw) - len(record.kw)
    moving_kw = told.demand_kw.copy()
    stuck = False
    for found in Stuck().find(record):
        run = record.run_of(found.start, found.end)
        if run.after > len(record.kw) - STEPS_PER_DAY:
            moving_kw[run.first + offset : run.after + offset] = np.nan
            stuck = True
    return moving_kw if stuck else None


def _repeats(demand_kw: KilowattArray, steps: int) -> bool:
    """Whether one value stands more than ``steps`` times in a row."""
    same = np.concatenate(([False], demand_kw[1:] == demand_kw[:-1], [False]))
    edges = np.flatnonzero(~same)
    return bool(np.diff(edges).max(initial=0) > steps)


def _newest_days(told: LoadHistory) -> LoadHistory:
    """Return what profiles are made of: laying out a year of days takes longer than a forecast."""
    newest_kw = told.demand_kw[-PROFILE_REACH_DAYS * STEPS_PER_DAY :]
    start = told.grid.at(told.grid.steps - len(newest_kw))
    return _at_once(told.firm_id, start, newest_kw)


def _at_another_level(table: LoadTable, told_kw: KilowattArray) -> bool:
    """Whether the last day drew many times what alike days did, or as many times less."""
    last = np.flatnonzero(np.isfinite(table.demand_kw))[-STEPS_PER_DAY:]
    drawn_kw = table.demand_kw[last]
    expected_kw = np.full(last.size, np.nan)
    first_day = int(table.day[last[0]])
    for day in np.unique(table.day[last]):
        before = np.flatnonzero(table.kind_of_day[:first_day] == table.kind_of_day[day])
        if before.size >= LEAST_DAYS:
            alike_kw = table.by_day_kw[before[-ALIKE_DAYS:]]
            of_day = table.day[last] == day
            middle_kw = median_of_known(alike_kw.T, least=LEAST_DAYS)
            expected_kw[of_day] = middle_kw[table.step_of_day[last[of_day]]]
    both = np.isfinite(expected_kw)
    if 2 * both.sum() < STEPS_PER_DAY:
        return False
    drawn, expected = float(drawn_kw[both].mean()), float(expected_kw[both].mean())
    matters_kw = SHIFT_LEVEL_SHARE * float(np.nanmean(told_kw))
    return max(drawn, expected) > max(matters_kw, 0.0) and (
        drawn > SHIFT_FACTOR * expected or expected > SHIFT_FACTOR * drawn
    )
