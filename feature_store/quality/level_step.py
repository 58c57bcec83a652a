"""A unit or a multiplier that changed: all readings jump by its factor, and stay there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from feature_store.quality.check import finding
from feature_store.quality.filling_rule import Replacement
from feature_store.quality.finding import Finding, Quantity, Words
from feature_store.quality.meter_record import (
    BoolArray,
    DayKind,
    IntArray,
    MeterRecord,
    Run,
    runs_of,
)
from feature_store.quality.rollover import CURRENT_RATIOS
from feature_store.time_grid import STEPS_PER_DAY, KilowattArray

DAYS_BEFORE = 10
"""Working days, two weeks."""
DAYS_AFTER = (5, 10)
"""A week is what "stays" means; plants whose weeks differ are told after two, and so is a fall: a
plant may close for a week."""
LEAST_KNOWN_SHARE = 0.5
"""Of the readings of either side."""
MOST_REPEATED_SHARE = 0.5
"""Of a day's readings that equal the one before: more, and the meter is stuck or all is off."""
UNIT_FACTORS = (4.0, 10.0, 100.0, 1000.0)
"""kW taken for the kWh of a quarter hour, a decimal or two of the register, kWh for MWh."""
LOAD_QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)
"""From rest to peak: a multiplier moves them all alike, a new furnace the upper ones alone."""
OUTLIERS = 1
"""Of them may go its own way: the load between rest and work hangs on the hours worked."""
MOST_OFF = 1.35
"""Times, or by which, their median change may miss a factor: good and bad weeks move it so
far, while an expansion to the double misses the smallest factor by 2."""
MOST_APART = 1.8
"""Times, or by which, each may miss their median; plants that start and stop by the week need the
room, and what keeps them apart from a multiplier is ``ABOVE_SEEN``."""
MOST_APART_OF_A_FALL = 1.4
"""The same for every one of them where the load falls: a plant that closes falls too, but further
at work than at rest."""
MOST_UNSTEADY = 2.0
"""The same for the mean change from one interval to the next, which is noisier. It grows with a
multiplier, but not where lines of a plant are switched on or off."""
ABOVE_SEEN = 1.8
"""Times the highest that was usual before: a plant that opens again rises to a level that it has
shown, and to 1.5 times that if it grew by half meanwhile. Of the sample's firms a high hour is 0.65
of the highest at least, so the smallest factor leads to 2.6 times."""
BELOW_SEEN = 1.25
"""By which the load is below the lowest that was usual before: a plant that closes falls to a level
that it has shown, while a quarter of the load at rest is a quarter of the lowest."""
USUAL_SHARE = 0.99
"""Of the readings so far that lie below the highest usual one, and above the lowest."""
RECENT_STEPS = 28 * STEPS_PER_DAY
"""Four weeks are a past of their own, so that a plant which shrank is held to its new size."""
_NAME = Words(ko="배율·단위 변화", en="level step")
_ADVICE = Words(
    ko="모든 값이 같은 배수로 바뀌어 그대로 이어집니다. 단위(kW·kWh·MWh)와 계기 배율(CT·PT), "
    "계량기 교체를 확인하고 바른 값을 다시 올리세요. 실제로 설비가 늘거나 줄었다면 그대로 두세요.",
    en="All readings changed by one factor and stay there. Check the unit (kW, kWh, MWh), the "
    "multiplier (CT, VT) and whether the meter was replaced, and import the right values; if the "
    "plant really grew or shrank so, leave them.",
)


@dataclass(frozen=True, kw_only=True)
class LevelStep:
    """Readings that stand at a multiple of those before."""

    run: Run
    """Up to the step back, or to the end of the record."""
    seen: float
    """Times the level before, from rest to peak."""
    factor: float
    """Of the factors that a unit or multiplier has, the nearest."""


