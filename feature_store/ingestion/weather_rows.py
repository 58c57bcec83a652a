"""What must hold for weather whatever file it came in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from feature_store.entities.reading_batch import BadRow, Refused
from feature_store.entities.weather_batch import (
    VARIABLES,
    WEATHER_COLUMNS,
    WeatherBatch,
    WeatherKind,
)
from feature_store.ingestion.reading_checks import CLOCK_TOLERANCE, Cell
from feature_store.ingestion.row_check import RowCheck, bad_rows
from feature_store.ingestion.source_file import SourceFile
from feature_store.ingestion.text_table import ROW, text


@dataclass(frozen=True, kw_only=True)
class VariableCell:
    """Where a variable stands in a file, and how its number becomes ours."""

    column: str
    factor: float = 1.0
    missing: pl.Expr | None = None
    """True where the number, as ``value``, is the source's way to say that there is none."""


@dataclass(frozen=True, kw_only=True)
class WeatherLayout:
    """How a file tells weather."""

    kind: WeatherKind
    source_format: str
    time_column: str
    """Its text is blamed where ``valid_time`` is null."""
    time_example: str
    cells: Mapping[str, VariableCell]
    """By the name of the variable."""


def weather_batch(
    file: SourceFile, table: pl.DataFrame, layout: WeatherLayout, *, now: datetime
) -> WeatherBatch | Refused:
    """Return the weather of ``table``, or every fault of it.

    Args:
        file: Where it comes from.
        table: A text table with ``place``, ``valid_time``, ``known_at`` and ``exists_from``, the
            earliest that a row can have been there at all, parsed.
        layout: Which of its columns are which variables.
        now: What is in hand is known now, whatever the rule of its source says.
    """
    if not table.height:
        return _refused(file, "there is no weather in this file; fetch it again")
    parsed = table.with_columns(
        pl.min_horizontal("known_at", pl.lit(now)).alias("known_at"),
        *(_value(cell).alias(name) for name, cell in layout.cells.items()),
    )
    faults = bad_rows(parsed, _checks(layout, now))
    if faults:
        return Refused(source_name=file.name, bad_rows=faults)
    told = parsed.columns
    return WeatherBatch(
        rows=parsed.select(
            (pl.col(name) if name in told else pl.lit(None)).cast(kind).alias(name)
            for name, kind in WEATHER_COLUMNS.items()
        ).sort("place", "known_at", "valid_time"),
        kind=layout.kind,
        source_format=layout.source_format,
        source_name=file.name,
        content_sha256=file.sha256,
    )


def _value(cell: VariableCell) -> pl.Expr:
    value = text(cell.column).cast(pl.Float64, strict=False)
    if cell.missing is not None:
        value = pl.when(~cell.missing).then(value)
    return value * cell.factor


def _checks(layout: WeatherLayout, now: datetime) -> list[RowCheck]:
    time = Cell.of(layout.time_column)
    once = ("place", "known_at", "valid_time")
    first_row = pl.col(ROW).min().over(once)
    checks = [
        time.check(
            pl.col("valid_time").is_null(),
            f"is not a time of this format; it looks like {layout.time_example}",
        ),
        time.check(
            pl.col("valid_time").is_not_null() & (pl.col(ROW) > first_row),
            pl.format("is the same time and place as in row {}; keep one of them", "first_row"),
            other_rows={"first_row": first_row},
        ),
        time.check(
            pl.col("valid_time") != pl.col("valid_time").dt.truncate("1h"),
            "is not on the full hour; use the hourly form of this weather",
        ),
    ]
    checks.append(
        time.check(
            pl.col("exists_from") > pl.lit(now + CLOCK_TOLERANCE),
            f"was issued or measured later than now, {now.isoformat(timespec='seconds')}; "
            "check the clock of this machine and the file",
        )
    )
    bounds = {variable.name: variable for variable in VARIABLES}
    for name, where in layout.cells.items():
        cell, value = Cell.of(where.column), pl.col(name)
        number = cell.written.cast(pl.Float64, strict=False)
        within = value.is_between(bounds[name].least, bounds[name].most)
        checks += [
            cell.check(
                cell.written.is_not_null() & number.is_null(),
                "is not a number; use the file as it was fetched",
            ),
            cell.check(
                ~within,
                f"is no {name} between {bounds[name].least:g} and {bounds[name].most:g}; "
                "use the file as it was fetched, in its own units",
            ),
        ]
    return checks


def _refused(file: SourceFile, reason: str) -> Refused:
    fault = BadRow(row=0, column="", value="", reason=reason)
    return Refused(source_name=file.name, bad_rows=(fault,))
