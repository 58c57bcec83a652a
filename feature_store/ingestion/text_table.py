"""A file as a table of text, with the row numbers that a person counts."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import polars as pl
import polars.selectors as cs

from feature_store.entities.reading_batch import BadRow

ROW = "row"
"""Column of row numbers; the header of a CSV file is row 1."""
RAGGED_LINE = "ragged_line"
"""Column of whole rows, where they do not fit the header."""
RAGGED_REASON = "ragged_reason"

_PREFIX = "text."
_CELLS = cs.starts_with(_PREFIX)


def text(column: str) -> pl.Expr:
    """The cells of a file's column as they stand in it, without blanks around them."""
    return pl.col(_PREFIX + column)


def header(path: Path) -> tuple[str, ...]:
    """Column names of a CSV or Parquet file; empty if it can be read as neither."""
    try:
        if is_parquet(path):
            return tuple(pl.read_parquet_schema(path))
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
            return tuple(next(csv.reader(lines), ()))
    except (pl.exceptions.PolarsError, csv.Error):
        return ()


def is_parquet(path: Path) -> bool:
    """Whether the file's name says that it is Parquet."""
    return path.suffix.lower() == ".parquet"


def header_row(path: Path) -> int:
    """Row that the column names stand in; 0 for Parquet, whose rows count from 1."""
    return 0 if is_parquet(path) else 1


def read_text_table(path: Path) -> pl.DataFrame | BadRow:
    """Return ``row`` and the cells of each column, see :func:`text`; empty cells are null.

    Blank lines are left out but counted. A row with more or fewer cells than the header has none
    of them, but stands whole in ``ragged_line``, with what is wrong in ``ragged_reason``; both are
    null elsewhere. A file that is no table is told as one bad row.
    """
    cells = _parquet_cells(path) if is_parquet(path) else _csv_cells(path)
    if isinstance(cells, BadRow):
        return cells
    first = header_row(path) + 1
    kept = cells.with_columns(_CELLS.str.strip_chars()).with_columns(
        pl.when(_CELLS != "").then(_CELLS)
    )
    return kept.with_columns(pl.int_range(first, kept.height + first).alias(ROW)).filter(
        ~pl.all_horizontal(_CELLS.is_null()) | pl.col(RAGGED_REASON).is_not_null()
    )


def column_names(table: pl.DataFrame) -> tuple[str, ...]:
    """Names of the file's columns."""
    return tuple(name.removeprefix(_PREFIX) for name in table.columns if name.startswith(_PREFIX))


def _csv_cells(path: Path) -> pl.DataFrame | BadRow:
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            rows = list(csv.reader(lines))
    except UnicodeDecodeError:
        return _fault(path, "is not UTF-8 text; save it as CSV UTF-8 and try again")
    except csv.Error as error:
        return _fault(path, f"cannot be read as CSV ({error}); export it again")
    names = rows.pop(0) if rows else []
    if not names:
        return _fault(path, "no column names stand in the first line; export the file again")
    for name, times in Counter(names).items():
        if times > 1:
            return _fault(path, f"stands {times} times; keep one of them", column=name)
    width = len(names)
    reasons = [_misfit(row, width) for row in rows]
    lines_kept = [reason and ",".join(row) for row, reason in zip(rows, reasons, strict=True)]
    return pl.DataFrame(
        [row if len(row) == width else [None] * width for row in rows],
        schema={_PREFIX + name: pl.String for name in names},
        orient="row",
    ).with_columns(
        pl.Series(RAGGED_LINE, lines_kept, pl.String),
        pl.Series(RAGGED_REASON, reasons, pl.String),
    )


def _misfit(row: list[str], width: int) -> str | None:
    """Say how a row differs from the header; None if it does not or is blank."""
    if len(row) == width or not any(map(str.strip, row)):
        return None
    mend = (
        "write decimals with a point and no thousands comma"
        if len(row) > width
        else "give every column a cell, an empty one if need be"
    )
    return f"has another number of cells ({len(row)}) than the header ({width}); {mend}"


def _parquet_cells(path: Path) -> pl.DataFrame | BadRow:
    try:
        table = pl.read_parquet(path)
        cells = table.select(_as_text(table[name]).alias(_PREFIX + name) for name in table.columns)
    except pl.exceptions.PolarsError as error:
        return _fault(path, f"cannot be read as Parquet ({error}); write it again")
    whole = pl.lit(None, pl.String)
    return cells.with_columns(whole.alias(RAGGED_LINE), whole.alias(RAGGED_REASON))


def _as_text(column: pl.Series) -> pl.Series:
    """Return times as RFC 3339, without an offset where the column has no zone."""
    if not isinstance(column.dtype, pl.Datetime):
        return column.cast(pl.String)
    if column.dtype.time_zone is None:
        return column.dt.strftime("%Y-%m-%dT%H:%M:%S%.f")
    return column.dt.convert_time_zone("UTC").dt.strftime("%Y-%m-%dT%H:%M:%S%.f+00:00")


def _fault(path: Path, reason: str, *, column: str = "") -> BadRow:
    return BadRow(row=header_row(path), column=column, value=column, reason=reason)
