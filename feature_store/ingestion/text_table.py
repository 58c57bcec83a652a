"""A file with one header as a table of text, with the row numbers that a person counts."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice

import polars as pl
import polars.selectors as cs

from feature_store.entities.reading_batch import BadRow
from feature_store.ingestion.arrow_end import cut_off
from feature_store.ingestion.json_document import JsonLine, UnreadableLine, written
from feature_store.ingestion.limits import (
    MEBIBYTE,
    MOST_ARROW_BYTES,
    MOST_COLUMNS,
    MOST_ROWS,
)
from feature_store.ingestion.sheet import UnreadableSheetError
from feature_store.ingestion.source_file import SourceFile
from feature_store.ingestion.text_lines import lines_of

ROW = "row"
"""Column of row numbers; the header of a CSV file is row 1."""
RAGGED_LINE = "ragged_line"
"""Column of whole rows, where they do not fit the header."""
RAGGED_REASON = "ragged_reason"

_PREFIX = "text."
_CELLS = cs.starts_with(_PREFIX)

_CHUNK = 10_000
"""Rows turned into columns at a time: as lists of Python texts they take ten times the room."""

_LOOKED_AT = 20
"""Objects of a JSON file whose keys are its header, before all of it is read."""


def text(column: str) -> pl.Expr:
    """The cells of a file's column as they stand in it, without blanks around them."""
    return pl.col(_PREFIX + column)


def header(file: SourceFile) -> tuple[str, ...]:
    """Column names of a CSV, Parquet, Arrow or JSON file of records; empty for any other."""
    names: Iterable[str] = ()
    with suppress(pl.exceptions.PolarsError, csv.Error, UnreadableSheetError, OSError):
        match file.container:
            case "parquet":
                names = pl.read_parquet_schema(file.path)
            case "arrow" | "arrow-stream":
                content = _bytes(file)
                from feature_store.ingestion.arrow_table import arrow_names  # takes 30 MiB

                names = arrow_names(content)
            case "json" | "ndjson":
                names = _names(_records(file)[:_LOOKED_AT])
            case "text":
                head = file.head.decode("utf-8-sig", errors="replace")
                names = next(csv.reader(lines_of(head)), ())
            case _:
                pass
    return tuple(islice(names, MOST_COLUMNS))


def header_row(file: SourceFile) -> int:
    """Row that the column names stand in; 0 where rows have no header and count from 1."""
    return 1 if file.container == "text" else 0


def read_text_table(file: SourceFile) -> pl.DataFrame | BadRow:
    """Return ``row`` and the cells of each column, see :func:`text`; empty cells are null.

    Blank lines are left out but counted. A row with more or fewer cells than the header has none
    of them, but stands whole in ``ragged_line``, with what is wrong in ``ragged_reason``; both are
    null elsewhere. A file that is no table is told as one bad row.
    """
    try:
        match file.container:
            case "text":
                cells = _csv_cells(file)
            case "json" | "ndjson":
                cells = _json_cells(_records(file))
            case "parquet" | "arrow" | "arrow-stream":
                cells = _columnar_cells(file)
            case other:
                return _fault(file, f"is {other}, which is no form of this format; export it anew")
    except UnreadableSheetError as error:
        return _fault(file, str(error))
    if isinstance(cells, BadRow):
        return cells
    return (
        cells.with_columns(_CELLS.str.strip_chars())
        .with_columns(pl.when(_CELLS != "").then(_CELLS))
        .filter(~pl.all_horizontal(_CELLS.is_null()) | pl.col(RAGGED_REASON).is_not_null())
    )


def column_names(table: pl.DataFrame) -> tuple[str, ...]:
    """Names of the file's columns."""
    return tuple(name.removeprefix(_PREFIX) for name in table.columns if name.startswith(_PREFIX))


def text_columns(columns: Mapping[str, Sequence[str | None]], rows: Sequence[int]) -> pl.DataFrame:
    """Return a table as :func:`read_text_table` does, of cells that were found otherwise."""
    schema = {ROW: pl.Int64(), **{_PREFIX + name: pl.String() for name in columns}}
    named = {_PREFIX + name: cells for name, cells in columns.items()}
    return pl.DataFrame({ROW: rows} | named, schema=schema).with_columns(
        pl.lit(None, pl.String).alias(RAGGED_LINE), pl.lit(None, pl.String).alias(RAGGED_REASON)
    )


def _csv_cells(file: SourceFile) -> pl.DataFrame | BadRow:
    if file.too_large:
        raise UnreadableSheetError(file.too_large)
    if not file.text.encoding.startswith("utf-8"):
        return _fault(file, "is not UTF-8 text; save it as CSV UTF-8 and try again")
    lines = csv.reader(lines_of(file.text.text))
    try:
        names = next(lines, [])
        if not names:
            return _fault(file, "no column names stand in the first line; export the file again")
        if len(names) > MOST_COLUMNS:
            reason = f"has {len(names):,} columns, more than {MOST_COLUMNS}; keep those it needs"
            return _fault(file, reason)
        for name, times in Counter(names).items():
            if times > 1:
                return _fault(file, f"stands {times} times; keep one of them", column=name)
        return pl.concat(_chunks(lines, names), rechunk=True)
    except csv.Error as error:
        return _fault(file, f"cannot be read as CSV ({error}); export it again")


