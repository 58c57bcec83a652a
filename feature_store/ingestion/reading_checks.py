"""What must hold for a reading whatever file it came in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import polars as pl

from feature_store.entities.reading_batch import LARGEST_READING
from feature_store.ingestion.row_check import RowCheck
from feature_store.ingestion.text_table import ROW, text
from feature_store.time_grid import HOURS_PER_STEP, INTERVAL

CLOCK_TOLERANCE = timedelta(minutes=2)
"""How far a meter's or gateway's clock may run ahead of ours before its stamps are refused."""

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
"""No meter told quarter hours before it that anybody schedules by today: an older date is a slip.
The service answers no issue time before it either."""

_INTERVAL = pl.lit(INTERVAL)


NO_COMMA = "is not a number; write it like 12.5, without unit or thousands comma"
COMMA_OR_NOT = "is not a number; write it like 1234.5 or 1,234.5, without unit"


@dataclass(frozen=True, kw_only=True)
class Cell:
    """Where a checked value stands."""

    column: str | pl.Expr
    """Name of its column in the file."""
    written: pl.Expr
    """The cell as it stands there; null if empty."""

    @classmethod
    def of(cls, column: str) -> Cell:
        """The cells of one column of a text table."""
        return cls(column=column, written=text(column))

    def check(
        self,
        fails: pl.Expr,
        reason: str | pl.Expr,
        *,
        other_rows: Mapping[str, pl.Expr] | None = None,
    ) -> RowCheck:
        """A check that blames this cell."""
        return RowCheck(
            column=self.column,
            value=self.written,
            fails=fails,
            reason=reason,
            other_rows=other_rows or {},
        )


AGREES_WITHIN_KW, AGREES_WITHIN_SHARE = 0.1, 0.02
"""Energy is written to 0.01 kWh, which is 0.02 kW either way; the share is room for rounding."""


def power_disagrees(power_kw: pl.Expr, kwh: pl.Expr) -> pl.Expr:
    """Whether a mean power is not that of the energy of the same 15 minutes."""
    mean_kw = kwh / HOURS_PER_STEP
    return (power_kw - mean_kw).abs() > AGREES_WITHIN_KW + AGREES_WITHIN_SHARE * mean_kw


def value_checks(
    cell: Cell, *, number: str | pl.Expr = NO_COMMA, parsed: str = "value"
) -> tuple[RowCheck, ...]:
    """Checks of a power or energy, which must be there, parsed into column ``parsed``."""
    empty = cell.check(
        cell.written.is_null(),
        "is empty; leave the whole row out if the meter gave nothing, a gap is allowed",
    )
    return (empty, *number_checks(cell, number=number, parsed=parsed))


def number_checks(
    cell: Cell, *, number: str | pl.Expr = NO_COMMA, parsed: str
) -> tuple[RowCheck, ...]:
    """Checks of a power or energy, which may be empty, parsed into column ``parsed``."""
    value = pl.col(parsed)
    return (
        _is_a_number(cell, value, number),
        cell.check(
            value.is_nan() | value.is_infinite(),
            "is not finite; leave the whole row out if the meter gave nothing",
        ),
        _is_possible(cell, value),
        cell.check(
            value < 0,
            "is negative; readings are the draw from the grid, write what is fed in as 0",
        ),
    )


def reactive_checks(cell: Cell, *, parsed: str, number: str = NO_COMMA) -> tuple[RowCheck, ...]:
    """Checks of reactive energy, which may be empty, parsed into column ``parsed``."""
    value = pl.col(parsed)
    return (
        _is_a_number(cell, value, number),
        cell.check(
            value.is_nan() | value.is_infinite(),
            "is not finite; leave it empty if the meter gave nothing",
        ),
        _is_possible(cell, value),
        cell.check(
            value < 0,
            "is negative; write lagging and leading energy in columns of their own, from 0",
        ),
    )


def interval_checks(
    cell: Cell, *, now: datetime, of: tuple[str, ...] = ("firm_id",)
) -> tuple[RowCheck, ...]:
    """Checks of the interval, parsed as ``period_start``, that ``cell`` tells.

    ``of`` are the columns of whatever may have each interval only once.
    """
    start = pl.col("period_start")
    once = (*of, "period_start")
    first_row, last_row = pl.col(ROW).min().over(once), pl.col(ROW).max().over(once)
    values = pl.col("kwh").drop_nulls().n_unique().over(once)
    return (
        cell.check(
            start.dt.truncate(INTERVAL) != start,
            "is off the quarter-hour grid; use minutes 00, 15, 30 or 45 and no seconds",
        ),
        cell.check(
            start.is_not_null() & (pl.col(ROW) > first_row),
            pl.format("is the same interval as in row {}; keep one of them", "first_row"),
            other_rows={"first_row": first_row},
        ),
        cell.check(
            start.is_not_null() & (pl.col(ROW) == first_row) & (values > 1),
            pl.format("stands in row {} again with another value; keep one of them", "last_row"),
            other_rows={"last_row": last_row},
        ),
        cell.check(start < pl.lit(EARLIEST), f"is before the year {EARLIEST.year}; mend the date"),
        cell.check(
            start + _INTERVAL > _latest(now),
            f"ends later than now, {now.isoformat(timespec='seconds')}; "
            "check the offset from UTC and the clock of the meter",
        ),
    )


def known_at_checks(cell: Cell, *, now: datetime) -> tuple[RowCheck, ...]:
    """Checks of the moment, parsed as ``known_at``, at which a row could first be read."""
    known_at = pl.col("known_at")
    return (
        cell.check(
            known_at < pl.col("period_start") + _INTERVAL,
            "is before the interval ends; a reading is known at its end or later",
        ),
        cell.check(
            known_at > _latest(now),
            f"is later than now, {now.isoformat(timespec='seconds')}; "
            "leave it empty if it is not known",
        ),
    )


def _is_a_number(cell: Cell, value: pl.Expr, reason: str | pl.Expr) -> RowCheck:
    return cell.check(cell.written.is_not_null() & value.is_null(), reason)


def _is_possible(cell: Cell, value: pl.Expr) -> RowCheck:
    too_large = value.is_finite() & (value > LARGEST_READING)
    return cell.check(
        too_large,
        f"is above {LARGEST_READING:,.0f}, more than any register shows; "
        "check the unit, and leave the row out if the meter gave nonsense",
    )


def _latest(now: datetime) -> pl.Expr:
    return pl.lit(now.astimezone(UTC) + CLOCK_TOLERANCE)
