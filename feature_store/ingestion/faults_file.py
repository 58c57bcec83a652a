"""Every fault of a file, as a table to mend it by."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

from feature_store.entities.reading_batch import BadRow
from feature_store.errors import SandanError

COLUMNS = ("row", "column", "value", "reason", "fix")

_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"
"""Byte-order mark: without it Excel takes UTF-8 for the code page of its country."""

_BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a spreadsheet runs, or strips until it finds something to run; the wide forms are those of
East Asian keyboards."""


def faults_csv(bad_rows: Sequence[BadRow]) -> Iterator[str]:
    """Return one fault a line as CSV, from the byte-order mark on.

    A cell is a stranger's, and the table is opened in a spreadsheet: one that begins as a formula
    does gets an apostrophe before it, so that it is text there. Nothing else is changed.
    """
    told = ((bad.row, bad.column, bad.value, bad.fault, bad.fix) for bad in bad_rows)
    yield _MARK + _line(COLUMNS)
    for row, *cells in told:
        yield _line((str(row), *map(_as_text, cells)))


def write_faults(bad_rows: Sequence[BadRow], path: Path) -> None:
    """Write :func:`faults_csv` to a file, in UTF-8."""
    try:
        with path.open("w", encoding="utf-8", newline="", errors="backslashreplace") as lines:
            lines.writelines(faults_csv(bad_rows))
    except OSError as error:
        raise SandanError(
            f"{path}: the faults cannot be written ({error.strerror}); name another file"
        ) from None


def _line(cells: Sequence[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()


def _as_text(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_BEGINS_A_FORMULA) else cell