@dataclass(frozen=True)
class LevelSteps:
    """A week and more at a unit's or multiplier's factor of the two weeks before."""

    kind: str = "level_step"
    name: Words = _NAME

    def find(self, record: MeterRecord) -> Iterator[Finding]:
        """See :class:`feature_store.quality.check.Check`."""
        for step in level_steps(record):
            days = step.run.steps / STEPS_PER_DAY
            yield finding(
                self,
                record,
                step.run,
                severity="fault",
                seen=(
                    Quantity(name="times the level before", value=step.seen, unit=""),
                    Quantity(name="nearest factor of a unit or CT", value=step.factor, unit=""),
                    Quantity(name="length", value=days, unit="d"),
                ),
                rule="load from rest to peak does not leave all that was seen by one factor",
                learnt=None,
                advice=_ADVICE,
            )

    def replacement(
        self, received: MeterRecord, trusted: MeterRecord, run: Run
    ) -> Replacement | None:
        """Return None: which side is right, and whether the plant changed, only people know."""
        del received, trusted, run
        return None


@dataclass(frozen=True, kw_only=True)
class _Jump:
    """Working days at about a factor of the working days before them."""

    first: int
    """Interval at which it begins."""
    log_seen: float
    log_factor: float
    new: bool
    """Whether it leads out of all that was seen before."""


def level_steps(record: MeterRecord) -> Iterator[LevelStep]:
    """Yield the stretches at another level, in order; a jump back ends one and begins none."""
    begun: _Jump | None = None
    for jump in _jumps(record):
        if begun is not None and abs(begun.log_seen + jump.log_seen) < 2 * np.log(MOST_OFF):
            yield _step(begun, jump.first)
            begun = None
        elif jump.new:
            if begun is not None:
                yield _step(begun, jump.first)
            begun = jump
    if begun is not None:
        yield _step(begun, record.grid.steps)


def _step(jump: _Jump, after: int) -> LevelStep:
    return LevelStep(
        run=Run(first=jump.first, after=after),
        seen=float(np.exp(jump.log_seen)),
        factor=float(np.exp(jump.log_factor)),
    )


def _jumps(record: MeterRecord) -> Iterator[_Jump]:
    repeated = record.by_day((np.diff(record.kw, prepend=np.nan) == 0.0).astype(float))
    moving = np.nan_to_num(repeated).mean(axis=1) < MOST_REPEATED_SHARE
    working = np.flatnonzero((record.kinds == DayKind.WORKING) & moving)
    if len(working) < DAYS_BEFORE + min(DAYS_AFTER):
        return
    seen = np.full(len(working), np.nan)
    misfit = np.full(len(working), np.inf)
    for days in DAYS_AFTER:
        log_ratios = _log_ratios(record, working, days)
        found, apart = _fit(log_ratios)
        if days < max(DAYS_AFTER):
            apart[found < 0] = np.inf
        places = slice(DAYS_BEFORE, DAYS_BEFORE + len(found))
        better = apart < misfit[places]
        seen[places] = np.where(better, found, seen[places])
        misfit[places] = np.where(better, apart, misfit[places])
    for group in runs_of(np.isfinite(misfit)):
        best = group.first + int(np.argmin(misfit[group.slice]))
        log_factor = float(_nearest(seen[best : best + 1])[0])
        first = _first_interval(record, working[best - 1], working[best], log_factor)
        yield _Jump(
            first=first,
            log_seen=float(seen[best]),
            log_factor=log_factor,
            new=_is_new(record, first, working[best : best + min(DAYS_AFTER)], log_factor),
        )


def _fit(log_ratios: KilowattArray) -> tuple[KilowattArray, KilowattArray]:
    """Median of the quantiles' logarithms, and how far they are from one factor; infinite: too far.

    Takes what :func:`_log_ratios` returns; both answers have shape (boundaries,).
    """
    load, change = log_ratios[:, :-1], log_ratios[:, -1]
    seen = np.median(load, axis=1)
    apart = np.sort(np.abs(load - seen[:, None]), axis=1)
    fits: BoolArray = apart[:, -1 - OUTLIERS] <= np.log(MOST_APART)  # NaN compares False
    fits &= (seen > 0) | (apart[:, -1] <= np.log(MOST_APART_OF_A_FALL))
    fits &= np.abs(change - seen) <= np.log(MOST_UNSTEADY)
    fits &= np.abs(seen - _nearest(seen)) <= np.log(MOST_OFF)
    return seen, np.where(fits, apart.sum(axis=1), np.inf)


