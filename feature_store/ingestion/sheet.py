"""A grid of cells as it stands in a file: rows of text, titles and all, before it is understood."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from feature_store.errors import SandanError
from feature_store.ingestion.limits import MOST_CELLS, MOST_COLUMNS, MOST_LINES, MOST_SHEET_ROWS


class UnreadableSheetError(Exception):
    """The file holds no grid that can be taken; the message is what is wrong; and how to mend it.

    Never leaves this package: the reading turns it into a refusal of the file.
    """


class TooManyValuesError(SandanError):
    """A table has the columns of a known form, and more rows than are looked at."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SheetRow:
    """A row that is not blank."""

    number: int
    """As a person counts: the first line of a CSV file, the first row of a sheet, is 1."""
    cells: tuple[str, ...]
    """Without blanks around them; an empty cell is an empty text."""


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """All rows of a file that are not blank."""

    rows: tuple[SheetRow, ...]
    encoding: str
    """Of a text file; what the container fixes otherwise, e.g. ``xlsx``."""


def sheet_rows(rows: Iterable[Iterable[str]], *, first: int = 1) -> Iterator[SheetRow]:
    """Number rows and leave blank ones out; more cells than the limits allow are refused."""
    cells_kept = rows_kept = 0
    for number, raw in enumerate(rows, start=first):
        if number > MOST_LINES:
            raise UnreadableSheetError(
                f"has more than {MOST_LINES:,} lines; export a year at a time"
            )
        cells = tuple(map(str.strip, raw))
        if len(cells) > MOST_COLUMNS:
            raise UnreadableSheetError(
                f"row {number} has {len(cells):,} columns, more than {MOST_COLUMNS}; "
                "export it again as KEPCO's site gives it"
            )
        if not any(cells):
            continue
        cells_kept, rows_kept = cells_kept + len(cells), rows_kept + 1
        if rows_kept > MOST_SHEET_ROWS:
            raise UnreadableSheetError(
                f"holds more than {MOST_SHEET_ROWS:,} rows; export a year at a time"
            )
        if cells_kept > MOST_CELLS:
            raise UnreadableSheetError(
                f"holds more than {MOST_CELLS:,} cells; export a year at a time"
            )
        yield SheetRow(number=number, cells=cells)
