"""A file with one header as a table of text, with the row numbers that a person counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from feature_store.entities.reading_batch import MOST_FAULTS_TOLD
from feature_store.ingestion.limits import MOST_CELLS, MOST_READINGS
from feature_store.ingestion.sheet import UnreadableSheetError

ROW = "row"
"""Column of row numbers; the header of a CSV file is row 1."""
RAGGED_LINE = "ragged_line"
"""Column of whole rows, where they do not fit the header."""
RAGGED_REASON = "ragged_reason"

_PREFIX = "text."

_CHUNK = 10_000
"""Rows turned into columns at a time: as lists of Python texts they take ten times the room."""

_BLANK_AT_AN_END = r"^\s|\s$|^$"
"""What few tables have: to strip a column is to copy it."""

_NEVER_TOLD = "…"
"""Reason of a ragged row behind ``MOST_FAULTS_TOLD`` others."""


def text(column: str) -> pl.Expr:
    """The cells of a file's column as they stand in it, without blanks around them."""
    return pl.col(_PREFIX + column)


def column_names(table: pl.DataFrame) -> tuple[str, ...]:
    """Names of the file's columns."""
    return tuple(name.removeprefix(_PREFIX) for name in table.columns if name.startswith(_PREFIX))


def text_columns(columns: Mapping[str, Sequence[str | None]], rows: Sequence[int]) -> pl.DataFrame:
    """Return a text table of cells that were found otherwise, of which no row is ragged."""
    return _table(columns, rows).with_columns(
        pl.lit(None, pl.String).alias(RAGGED_LINE), pl.lit(None, pl.String).alias(RAGGED_REASON)
    )


def cells_as_text(table: pl.DataFrame) -> pl.DataFrame:
    """Return a table of any types as a text table, its rows counted from 1, blank ones left out."""
    cells = table.select(_as_text(table[name]).alias(_PREFIX + name) for name in table.columns)
    whole = pl.lit(None, pl.String)
    return cells.with_columns(
        pl.int_range(1, cells.height + 1, dtype=pl.Int64).alias(ROW),
        whole.alias(RAGGED_LINE),
        whole.alias(RAGGED_REASON),
    ).filter(~pl.all_horizontal(pl.col(cells.columns).is_null()))


def misfit(row: list[str], width: int) -> str | None:
    """Say how a row differs from the header; None if it is blank."""
    if not any(map(str.strip, row)):
        return None
    mend = (
        "write decimals with a point and no thousands comma"
        if len(row) > width
        else "give every column a cell, an empty one if need be"
    )
    return f"has another number of cells ({len(row)}) than the header ({width}); {mend}"


class GrowingTable:
    """A text table as its rows are found one by one, of no more of them than the limits allow."""

    def __init__(self, columns: Sequence[str]) -> None:
        self._columns = tuple(columns)
        self._most_rows = min(MOST_READINGS, MOST_CELLS // max(len(self._columns), 1))
        self._chunks: list[pl.DataFrame] = []
        self._height = 0
        self._misfits = 0
        self._rows: list[int] = []
        self._cells: list[Sequence[str | None]] = []
        self._ragged: list[tuple[str | None, str | None]] = []
        self._empty: Sequence[None] = (None,) * len(self._columns)

    @property
    def tells_misfits(self) -> bool:
        """Whether the words for another row that does not fit can still be read by anybody."""
        return self._misfits < MOST_FAULTS_TOLD

    def add(self, row: int, cells: Sequence[str | None]) -> None:
        """Add a row, a cell a column; cells without blanks around them, null if empty."""
        self._add(row, cells, (None, None))

    def add_misfit(self, row: int, line: str, reason: str) -> None:
        """Add a row that does not fit the columns."""
        told = (line, reason) if self.tells_misfits else (None, _NEVER_TOLD)
        self._misfits += 1
        self._add(row, self._empty, told)

    def table(self) -> pl.DataFrame:
        """The rows that were added."""
        self._end_chunk()
        return pl.concat(self._chunks)

    def _add(
        self, row: int, cells: Sequence[str | None], ragged: tuple[str | None, str | None]
    ) -> None:
        if self._height + len(self._rows) >= self._most_rows:
            raise UnreadableSheetError(
                f"holds more than {self._most_rows:,} rows of {len(self._columns)} columns; "
                "split it by firm or by year"
            )
        self._rows.append(row)
        self._cells.append(cells)
        self._ragged.append(ragged)
        if len(self._rows) == _CHUNK:
            self._end_chunk()

    def _end_chunk(self) -> None:
        cells = {name: [row[at] for row in self._cells] for at, name in enumerate(self._columns)}
        chunk = _table(cells, self._rows).with_columns(
            pl.Series(RAGGED_LINE, [line for line, _ in self._ragged], pl.String),
            pl.Series(RAGGED_REASON, [reason for _, reason in self._ragged], pl.String),
        )
        self._chunks.append(chunk)
        self._height += chunk.height
        self._rows, self._cells, self._ragged = [], [], []


def _table(columns: Mapping[str, Sequence[str | None]], rows: Sequence[int]) -> pl.DataFrame:
    schema = {ROW: pl.Int64(), **{_PREFIX + name: pl.String() for name in columns}}
    named = {_PREFIX + name: cells for name, cells in columns.items()}
    return pl.DataFrame({ROW: rows} | named, schema=schema)


def _as_text(column: pl.Series) -> pl.Series:
    """Return times as RFC 3339, without an offset where the column has no zone; null if empty."""
    if not isinstance(column.dtype, pl.Datetime):
        cells = column.cast(pl.String)
        if not cells.str.contains(_BLANK_AT_AN_END).any():
            return cells
        stripped = cells.str.strip_chars()
        return stripped.set((stripped == "").fill_null(value=False), None)
    if column.dtype.time_zone is None:
        return column.dt.strftime("%Y-%m-%dT%H:%M:%S%.f")
    return column.dt.convert_time_zone("UTC").dt.strftime("%Y-%m-%dT%H:%M:%S%.f+00:00")
