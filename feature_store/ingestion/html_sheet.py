"""The grid of an HTML page: what many Korean sites hand out under the name ``.xls``.

Only rows and cells are looked for, in one pass whose time grows with the page and no faster. The
standard library's parser takes minutes over a page of a megabyte that is made for it, and a parser
of the whole language would bring more code than the five tags that a saved table is made of.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

from feature_store.ingestion.decoded_text import DecodedText
from feature_store.ingestion.limits import MOST_COLUMNS
from feature_store.ingestion.sheet import Sheet, UnreadableSheetError, sheet_rows

_TAG = re.compile(r"<(/?)(table|tr|td|th)\b([^<>]*)>", re.IGNORECASE)
"""No tag has ``<`` inside, so that a tag never closed is looked at no further than the next."""

_OTHER_TAG = re.compile(r"<[^<>]*>")
_SPAN = re.compile(r"\b(col|row)span\s*=\s*[\"']?\s*(\d{1,4})", re.IGNORECASE)
_NOT_TEXT = tuple(
    (re.compile(begin), re.compile(end))
    for begin, end in (
        (r"<!--", r"-->"),
        (r"<[sS][cC][rR][iI][pP][tT]", r"</[sS][cC][rR][iI][pP][tT]"),
        (r"<[sS][tT][yY][lL][eE]", r"</[sS][tT][yY][lL][eE]"),
    )
)
"""Searched where they stand, as the page in small letters would be a copy of it; spelt out, as a
search that begins with a letter of either size looks at every place of the page."""


class _Grid:
    """Rows as they fill up.

    A cell that spans columns or rows fills the first of its places and leaves the others empty,
    as a merged cell does in a workbook.
    """

    def __init__(self) -> None:
        self._row: list[str] | None = None
        self._covered: dict[int, int] = {}

    def begin_row(self) -> None:
        """Start a row."""
        self._row = []

    def end_row(self) -> list[str] | None:
        """End the row, if one is begun."""
        row, self._row = self._row, None
        if row is None:
            return None
        self._leave_covered(row)
        if self._covered:
            self._covered = {at: rows - 1 for at, rows in self._covered.items() if rows > 1}
        return row

    def add_cell(self, text: str, attributes: str) -> None:
        """Put a cell where the rows above leave room."""
        row = self._row = self._row if self._row is not None else []
        self._leave_covered(row)
        spans = (
            {name.lower(): int(number) for name, number in _SPAN.findall(attributes)}
            if attributes
            else {}
        )
        columns = min(max(spans.get("col", 1), 1), MOST_COLUMNS)
        at = len(row)
        row += [" ".join(text.split()), *[""] * (columns - 1)]
        if spans.get("row", 1) > 1:
            self._covered.update(dict.fromkeys(range(at, at + columns), spans["row"]))
        if len(row) > MOST_COLUMNS:
            raise UnreadableSheetError(
                f"has a row of more than {MOST_COLUMNS} columns; export it again"
            )

    def _leave_covered(self, row: list[str]) -> None:
        while self._covered and self._covered.get(len(row), 0) > 0 and len(row) <= MOST_COLUMNS:
            row.append("")


def html_sheet(decoded: DecodedText) -> Sheet:
    """Return the rows of all tables of a page, in its order."""
    rows = tuple(sheet_rows(_rows(_without(decoded.text))))
    if not rows:
        raise UnreadableSheetError("is a page without a table; export the file again")
    return Sheet(rows=rows, encoding=f"html, {decoded.encoding}")


def _rows(page: str) -> Iterator[list[str]]:
    """Every row; what is not closed ends where the next begins, as browsers take it."""
    grid = _Grid()
    cell: tuple[int, str] | None = None
    for tag in _TAG.finditer(page):
        closing, name, attributes = tag.group(1), tag.group(2).lower(), tag.group(3)
        if cell is not None:
            grid.add_cell(_text(page[cell[0] : tag.start()]), cell[1])
            cell = None
        if name in {"td", "th"}:
            cell = None if closing else (tag.end(), attributes)
            continue
        row = grid.end_row()
        if row is not None:
            yield row
        if name == "tr" and not closing:
            grid.begin_row()
    if cell is not None:
        grid.add_cell(_text(page[cell[0] :]), cell[1])
    row = grid.end_row()
    if row is not None:
        yield row


def _text(inside: str) -> str:
    return unescape(_OTHER_TAG.sub(" ", inside) if "<" in inside else inside)


def _without(page: str) -> str:
    """The page without what no reader of it sees; what is never closed reaches to its end."""
    for begin, end in _NOT_TEXT:
        kept, at = [], 0
        while found := begin.search(page, at):
            kept.append(page[at : found.start()])
            closed = end.search(page, found.end())
            at = len(page) if closed is None else closed.end()
        if kept:
            page = "".join([*kept, page[at:]])
    return page
