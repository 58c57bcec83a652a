"""The times that Korean exports write: the end of an interval, by the clock in Seoul."""

from __future__ import annotations

import re
from datetime import date

import polars as pl

from feature_store.time_grid import INTERVAL

ZONE = "Asia/Seoul"

_DAY = r"(\d{4})\s*[-./년]\s*(\d{1,2})\s*[-./월]\s*(\d{1,2})\s*[.일]?"
_WEEKDAY = r"(?:\s*\([월화수목금토일]\))?"
_TIME = r"(\d{1,2})\s*[:시]\s*(\d{2})\s*분?(?::00(?:\.0+)?)?"
_WRITTEN_OUT = rf"^{_DAY}{_WEEKDAY}[T\s]*{_TIME}$"
_COMPACT = r"^(\d{4})(\d{2})(\d{2})[T\s]?(\d{2}):?(\d{2})(?::?00)?$"
_CLOCK_COLUMN = re.compile(rf"^(?:{_TIME}|(\d{{2}})(\d{{2}}))$")

MINUTES_PER_HOUR = 60
MINUTES_PER_DAY = 24 * MINUTES_PER_HOUR


def label_end(written: pl.Expr) -> pl.Expr:
    """The clock time that a label says, naive; null where it says none.

    24:00 is the midnight that ends its day. Seconds other than 00 are no label of a quarter hour.
    """
    return pl.coalesce(_clock_time(written, _WRITTEN_OUT), _clock_time(written, _COMPACT))


def starts_of_intervals(end: pl.Expr) -> pl.Expr:
    """The start in UTC of the interval that ends at a clock time in Seoul."""
    return (
        (end - pl.lit(INTERVAL))
        .dt.replace_time_zone(ZONE, ambiguous="null", non_existent="null")
        .dt.convert_time_zone("UTC")
    )


def clock_minutes(written: str) -> int | None:
    """Minutes since midnight that a column's name says, 0 to 1440; None if it says none.

    Example:
        >>> clock_minutes("00:15"), clock_minutes("2400"), clock_minutes("1시 30분")
        (15, 1440, 90)
        >>> clock_minutes("2415") is clock_minutes("합계") is None
        True
    """
    found = _CLOCK_COLUMN.match(written.strip())
    if not found:
        return None
    hours, minutes = (int(part) for part in found.groups() if part is not None)
    total = hours * MINUTES_PER_HOUR + minutes
    return total if minutes < MINUTES_PER_HOUR and total <= MINUTES_PER_DAY else None


def days_in(written: str) -> set[date]:
    """Every day that a title names.

    Example:
        >>> sorted(day.isoformat() for day in days_in("조회기간: 2026-03-02 ~ 2026.3.3"))
        ['2026-03-02', '2026-03-03']
    """
    days = set()
    for year, month, day in re.findall(_DAY, written):
        try:
            days.add(date(int(year), int(month), int(day)))
        except ValueError:
            continue
    return days


def _clock_time(written: pl.Expr, pattern: str) -> pl.Expr:
    part = [written.str.extract(pattern, group) for group in range(1, 6)]
    day = (
        pl.concat_str(part[0], part[1].str.zfill(2), part[2].str.zfill(2))
        .str.to_date("%Y%m%d", strict=False)
        .cast(pl.Datetime("us"))
    )
    hour, minute = part[3].cast(pl.Int64), part[4].cast(pl.Int64)
    minutes = hour * MINUTES_PER_HOUR + minute
    fits = (minute < MINUTES_PER_HOUR) & (minutes <= MINUTES_PER_DAY)
    return pl.when(fits).then(day + pl.duration(minutes=minutes))
