"""The regular 15-minute axis that every series is laid on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import polars as pl

from feature_store.errors import NaiveTimeError

INTERVAL = timedelta(minutes=15)
STEP = np.timedelta64(INTERVAL // timedelta(seconds=1), "s")
"""The interval as numpy counts it."""
STEPS_PER_HOUR = timedelta(hours=1) // INTERVAL
STEPS_PER_DAY = timedelta(days=1) // INTERVAL
DAYS_PER_WEEK = 7
STEPS_PER_WEEK = DAYS_PER_WEEK * STEPS_PER_DAY
HOURS_PER_STEP = INTERVAL / timedelta(hours=1)
"""What turns kW into kWh."""

Instants = npt.NDArray[np.datetime64]
"""UTC instants, dtype ``datetime64[s]``."""
KilowattArray = npt.NDArray[np.float64]


def utc_instant(moment: datetime, *, what: str = "time") -> np.datetime64:
    """Return ``moment`` as a UTC ``datetime64[s]``; a naive one is a :class:`NaiveTimeError`.

    Example:
        >>> utc_instant(datetime(2026, 7, 1, 9, tzinfo=ZoneInfo("Asia/Seoul")))
        np.datetime64('2026-07-01T00:00:00')
    """
    if moment.tzinfo is None:
        raise NaiveTimeError(
            f"{what} {moment.isoformat()} has no offset from UTC; "
            f"write it as {moment.isoformat()}+09:00"
        )
    return np.datetime64(moment.astimezone(UTC).replace(tzinfo=None), "s")


def to_datetime(instant: np.datetime64, zone: ZoneInfo | None = None) -> datetime:
    """Return a UTC instant as an aware datetime, in ``zone`` if given."""
    moment = instant.astype("datetime64[s]").item().replace(tzinfo=UTC)
    return moment.astimezone(zone) if zone else moment


def floor_to_step(moment: datetime) -> datetime:
    """Return the start of the interval that ``moment`` lies in, in its own zone.

    Example:
        >>> floor_to_step(datetime(2026, 7, 1, 9, 44, 59, tzinfo=UTC)).time()
        datetime.time(9, 30)
    """
    utc_instant(moment)
    return moment.replace(minute=moment.minute - moment.minute % 15, second=0, microsecond=0)


@dataclass(frozen=True)
class LocalClock:
    """What a clock and a calendar on the firm's wall show at each of many instants."""

    date: npt.NDArray[np.datetime64]
    """Local date, dtype ``datetime64[D]``."""
    weekday: npt.NDArray[np.int8]
    """Monday 0 to Sunday 6."""
    step_of_day: npt.NDArray[np.int16]
    """Quarter hours since local midnight by the clock, 0 to 95."""

    @property
    def hour(self) -> npt.NDArray[np.int16]:
        """Clock hour, 0 to 23."""
        return self.step_of_day // np.int16(STEPS_PER_HOUR)

    @property
    def month(self) -> npt.NDArray[np.int16]:
        """Calendar month, 1 to 12."""
        return (self.date.astype("datetime64[M]").astype(np.int64) % 12 + 1).astype(np.int16)


SATURDAY, SUNDAY = 5, 6


def weekdays(dates: npt.NDArray[np.datetime64]) -> npt.NDArray[np.int8]:
    """Weekday of ``datetime64[D]`` dates, Monday 0 to Sunday 6."""
    return ((dates.astype(np.int64) + 3) % 7).astype(np.int8)  # 1970-01-01 was a Thursday


def local_clock(instants: Instants, zone: ZoneInfo) -> LocalClock:
    """Read the wall clock of ``zone`` at UTC ``instants``, shape (n,)."""
    local = (
        pl.Series(instants.astype("datetime64[ms]"))
        .dt.replace_time_zone("UTC")
        .dt.convert_time_zone(zone.key)
        .dt.replace_time_zone(None)
        .to_numpy()
        .astype("datetime64[s]")
    )
    date = local.astype("datetime64[D]")
    step_of_day = ((local - date) // STEP).astype(np.int16)
    return LocalClock(date=date, weekday=weekdays(date), step_of_day=step_of_day)


@dataclass(frozen=True)
class TimeGrid:
    """A run of equal intervals, each labelled by the instant it starts, half-open.

    Example:
        >>> grid = TimeGrid(datetime(2026, 7, 1, tzinfo=ZoneInfo("Asia/Seoul")), steps=96)
        >>> grid.end.isoformat(), grid.starts[0]
        ('2026-07-02T00:00:00+09:00', np.datetime64('2026-06-30T15:00:00'))
    """

    start: datetime
    """First instant of the first interval; timezone-aware, on a quarter hour."""
    steps: int
    """Number of intervals."""

    def __post_init__(self) -> None:
        """Refuse a naive or off-grid start and an empty grid."""
        utc_instant(self.start, what="TimeGrid start")
        if floor_to_step(self.start) != self.start:
            raise ValueError(f"TimeGrid starts on a quarter hour, got {self.start.isoformat()}")
        if self.steps < 1:
            raise ValueError(f"TimeGrid needs at least one step, got {self.steps}")

    @property
    def starts(self) -> Instants:
        """Start of each interval in UTC, shape (steps,)."""
        return utc_instant(self.start) + np.arange(self.steps) * STEP

    @property
    def end(self) -> datetime:
        """The instant just after the last interval, in the zone of ``start``."""
        return self.at(self.steps)

    def at(self, step: int) -> datetime:
        """Start of interval ``step`` in the zone of ``start``, right across clock changes."""
        return (self.start.astimezone(UTC) + step * INTERVAL).astimezone(self.start.tzinfo)

    def clock(self, zone: ZoneInfo) -> LocalClock:
        """The wall clock of ``zone`` at the start of each interval."""
        return local_clock(self.starts, zone)
