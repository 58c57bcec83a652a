"""Reading a file with one header: its column names first, then the columns that are wanted."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import islice

import polars as pl

from feature_store.entities.reading_batch import BadRow
from feature_store.ingestion.arrow_end import cut_off
from feature_store.ingestion.json_document import JsonLine, UnreadableLine, written
from feature_store.ingestion.limits import (
    MEBIBYTE,
    MOST_COLUMNAR_BYTES,
    MOST_COLUMNS,
    MOST_LINES,
)
from feature_store.ingestion.sheet import UnreadableSheetError
from feature_store.ingestion.source_file import Container, SourceFile
from feature_store.ingestion.text_lines import lines_of
from feature_store.ingestion.text_table import GrowingTable, cells_as_text, misfit

_LOOKED_AT = 20
"""Objects of a JSON file whose keys are its header, before all of it is read."""


def header(file: SourceFile) -> tuple[str, ...]:
    """Column names by which to know a CSV, Parquet, Arrow or JSON file; empty for any other.

    Of JSON they are those of the first objects, and of a file with too many the first ones.
    """
    names: Iterable[str] = ()
    with suppress(csv.Error, UnreadableSheetError, OSError):
        match file.container:
            case "json" | "ndjson":
                names = _keys(islice(_records(file), _LOOKED_AT))
            case "text":
                head = file.head.decode("utf-8-sig", errors="replace")
                names = next(csv.reader(lines_of(head)), ())
            case _:
                names = _columnar_names(file)
    return tuple(islice(names, MOST_COLUMNS))


def header_row(file: SourceFile) -> int:
    """Row that the column names stand in; 0 where rows have no header and count from 1."""
    return 1 if file.container == "text" else 0


def read_names(file: SourceFile) -> tuple[str, ...] | BadRow:
    """Return the names of all columns, before any cell is looked at.

    A file that is no table, or whose columns are too many or not distinct, is told as one bad row.
    """
    try:
        names = _names(file)
    except UnreadableSheetError as error:
        return _fault(file, str(error))
    except csv.Error as error:
        return _fault(file, f"cannot be read as CSV ({error}); export it again")
    if not names:
        where = "in the first line" if file.container == "text" else "in it"
        return _fault(file, f"no column names stand {where}; export the file again")
    if len(names) > MOST_COLUMNS:
        return _fault(file, f"has more than {MOST_COLUMNS} columns; keep those it needs")
    for name, times in Counter(names).items():
        if times > 1:
            return _fault(file, f"stands {times} times; keep one of them", column=name)
    return names


def read_text_table(file: SourceFile, columns: Sequence[str]) -> pl.DataFrame | BadRow:
    """Return ``row`` and the cells of columns, see ``text_table.text``; empty cells are null.

    Blank lines are left out but counted. A row with more or fewer cells than the header has none
    of them, but stands whole in ``ragged_line``, with what is wrong in ``ragged_reason``; both are
    null elsewhere. A file that cannot be read, or holds too much, is told as one bad row.

    Args:
        file: A file that :func:`read_names` has names of.
        columns: Which of the names are wanted.
    """
    try:
        return _table(file, columns)
    except UnreadableSheetError as error:
        return _fault(file, str(error))
    except csv.Error as error:
        return _fault(file, f"cannot be read as CSV ({error}); export it again")
    except (pl.exceptions.PolarsError, OSError) as error:
        return _fault(file, f"cannot be read as {file.container} ({error}); write it again")


def _table(file: SourceFile, columns: Sequence[str]) -> pl.DataFrame:
    match file.container:
        case "text":
            return _csv_table(file, columns)
        case "json" | "ndjson":
            return _json_table(_records(file), columns)
        case "parquet":
            from feature_store.ingestion.parquet_table import parquet_columns

            return cells_as_text(parquet_columns(file.path, columns))
        case "arrow" | "arrow-stream":
            return cells_as_text(_arrow_columns(file, columns))
        case other:
            raise _no_form(other)


def _no_form(container: Container) -> UnreadableSheetError:
    return UnreadableSheetError(f"is {container}, which is no form of this format; export it anew")


def _names(file: SourceFile) -> tuple[str, ...]:
    match file.container:
        case "text":
            return tuple(next(_csv_lines(file), []))
        case "json" | "ndjson":
            return tuple(islice(_keys(_records(file)), MOST_COLUMNS + 1))
        case _:
            return _columnar_names(file)


def _csv_lines(file: SourceFile) -> Iterator[list[str]]:
    if not file.text.encoding.startswith("utf-8"):
        raise UnreadableSheetError("is not UTF-8 text; save it as CSV UTF-8 and try again")
    return csv.reader(lines_of(file.text.text))


def _csv_table(file: SourceFile, columns: Sequence[str]) -> pl.DataFrame:
    lines = _csv_lines(file)
    names = next(lines, [])
    width, places = len(names), [names.index(name) for name in columns]
    table = GrowingTable(columns)
    for number, cells in enumerate(lines, start=2):
        if number > MOST_LINES:
            raise UnreadableSheetError(f"has more than {MOST_LINES:,} lines; split it by year")
        if len(cells) == width:
            kept = [cell.strip() or None for cell in cells]
            if any(kept):
                table.add(number, [kept[at] for at in places])
        elif not table.tells_misfits:
            if any(map(str.strip, cells)):
                table.add_misfit(number, "", "")
        else:
            reason = misfit(cells, width)
            if reason is not None:
                table.add_misfit(number, ",".join(cells), reason)
    return table.table()


def _records(file: SourceFile) -> Iterable[JsonLine]:
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


def _keys(records: Iterable[JsonLine]) -> Iterator[str]:
    """Every key of any object, once, as it is first met."""
    met: set[str] = set()
    names: set[str] = set()
    for record in records:
        if isinstance(record, dict) and not record.keys() <= met:
            met |= record.keys()
            new = [written(key) or "" for key in record]
            yield from (name for name in dict.fromkeys(new) if name not in names)
            names.update(new)


def _json_table(records: Iterable[JsonLine], columns: Sequence[str]) -> pl.DataFrame:
    table = GrowingTable(columns)
    for number, record in enumerate(records, start=1):
        match record:
            case None:
                continue
            case dict():
                cells = [written(record.get(name)) for name in columns]
                if any(cells):
                    table.add(number, cells)
            case UnreadableLine(text=line, reason=reason):
                table.add_misfit(number, written(line) or "", reason)
            case other:
                reason = "is no object; write one object a reading"
                table.add_misfit(number, written(other) or "", reason)
    return table.table()


def _columnar_names(file: SourceFile) -> tuple[str, ...]:
    match file.container:
        case "parquet":
            return file.parquet_names
        case "arrow" | "arrow-stream":
            content = _arrow_bytes(file)
            from feature_store.ingestion.arrow_table import arrow_names  # takes 30 MiB

            return tuple(arrow_names(content))
        case other:
            raise _no_form(other)


def _arrow_columns(file: SourceFile, columns: Sequence[str]) -> pl.DataFrame:
    content = _arrow_bytes(file)
    from feature_store.ingestion.arrow_table import read_arrow  # only a whole file is worth it

    return read_arrow(content, columns)


def _arrow_bytes(file: SourceFile) -> bytes:
    """The content of an Arrow file that is whole, and no larger than it may be unpacked."""
    if file.path.stat().st_size > MOST_COLUMNAR_BYTES:
        raise UnreadableSheetError(
            f"has more than {MOST_COLUMNAR_BYTES // MEBIBYTE} MiB; split it by firm or by year"
        )
    content = file.path.read_bytes()
    cut = cut_off(content)
    if cut is not None:
        raise UnreadableSheetError(cut)
    return content


def _fault(file: SourceFile, reason: str, *, column: str = "") -> BadRow:
    return BadRow(row=header_row(file), column=column, value=column, reason=reason)
