"""A file as a table of text, with the row numbers that a person counts."""

from __future__ import annotations

import csv
from itertools import islice
from pathlib import Path

import polars as pl

from feature_store.entities.reading_batch import BadRow

ROW = "row"
"""Column of row numbers; the header is row 1."""

_PREFIX = "text."
_FIRST_DATA_ROW = 2


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


def read_text_table(path: Path) -> pl.DataFrame | BadRow:
    """Return ``row`` and the cells of each column, see :func:`text`; empty cells are null.

    Blank lines are left out but counted. A file that is no table is told as one bad row.
    """
    try:
        cells = _parquet_cells(path) if is_parquet(path) else _csv_cells(path)
    except pl.exceptions.NoDataError:
        return BadRow(row=1, column="", value="", reason="the file is empty; export it again")
    except pl.exceptions.PolarsError as error:
        return _what_is_wrong(path, error)
    blank = pl.all_horizontal(pl.all().is_null())
    stripped = cells.with_columns(pl.all().str.strip_chars()).with_columns(
        pl.when(pl.all() != "").then(pl.all())
    )
    kept = stripped.rename(lambda column: _PREFIX + column).with_columns(
        pl.int_range(_FIRST_DATA_ROW, stripped.height + _FIRST_DATA_ROW).alias(ROW), blank=blank
    )
    return kept.filter(~pl.col("blank")).drop("blank")


def column_names(table: pl.DataFrame) -> tuple[str, ...]:
    """Names of the file's columns."""
    return tuple(name.removeprefix(_PREFIX) for name in table.columns if name.startswith(_PREFIX))


def _csv_cells(path: Path) -> pl.DataFrame:
    return pl.read_csv(path, infer_schema=False)  # all text; a byte order mark is skipped


def _parquet_cells(path: Path) -> pl.DataFrame:
    table = pl.read_parquet(path)
    return table.select(_as_text(table[name]) for name in table.columns)


def _as_text(column: pl.Series) -> pl.Series:
    """Return times as RFC 3339, without an offset where the column has no zone."""
    if not isinstance(column.dtype, pl.Datetime):
        return column.cast(pl.String)
    if column.dtype.time_zone is None:
        return column.dt.strftime("%Y-%m-%dT%H:%M:%S%.f")
    return column.dt.convert_time_zone("UTC").dt.strftime("%Y-%m-%dT%H:%M:%S%.f+00:00")


def _what_is_wrong(path: Path, error: pl.exceptions.PolarsError) -> BadRow:
    if is_parquet(path):
        return BadRow(
            row=1,
            column="",
            value="",
            reason=f"cannot be read as Parquet ({error}); write it again",
        )
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            rows = csv.reader(lines)
            width = len(next(rows))
            for number, row in enumerate(islice(rows, None), start=_FIRST_DATA_ROW):
                if len(row) > width:
                    return BadRow(
                        row=number,
                        column="",
                        value=",".join(row),
                        reason=f"has {len(row)} cells, the header has {width}; "
                        "write decimals with a point and no thousands comma",
                    )
    except UnicodeDecodeError:
        return BadRow(
            row=1,
            column="",
            value="",
            reason="is not UTF-8 text; save it as CSV UTF-8 and try again",
        )
    return BadRow(row=1, column="", value="", reason=f"cannot be read as CSV ({error})")
