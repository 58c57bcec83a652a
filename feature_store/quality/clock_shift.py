"""A clock that is off: working days that look as usual, but some quarter hours aside."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import numpy as np
import numpy.typing as npt

from feature_store.quality.check import finding
from feature_store.quality.filling_rule import Replacement
from feature_store.quality.finding import Finding, Quantity, Words
from feature_store.quality.meter_record import (
    USUAL_DAYS,
    DayKind,
    MeterRecord,
    Run,
    median_of_known,
)
from feature_store.time_grid import INTERVAL, STEPS_PER_DAY, STEPS_PER_HOUR, KilowattArray

WINDOW_DAYS = 4
"""Working days looked at together: one may start late, four alike do not by chance."""
AGREEING_DAYS = 3
"""Of the window, days that the shift explains better than no shift."""
LEAST_KNOWN_SHARE = 0.9
"""Of a day's readings, for its shape to be compared."""
MOST_RATIO = 0.7
"""Of what the usual profile leaves unexplained, what it leaves when displaced."""
MOST_LEFT = 0.35
"""What the displaced profile may itself leave unexplained: a plant without a daily shape has no
clock that could be read off it."""
CLEAR_RATIO = 0.4
"""Below this a shift is believed of a plant of weak shape, too: mostly night taken for day."""
LEAST_LEVEL = 0.5
"""Of the usual mean load: a clock that is off moves load and takes none away, so a plant at rest,
whatever its shape then, has another reason."""
BELOW_SEEN = 0.85
"""Times the smallest such ratio that the meter has shown before: shapes that wander by themselves
need a clearer case."""
NEW_NORMAL_DAYS = 20
"""Working days, a month, after which changed hours are the plant's own."""
_NEAR_STEPS = 2 * STEPS_PER_HOUR
_NAME = Words(ko="시계 어긋남", en="clock shift")
_ADVICE = Words(
    ko="부하 모양이 평소보다 통째로 밀려 있습니다. 계량기·수집기 시계와 시간대(UTC, 구간 시작/끝 "
    "표기)를 확인하세요. 근무 시간이 바뀐 것이라면 교대로 등록하세요 (sandan firms calendar).",
    en="The load's shape is displaced as a whole. Check the clock of the meter and collector, the "
    "zone (UTC) and whether stamps label the start; if working hours changed, declare the shift "
    "(sandan firms calendar).",
)

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class ClockShift:
    """The usual profile of working days, displaced, fits several days in a row far better."""

    kind: str = "clock_shift"
    name: Words = _NAME

    def find(self, record: MeterRecord) -> Iterator[Finding]:
        """See :class:`feature_store.quality.check.Check`."""
        for shift in _shifts(record):
            if shift.rests:
                continue
            steps = np.flatnonzero((record.day >= shift.days[0]) & (record.day <= shift.days[-1]))
            minutes = shift.lag * (INTERVAL / timedelta(minutes=1))
            yield finding(
                self,
                record,
                Run(first=int(steps[0]), after=int(steps[-1]) + 1),
                severity="fault" if abs(shift.lag) >= STEPS_PER_HOUR else "warning",
                seen=(
                    Quantity(name="later than usual by", value=minutes, unit="min"),
                    Quantity(name="working days", value=len(shift.days), unit="d"),
                    Quantity(
                        name="left unexplained of what is without it",
                        value=100 * shift.ratio,
                        unit="%",
                    ),
                ),
                rule="the usual profile of working days fits best where it stands",
                learnt=Quantity(name="least left unexplained", value=100 * shift.most, unit="%"),
                advice=_ADVICE,
            )

    def replacement(
        self, received: MeterRecord, trusted: MeterRecord, run: Run
    ) -> Replacement | None:
        """Return None: changed hours look the same, and those are real."""
        del received, trusted, run
        return None


@dataclass(kw_only=True)
class _Shift:
    """A shift that is being followed from day to day."""

    lag: int
    """Steps by which the readings are later than usual."""
    ratio: float
    most: float
    """The ratio below which it was believed."""
    days: list[int]
    rests: bool
    """Whether the plant rests: followed like a shift, so that its days are not taken for usual, and
    not told."""


@dataclass(kw_only=True)
class _Memory:
    """What has been seen of the working days so far."""

    trusted: list[int] = field(default_factory=list)
    """Days that look as usual, in order."""
    window: list[tuple[int, KilowattArray]] = field(default_factory=list)
    """The newest days with what each lag leaves unexplained of them."""
    ratios: list[float] = field(default_factory=list)
    """Of the windows so far."""

    @property
    def most(self) -> float:
        """The ratio below which a shift is believed; windows that overlap the newest are left out.

        They may already hold the first days of the shift.
        """
        return min([MOST_RATIO, *(BELOW_SEEN * seen for seen in self.ratios[:-WINDOW_DAYS])])


