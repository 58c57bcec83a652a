"""The times that Korean exports write, by the clock in Seoul."""

from __future__ import annotations

import re
import unicodedata
from datetime import date

import polars as pl

from feature_store.ingestion.read_request import Labels
from feature_store.time_grid import INTERVAL

ZONE = "Asia/Seoul"

_DAY = r"([0-9]{4})\s*[-./년]\s*([0-9]{1,2})\s*[-./월]\s*([0-9]{1,2})\s*[.일]?"
_WEEKDAY = r"(?:\s*\([월화수목금토일]\))?"
_HALF = r"(?:(오전|오후|[AaPp][Mm])\s*)?"
_TIME = r"([0-9]{1,2})\s*[:시]\s*([0-9]{2})\s*분?(?::00(?:\.0+)?)?"
_WRITTEN_OUT = rf"^{_DAY}{_WEEKDAY}[T\s]*{_HALF}{_TIME}$"
_COMPACT = r"^([0-9]{4})([0-9]{2})([0-9]{2})[T\s]?()([0-9]{2}):?([0-9]{2})(?::?00)?$"
_CLOCK_COLUMN = re.compile(rf"^(?:{_HALF}{_TIME}|([0-9]{{2}})([0-9]{{2}}))$")
_AFTERNOON = ("오후", "pm", "PM", "Pm", "pM")

MINUTES_PER_HOUR = 60
_HOURS_OF_A_HALF = 12
MINUTES_PER_DAY = 24 * MINUTES_PER_HOUR


def plain(written: pl.Expr) -> pl.Expr:
    """Text with the wide letters of East Asian keyboards as plain ones: １２：１５ as 12:15."""
    return written.str.normalize("NFKC")


def clock_time(written: pl.Expr) -> pl.Expr:
    """The clock time that a label says, naive; null where it says none.

    24:00 is the midnight that ends its day. Seconds other than 00 are no label of a quarter hour.
    """
    shown = plain(written)
    return pl.coalesce(_clock_time(shown, _WRITTEN_OUT), _clock_time(shown, _COMPACT))


def starts_of_intervals(label: pl.Expr, *, labels: Labels) -> pl.Expr:
    """The start in UTC of the interval that a clock time in Seoul labels."""
    start = label if labels == "start" else label - pl.lit(INTERVAL)
    return start.dt.replace_time_zone(
        ZONE, ambiguous="null", non_existent="null"
    ).dt.convert_time_zone("UTC")


def clock_minutes(written: str) -> int | None:
    """Minutes since midnight that a column's name says, 0 to 1440; None if it says none.

    Example:
        >>> clock_minutes("00:15"), clock_minutes("2400"), clock_minutes("1시 30분")
        (15, 1440, 90)
        >>> clock_minutes("오후 1:15"), clock_minutes("０１：１５")
        (795, 75)
        >>> clock_minutes("2415") is clock_minutes("합계") is None
        True
    """
    found = _CLOCK_COLUMN.match(unicodedata.normalize("NFKC", written).strip())
    if not found:
        return None
    half, *parts = found.groups()
    hours, minutes = (int(part) for part in parts if part is not None)
    if half is not None:
        if hours > _HOURS_OF_A_HALF:
            return None
        hours = hours % _HOURS_OF_A_HALF + _HOURS_OF_A_HALF * (half in _AFTERNOON)
    total = hours * MINUTES_PER_HOUR + minutes
    return total if minutes < MINUTES_PER_HOUR and total <= MINUTES_PER_DAY else None


def days_in(written: str) -> set[date]:
    """Every day that a title names.

    Example:
        >>> sorted(day.isoformat() for day in days_in("조회기간: 2026-03-02 ~ 2026.3.3"))
        ['2026-03-02', '2026-03-03']
    """
    days = set()
    for year, month, day in re.findall(_DAY, unicodedata.normalize("NFKC", written)):
        try:
            days.add(date(int(year), int(month), int(day)))
        except ValueError:
            continue
    return days


def _clock_time(written: pl.Expr, pattern: str) -> pl.Expr:
    part = [written.str.extract(pattern, group) for group in range(1, 7)]
    day = (
        pl.concat_str(part[0], part[1].str.zfill(2), part[2].str.zfill(2))
        .str.to_date("%Y%m%d", strict=False)
        .cast(pl.Datetime("us"))
    )
    told, minute = (each.cast(pl.Int64, strict=False) for each in part[4:])
    halved = part[3] != ""
    of_half = told % _HOURS_OF_A_HALF + _HOURS_OF_A_HALF * part[3].is_in(_AFTERNOON).cast(pl.Int64)
    hour = pl.when(halved).then(of_half).otherwise(told)
    minutes = hour * MINUTES_PER_HOUR + minute
    fits = (
        (minute < MINUTES_PER_HOUR)
        & (minutes <= MINUTES_PER_DAY)
        & ~(halved & (told > _HOURS_OF_A_HALF)).fill_null(value=False)
    )
    return pl.when(fits).then(day + pl.duration(minutes=minutes))