def _nearest(log_seen: KilowattArray) -> KilowattArray:
    """The nearest factor that a unit or multiplier has, as logarithm; NaN becomes any."""
    up = np.log(np.unique([*UNIT_FACTORS, *(ratio for ratio in CURRENT_RATIOS if ratio > 1.0)]))
    factors = np.concatenate([-up, up])
    return factors[np.abs(log_seen[:, None] - factors).argmin(axis=1)]


def _is_new(record: MeterRecord, first: int, days: IntArray, log_factor: float) -> bool:
    """Whether the days' load lies beyond what was usual in all of the record before ``first``."""
    recent = record.kw[max(first - RECENT_STEPS, 0) : first]
    sides = np.array(
        [np.nanquantile(kw, [1 - USUAL_SHARE, USUAL_SHARE]) for kw in (record.kw[:first], recent)]
    )
    low_kw, high_kw = np.nanquantile(record.by_day_kw[days], LOAD_QUANTILES)[[0, -1]]
    if log_factor > 0:
        return bool(high_kw > ABOVE_SEEN * sides.max())
    return bool(low_kw < sides.min() / BELOW_SEEN)


def _log_ratios(record: MeterRecord, working: IntArray, days_after: int) -> KilowattArray:
    """Logarithm of how many times as high each boundary of days is followed as preceded.

    Shape (boundaries, ``LOAD_QUANTILES`` and the mean change between intervals); the first
    boundary lies ``DAYS_BEFORE`` working days in. NaN where either side knows too little.
    """
    kw = record.by_day_kw[working]
    change_kw = record.by_day(np.abs(np.diff(record.kw, prepend=np.nan)))[working]
    number = max(len(working) - DAYS_BEFORE - days_after + 1, 0)
    before, after = (
        np.column_stack([_quantiles(kw, days), _means(change_kw, days)])
        if number
        else np.empty((0, len(LOAD_QUANTILES) + 1))
        for days in (DAYS_BEFORE, days_after)
    )
    before, after = before[:number], after[DAYS_BEFORE:]
    both = (before > 0) & (after > 0)  # NaN compares False
    ratio = np.divide(after, before, where=both, out=np.full(before.shape, np.nan))
    return np.log(ratio)


def _windows(by_day: KilowattArray, days: int) -> KilowattArray:
    """Readings of every ``days`` days in a row, shape (number of such, their readings)."""
    windows = np.lib.stride_tricks.sliding_window_view(by_day, days, axis=0)
    return windows.reshape(len(windows), -1)


def _quantiles(by_day: KilowattArray, days: int) -> KilowattArray:
    """``LOAD_QUANTILES`` of every window, NaN where too little is known of it."""
    ordered = np.sort(_windows(by_day, days), axis=1)  # NaN goes last
    known = np.isfinite(ordered).sum(axis=1)
    places = np.round(np.array(LOAD_QUANTILES) * np.maximum(known - 1, 0)[:, None])
    found = np.take_along_axis(ordered, places.astype(np.int64), axis=1)
    enough = known >= LEAST_KNOWN_SHARE * ordered.shape[1]
    return np.where(enough[:, None], found, np.nan)


def _means(by_day: KilowattArray, days: int) -> KilowattArray:
    """Mean of what is known of every window; NaN where nothing is."""
    windows = _windows(by_day, days)
    known = np.isfinite(windows).sum(axis=1)
    total = np.nansum(windows, axis=1)
    return np.divide(total, known, where=known > 0, out=np.full(len(windows), np.nan))


def _first_interval(record: MeterRecord, day: int, next_day: int, log_factor: float) -> int:
    """Where, on two working days or between, the readings begin to fit the factor better."""
    first, after = np.searchsorted(record.day, [day, next_day + 1])
    kw, usual = record.kw[first:after], record.expected_kw[first:after]
    both = (kw > 0) & (usual > 0)
    log_ratio = np.log(np.divide(kw, usual, where=both, out=np.ones(len(kw))))
    gain = np.where(both, np.abs(log_ratio) - np.abs(log_ratio - log_factor), 0.0)
    left_out = np.concatenate([[0.0], np.cumsum(gain)])
    return int(first) + int(np.argmin(left_out))