def _shifts(record: MeterRecord) -> Iterator[_Shift]:
    lags = _lags(record)
    memory = _Memory()
    open_shift: _Shift | None = None
    for day in np.flatnonzero(record.kinds == DayKind.WORKING).tolist():
        if len(memory.trusted) < USUAL_DAYS:
            memory.trusted.append(day)
            continue
        left = _unexplained(record, day, memory.trusted[-USUAL_DAYS:], lags)
        if left is None:
            continue
        memory.window = [*memory.window, (day, left)][-WINDOW_DAYS:]
        if open_shift is not None:
            lag_at = int(np.flatnonzero(lags == open_shift.lag)[0])
            goes_on = left[lag_at] < left[0]
            if goes_on and len(open_shift.days) < NEW_NORMAL_DAYS:
                open_shift.days.append(day)
                continue
            yield open_shift
            if goes_on:
                memory.trusted = open_shift.days[-USUAL_DAYS:]
            memory.window, open_shift = [], None
        memory.trusted.append(day)
        open_shift = _begun(memory, record, lags)
    if open_shift is not None:
        yield open_shift


def _begun(memory: _Memory, record: MeterRecord, lags: IntArray) -> _Shift | None:
    """Return the shift that the window shows, if any, and trust none of its days."""
    if len(memory.window) < WINDOW_DAYS:
        return None
    pooled = np.sum([left for _, left in memory.window], axis=0)
    if not pooled[0] > 0:
        return None  # days that are the usual one, value by value
    best = int(np.argmin(pooled))
    # Days that equal each other leave nothing unexplained, so there is nothing to be less than.
    ratio = float(pooled[best] / pooled[0]) if best and pooled[0] > 0 else 1.0
    most = memory.most
    days = [day for day, left in memory.window if left[best] < left[0]]
    unlike = pooled[best] > MOST_LEFT * WINDOW_DAYS and ratio > CLEAR_RATIO
    if best == 0 or unlike or ratio >= most or len(days) < AGREEING_DAYS:
        memory.ratios.append(ratio)
        return None
    memory.trusted = [day for day in memory.trusted if day not in days]
    rests = _rests(record, days, memory.trusted[-USUAL_DAYS:])
    return _Shift(lag=int(lags[best]), ratio=ratio, most=most, days=days, rests=rests)


def _rests(record: MeterRecord, days: list[int], before: list[int]) -> bool:
    """Whether days draw far less than usual ones before them."""
    usual_kw = np.nanmedian(np.nanmean(record.by_day_kw[before], axis=1))
    return bool(np.nanmean(record.by_day_kw[days]) < LEAST_LEVEL * usual_kw)


def _lags(record: MeterRecord) -> IntArray:
    """Displacements that are tried, 0 first: two hours to either side, and UTC taken for local."""
    offset = record.span(Run(first=0, after=1))[0].utcoffset() or timedelta(0)
    zone_steps = round(offset / INTERVAL)
    near = [lag for lag in range(-_NEAR_STEPS, _NEAR_STEPS + 1) if lag]
    far = [] if abs(zone_steps) <= _NEAR_STEPS else [-zone_steps, zone_steps]
    return np.array([0, *near, *far])


def _unexplained(
    record: MeterRecord, day: int, earlier: list[int], lags: IntArray
) -> KilowattArray | None:
    """1 minus the correlation with the usual profile at each lag; None for a day without shape."""
    told = record.by_day_kw[day]
    known = np.isfinite(told)
    usual = median_of_known(record.by_day_kw[earlier].T, least=1)
    if known.mean() < LEAST_KNOWN_SHARE or not np.isfinite(usual).all():
        return None
    places = (np.arange(STEPS_PER_DAY) - lags[:, None]) % STEPS_PER_DAY
    displaced = np.where(known, usual[places], 0.0)
    displaced = np.where(known, displaced - displaced.sum(axis=1, keepdims=True) / known.sum(), 0.0)
    centred = np.where(known, told - told[known].mean(), 0.0)
    length = np.linalg.norm(centred) * np.linalg.norm(displaced, axis=1)
    if not (length > 0).all():
        return None
    return 1.0 - displaced @ centred / length
