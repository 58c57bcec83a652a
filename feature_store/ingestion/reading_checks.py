"""What must hold for a reading whatever file it came in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl

from feature_store.ingestion.row_check import RowCheck
from feature_store.ingestion.text_table import ROW, text
from feature_store.time_grid import INTERVAL

CLOCK_TOLERANCE = timedelta(minutes=2)
"""How far a meter's or gateway's clock may run ahead of ours before its stamps are refused."""

_INTERVAL = pl.lit(INTERVAL)


def value_checks(column: str) -> tuple[RowCheck, ...]:
    """Checks of a power or energy column, parsed as ``value``."""
    value = pl.col("value")
    return (
        RowCheck(
            column=column,
            fails=text(column).is_null(),
            reason="is empty; leave the whole row out if the meter gave nothing, a gap is allowed",
        ),
        _is_a_number(column, value),
        RowCheck(
            column=column,
            fails=value.is_nan() | value.is_infinite(),
            reason="is not finite; leave the whole row out if the meter gave nothing",
        ),
        RowCheck(
            column=column,
            fails=value < 0,
            reason="is negative; readings are the draw from the grid, write what is fed in as 0",
        ),
    )


def reactive_checks(column: str, *, parsed: str) -> tuple[RowCheck, ...]:
    """Checks of a column of reactive energy, which may be empty, parsed into column ``parsed``."""
    value = pl.col(parsed)
    return (
        _is_a_number(column, value),
        RowCheck(
            column=column,
            fails=value.is_nan() | value.is_infinite(),
            reason="is not finite; leave it empty if the meter gave nothing",
        ),
        RowCheck(
            column=column,
            fails=value < 0,
            reason="is negative; write lagging and leading energy in columns of their own, from 0",
        ),
    )


def interval_checks(column: str, *, now: datetime) -> tuple[RowCheck, ...]:
    """Checks of the interval, parsed as ``period_start``, that ``column`` tells."""
    start = pl.col("period_start")
    firm_and_start = ("firm_id", "period_start")
    first_row = pl.col(ROW).min().over(firm_and_start)
    return (
        RowCheck(
            column=column,
            fails=start.dt.truncate(INTERVAL) != start,
            reason="is off the quarter-hour grid; use minutes 00, 15, 30 or 45 and no seconds",
        ),
        RowCheck(
            column=column,
            fails=start.is_not_null() & (pl.col(ROW) > first_row),
            reason=pl.format("is the same interval as in row {}; keep one of them", first_row),
        ),
        RowCheck(
            column=column,
            fails=start + _INTERVAL > _latest(now),
            reason=f"ends later than now, {now.isoformat(timespec='seconds')}; "
            "check the offset from UTC and the clock of the meter",
        ),
    )


def known_at_checks(column: str, *, now: datetime) -> tuple[RowCheck, ...]:
    """Checks of the moment, parsed as ``known_at``, at which a row could first be read."""
    known_at = pl.col("known_at")
    return (
        RowCheck(
            column=column,
            fails=known_at < pl.col("period_start") + _INTERVAL,
            reason="is before the interval ends; a reading is known at its end or later",
        ),
        RowCheck(
            column=column,
            fails=known_at > _latest(now),
            reason=f"is later than now, {now.isoformat(timespec='seconds')}; "
            "leave it empty if it is not known",
        ),
    )


def _is_a_number(column: str, value: pl.Expr) -> RowCheck:
    return RowCheck(
        column=column,
        fails=text(column).is_not_null() & value.is_null(),
        reason="is not a number; write it like 12.5, without unit or thousands comma",
    )


def _latest(now: datetime) -> pl.Expr:
    return pl.lit(now.astimezone(UTC) + CLOCK_TOLERANCE)
