"""A grid of cells understood as titles, a header and the rows below it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from feature_store.ingestion.column_name import ColumnName, column_name
from feature_store.ingestion.export_form import ExportForm
from feature_store.ingestion.korean_clock import clock_minutes
from feature_store.ingestion.limits import MOST_EXPORT_VALUES
from feature_store.ingestion.sheet import Sheet, SheetRow, TooManyValuesError

_HEADER_WITHIN = 60
"""Rows in which the header stands; titles take some ten."""

_CLOCKS_OF_A_WIDE_HEADER = 24
"""A day a row has at least a column an hour: four digits alone may be a year or a room."""

_UNDER_A_GROUP = {"지상", "진상"}
"""Second line of a header in two: 무효전력(kVarh) and 역률(%) stand above it."""


@dataclass(frozen=True, kw_only=True)
class TitledTable:
    """A table and what stands above it."""

    titles: tuple[SheetRow, ...]
    header_row: int
    written: tuple[str, ...]
    """Names of the columns as they stand in the file, the two lines of a header joined."""
    names: tuple[ColumnName, ...]
    rows: tuple[SheetRow, ...]
    """What follows the header, totals and remarks left out."""
    next_header_row: int | None
    """Where the header stands again, if the file holds several tables."""

    def places(self, words: frozenset[str]) -> list[int]:
        """Positions of the columns that have one of these names."""
        return [at for at, name in enumerate(self.names) if name.words in words]

    @property
    def clocks(self) -> dict[int, int]:
        """Positions of the columns named by a time of day, with its minutes since midnight."""
        return _clocks(self.written)


def titled_table(sheet: Sheet, form: ExportForm) -> TitledTable | None:
    """Return the table of a sheet that has the columns of a form; None if it has not.

    Raises:
        TooManyValuesError: It has them, and holds more than is looked at.
    """
    for at, row in enumerate(sheet.rows[:_HEADER_WITHIN]):
        if not _is_header(row.cells, form):
            continue
        below = sheet.rows[at + 1 :]
        written = row.cells
        if below and _UNDER_A_GROUP & set(below[0].cells):
            written = _joined(row.cells, below[0].cells)
            below = below[1:]
        while written and not written[-1]:
            written = written[:-1]
        _refuse_many_values(len(below), written)
        names = tuple(map(column_name, written))
        labels = [place for place, name in enumerate(names) if name.words in form.day | form.clock]
        top = sheet.rows[: len(sheet.rows) - len(below)]
        pages = _one_table(below, top=top, header=row, labels=labels)
        return TitledTable(
            titles=sheet.rows[:at],
            header_row=row.number,
            written=written,
            names=names,
            rows=tuple(each for each in pages.rows if not _is_no_reading(each)),
            next_header_row=pages.next_header_row,
        )
    return None


@dataclass(frozen=True, kw_only=True)
class _Pages:
    """What follows a header, its pages put together."""

    rows: tuple[SheetRow, ...]
    next_header_row: int | None


def _one_table(
    below: Sequence[SheetRow], *, top: Sequence[SheetRow], header: SheetRow, labels: Sequence[int]
) -> _Pages:
    """Leave out the head of a table where it stands again, as on each page of a printed one.

    Under other titles, or behind a total, the header is that of another table.
    """
    if all(row.cells != header.cells for row in below):
        return _Pages(rows=tuple(below), next_header_row=None)
    head = {row.cells for row in top}
    kept: list[SheetRow] = []
    for row in below:
        if row.cells not in head:
            kept.append(row)
        elif row.cells == header.cells and not (kept and _is_labelled(kept[-1], labels)):
            return _Pages(rows=tuple(below), next_header_row=row.number)
    return _Pages(rows=tuple(kept), next_header_row=None)


def _is_labelled(row: SheetRow, labels: Sequence[int]) -> bool:
    """Whether a row begins as a reading does: with a day or a time of day."""
    return any(_LABEL.match(row.cells[at]) for at in labels if at < len(row.cells))


def _refuse_many_values(rows: int, written: tuple[str, ...]) -> None:
    """Refuse a table of more values than can be looked at one by one, before any is."""
    wide = len(_clocks(written))
    if rows * (wide if wide >= _CLOCKS_OF_A_WIDE_HEADER else 1) > MOST_EXPORT_VALUES:
        raise TooManyValuesError(
            f"holds more than {MOST_EXPORT_VALUES:,} values; export a year at a time"
        )


def _is_header(cells: tuple[str, ...], form: ExportForm) -> bool:
    words = {column_name(cell).words for cell in cells}
    if words & form.values and words & (form.day | form.clock):
        return True
    wide = len(_clocks(cells)) >= _CLOCKS_OF_A_WIDE_HEADER
    return form.day_a_row and wide and bool(words & form.day)


def _clocks(written: tuple[str, ...]) -> dict[int, int]:
    found = {at: clock_minutes(name) for at, name in enumerate(written)}
    return {at: minutes for at, minutes in found.items() if minutes is not None}


def _joined(upper: tuple[str, ...], lower: tuple[str, ...]) -> tuple[str, ...]:
    """Names of a header in two lines, of which a group's stands over the first of its columns."""
    width = max(len(upper), len(lower))
    above, names = "", []
    for top, below in zip(
        upper + ("",) * (width - len(upper)), lower + ("",) * (width - len(lower)), strict=True
    ):
        above = top or above
        names.append(f"{above} {below}" if below else top)
    return tuple(names)


def _is_no_reading(row: SheetRow) -> bool:
    """Whether a row is a total or a remark: KEPCO's tables may end with either."""
    first = next(cell for cell in row.cells if cell)
    return bool(_TOTAL_OR_REMARK.match("".join(first.split())))


_LABEL = re.compile(r"\s*(?:오전|오후)?\s*\d")
_TOTAL_OR_REMARK = re.compile(r"^(?:합계|소계|총계|계|평균|최대|최소|최대값|최소값|총합계)$|^※")