def _chunks(lines: Iterator[list[str]], names: list[str]) -> Iterator[pl.DataFrame]:
    numbered = ((number, cells) for number, cells in enumerate(lines, start=2) if any(cells))
    cells = {_PREFIX + name: pl.String() for name in names}
    schema = {ROW: pl.Int64(), **cells, RAGGED_LINE: pl.String(), RAGGED_REASON: pl.String()}
    width = len(names)
    yield pl.DataFrame(schema=schema)
    while rows := list(islice(numbered, _CHUNK)):
        yield pl.DataFrame(
            [
                (number, *cells, None, None)
                if len(cells) == width
                else (number, *([None] * width), ",".join(cells), misfit(cells, width))
                for number, cells in rows
            ],
            schema=schema,
            orient="row",
        )


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


def _records(file: SourceFile) -> Sequence[JsonLine]:
    """The objects of a JSON list, by itself or under ``readings``, or of the lines of NDJSON."""
    if file.container == "ndjson":
        return file.lines
    document = file.document
    if isinstance(document, dict) and set(document) == {"readings"}:
        document = document["readings"]
    if not isinstance(document, list):
        raise UnreadableSheetError(
            'is no list of objects; write one object a reading, [...] or {"readings": [...]}'
        )
    return document


def _names(records: Sequence[JsonLine]) -> tuple[str, ...]:
    keys = dict.fromkeys(key for each in records if isinstance(each, dict) for key in each)
    return tuple(dict.fromkeys(written(key) or "" for key in keys))


def _json_cells(records: Sequence[JsonLine]) -> pl.DataFrame:
    names = _names(records)
    if len(names) > MOST_COLUMNS:
        raise UnreadableSheetError(f"has {len(names):,} keys; keep those it needs")
    objects = [each if isinstance(each, dict) else {} for each in records]
    table = text_columns(
        {name: [written(each.get(name)) for each in objects] for name in names},
        range(1, len(records) + 1),
    )
    odd = [(at, each) for at, each in enumerate(records, start=1) if not _is_a_row(each)]
    told = [(at, *_no_object(each)) for at, each in odd]
    schema = {ROW: pl.Int64(), RAGGED_LINE: pl.String(), RAGGED_REASON: pl.String()}
    return table.drop(RAGGED_LINE, RAGGED_REASON).join(
        pl.DataFrame(told, schema=schema, orient="row"), on=ROW, how="left", maintain_order="left"
    )


def _is_a_row(record: JsonLine) -> bool:
    return record is None or isinstance(record, dict)


def _no_object(record: JsonLine) -> tuple[str, str]:
    """What stands where an object should, and the words for it."""
    match record:
        case UnreadableLine(text=line, reason=reason):
            return written(line) or "", reason
        case dict():
            raise TypeError("an object is a row")
        case other:
            return written(other) or "", "is no object; write one object a reading"


def _columnar_cells(file: SourceFile) -> pl.DataFrame | BadRow:
    try:
        table = _parquet(file) if file.container == "parquet" else _arrow(file)
        cells = table.select(_as_text(table[name]).alias(_PREFIX + name) for name in table.columns)
    except (pl.exceptions.PolarsError, OSError) as error:
        return _fault(file, f"cannot be read as Parquet ({error}); write it again")
    whole = pl.lit(None, pl.String)
    return cells.with_columns(
        pl.int_range(1, cells.height + 1, dtype=pl.Int64).alias(ROW),
        whole.alias(RAGGED_LINE),
        whole.alias(RAGGED_REASON),
    )


def _parquet(file: SourceFile) -> pl.DataFrame:
    """The table, if it has no more rows than it may by its own account."""
    rows = int(pl.scan_parquet(file.path).select(pl.len()).collect().item())
    if rows > MOST_ROWS:
        raise UnreadableSheetError(f"holds {rows:,} rows, more than {MOST_ROWS:,}; split it")
    return pl.read_parquet(file.path)


def _arrow(file: SourceFile) -> pl.DataFrame:
    content = _bytes(file)
    from feature_store.ingestion.arrow_table import read_arrow  # only a whole file is worth it

    return read_arrow(content)


def _bytes(file: SourceFile) -> bytes:
    """The content of an Arrow file that is whole, and no larger than it may be unpacked."""
    if file.path.stat().st_size > MOST_ARROW_BYTES:
        raise UnreadableSheetError(
            f"has more than {MOST_ARROW_BYTES // MEBIBYTE} MiB; split it by month"
        )
    content = file.path.read_bytes()
    cut = cut_off(content)
    if cut is not None:
        raise UnreadableSheetError(cut)
    return content


def _as_text(column: pl.Series) -> pl.Series:
    """Return times as RFC 3339, without an offset where the column has no zone."""
    if not isinstance(column.dtype, pl.Datetime):
        return column.cast(pl.String)
    if column.dtype.time_zone is None:
        return column.dt.strftime("%Y-%m-%dT%H:%M:%S%.f")
    return column.dt.convert_time_zone("UTC").dt.strftime("%Y-%m-%dT%H:%M:%S%.f+00:00")


def _fault(file: SourceFile, reason: str, *, column: str = "") -> BadRow:
    return BadRow(row=header_row(file), column=column, value=column, reason=reason)
