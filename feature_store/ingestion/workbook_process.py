"""The program that opens one workbook, in a process of its own; see ``workbook_sheet``.

It is run by its path, imports nothing of this product, and writes JSON lines: one a row that is
not blank, ``[row number, [cells]]``, or one ``{"refused": "reason; what to do"}``. Values are
taken and nothing is run: macros are not looked at and a formula counts as the value that was
saved with it.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import sys
import zipfile
from collections.abc import Iterator, Mapping
from typing import IO
from xml.etree import ElementTree as ET
from xml.parsers import expat

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

try:
    import resource
except ImportError:  # Windows: only the limits of the parent hold there
    resource = None  # type: ignore[assignment]

Cell = int | float | str | bool | dt.time | dt.date | dt.datetime | dt.timedelta

_MIDNIGHT = dt.timedelta(days=1)
_SERIAL_DAY_ONE = dt.date(1900, 1, 1)
"""The number 1 shown as a time of day: how Excel keeps 24:00 where the cell's form has no days."""


_WHOLE_BELOW = 2**53
"""Whole numbers up to here are exact in a workbook's cells."""


class RefusedError(Exception):
    """The workbook is not taken; the message says why and what to do."""


def limit_this_process(*, memory_bytes: int, cpu_seconds: int) -> None:
    """Have the operating system end this process when it takes more."""
    if resource is not None:
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
        resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))


def rows_of(path: str, *, most_columns: int, most_cells: int, most_unpacked: int) -> Iterator[str]:
    """Return the rows of the one sheet that holds any, as JSON lines."""
    _check_packing(path, most_unpacked)
    with CalamineWorkbook.from_path(path) as workbook:
        sheets = [workbook.get_sheet_by_name(each.name) for each in workbook.sheets_metadata]
    filled = [sheet for sheet in sheets if sheet.height]
    if len(filled) > 1:
        names = ", ".join(sheet.name for sheet in filled)
        raise RefusedError(f"has {len(filled)} sheets with cells ({names}); keep one of them")
    for sheet in filled:
        if sheet.total_width > most_columns:
            raise RefusedError(
                f"has {sheet.total_width:,} columns, more than {most_columns}; "
                "export it again as KEPCO's site gives it"
            )
        if sheet.height * sheet.width > most_cells:
            raise RefusedError(f"holds more than {most_cells:,} cells; export a year at a time")
        at = next(at for at, each in enumerate(sheets) if each is sheet)
        yield from _rows_of_sheet(sheet, _lost_cells(path, sheet_number=at))


def _check_packing(path: str, most_unpacked: int) -> None:
    """Refuse what unpacks to more than it may, by the sizes that the archive itself declares."""
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as archive:
        unpacked = sum(entry.file_size for entry in archive.infolist())
    if unpacked > most_unpacked:
        raise RefusedError(
            f"unpacks to {unpacked / 2**20:,.0f} MiB, more than {most_unpacked / 2**20:.0f}; "
            "export a year at a time"
        )


def _rows_of_sheet(sheet: CalamineSheet, lost: Mapping[_Place, str]) -> Iterator[str]:
    """Write rows as JSON lines, with ``lost`` cells where the library shows none."""
    lost_columns: dict[int, list[int]] = {}
    for row_number, column in lost:
        lost_columns.setdefault(row_number, []).append(column)
    top, left = sheet.start or (0, 0)
    for number, row in enumerate(sheet.iter_rows(), start=top + 1):
        cells = [""] * left + [_text(cell) for cell in row]
        for at in lost_columns.get(number, ()):
            cells += [""] * (at + 1 - len(cells))
            cells[at] = cells[at] or lost[number, at]
        if any(cells):
            yield json.dumps([number, cells], ensure_ascii=False)


_Place = tuple[int, int]
"""Row from 1 and column from 0."""

_MAY_BE_LOST = re.compile(rb"""<(?:\w+:)?f[\s/>]|\bt\s*=\s*["']e["']|\x00""")
"""A formula or an error stands in the text of a sheet; or it is UTF-16, and may hold one."""
_LONGEST_MARK = 64
_CHUNK = 1 << 20
_SHOWN = 100
"""Letters of a formula that are shown."""


def _lost_cells(path: str, *, sheet_number: int) -> dict[_Place, str]:
    """Cells that hold an error, or a formula without a value: the library shows both as empty.

    Of .xls nothing is told: there both are empty cells.
    """
    if not zipfile.is_zipfile(path):
        return {}
    with zipfile.ZipFile(path) as archive:
        part = _part_of_sheet(archive, sheet_number)
        with archive.open(part) as content:
            tail = b""
            while chunk := content.read(_CHUNK):
                if _MAY_BE_LOST.search(tail + chunk):
                    break
                tail = chunk[-_LONGEST_MARK:]
            else:
                return {}
        found = _LostCells()
        with archive.open(part) as content:
            found.read(content)
    return found.lost


def _part_of_sheet(archive: zipfile.ZipFile, sheet_number: int) -> str:
    """Name of the part that holds a sheet, as the workbook tells it."""
    try:
        book = ET.fromstring(archive.read("xl/workbook.xml"))  # noqa: S314  bounded here
        links = ET.fromstring(archive.read("xl/_rels/workbook.xml.rels"))  # noqa: S314
        sheets = [each for each in book.iter() if each.tag.rpartition("}")[2] == "sheet"]
        told = sheets[sheet_number].attrib
        link = next(value for name, value in told.items() if name.endswith("}id"))
        target = next(each.attrib["Target"] for each in links if each.attrib["Id"] == link)
        name = target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
        return archive.getinfo(name).filename
    except (KeyError, IndexError, StopIteration, ET.ParseError):
        raise RefusedError("names parts that it does not hold; save it again in Excel") from None


class _LostCells:
    """Goes through the cells of a sheet's XML, of which it keeps only what is lost."""

    def __init__(self) -> None:
        self.lost: dict[_Place, str] = {}
        self._row, self._column = 0, -1
        self._kind = self._inside = ""
        self._texts: dict[str, str] = {}

    def read(self, content: IO[bytes]) -> None:
        """Read the whole part; broken XML is a :class:`RefusedError`."""
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._begin
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._told
        try:
            parser.ParseFile(content)
        except expat.ExpatError as error:
            raise RefusedError(f"holds a broken sheet ({error}); save it again in Excel") from None

    def _begin(self, tag: str, told: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if name == "row":
            self._row = int(told.get("r", self._row + 1))
            self._column = -1
        elif name == "c":
            self._column = _column(told["r"]) if "r" in told else self._column + 1
            self._kind, self._texts = told.get("t", ""), {}
        elif name in {"f", "v"}:
            self._inside = name
            self._texts[name] = ""

    def _told(self, text: str) -> None:
        if self._inside:
            self._texts[self._inside] += text[:_SHOWN]

    def _end(self, tag: str) -> None:
        name = tag.rpartition(":")[2]
        self._inside = ""
        if name != "c":
            return
        place, value = (self._row, self._column), self._texts.get("v", "")
        if self._kind == "e":
            self.lost[place] = value if value.startswith("#") else f"#{value}"
        elif "f" in self._texts and not value and self._kind != "str":
            self.lost[place] = f"={self._texts['f']}"


def _column(reference: str) -> int:
    """Column of a cell like ``AB12``, from 0.

    Example:
        >>> _column("A1"), _column("Z9"), _column("AA10")
        (0, 25, 26)
    """
    number = 0
    for letter in reference:
        if not letter.isascii() or not letter.isalpha():
            break
        number = number * 26 + ord(letter.upper()) - ord("A") + 1
    return number - 1


def _text(cell: Cell) -> str:
    """Write a cell as a person would type it."""
    match cell:
        case bool():
            return "TRUE" if cell else "FALSE"
        case float() if cell.is_integer() and abs(cell) < _WHOLE_BELOW:
            return str(int(cell))
        case dt.date() | dt.time() | dt.timedelta():
            return _time_text(cell)
        case _:
            return str(cell)


def _time_text(cell: dt.date | dt.time | dt.timedelta) -> str:
    """Write a time to the second: as a share of a day it is never quite one."""
    match cell:
        case dt.datetime():
            nearest = (cell + dt.timedelta(milliseconds=500)).replace(microsecond=0)
            return f"{nearest:%Y-%m-%d %H:%M:%S}".removesuffix(":00")
        case dt.date():
            return "24:00" if cell == _SERIAL_DAY_ONE else f"{cell:%Y-%m-%d} 00:00"
        case dt.time():
            return f"{cell:%H:%M:%S}".removesuffix(":00")
        case dt.timedelta() if dt.timedelta() <= cell <= _MIDNIGHT:
            minutes = round(cell / dt.timedelta(minutes=1))
            return f"{minutes // 60:02}:{minutes % 60:02}"
        case _:
            return str(cell)


def main() -> None:
    """Read the workbook that the command line names."""
    path, *numbers = sys.argv[1:]
    memory, cpu_seconds, most_columns, most_cells, most_unpacked = map(int, numbers)
    limit_this_process(memory_bytes=memory, cpu_seconds=cpu_seconds)
    limits = {
        "most_columns": most_columns,
        "most_cells": most_cells,
        "most_unpacked": most_unpacked,
    }
    try:
        for line in rows_of(path, **limits):
            sys.stdout.write(line + "\n")
    except RefusedError as refused:
        print(json.dumps({"refused": str(refused)}))  # noqa: T201  the answer of this program
    except (CalamineError, zipfile.BadZipFile, MemoryError, OSError, ValueError) as error:
        reason = f"cannot be read as a workbook ({type(error).__name__}); save it again in Excel"
        print(json.dumps({"refused": reason}))  # noqa: T201  the answer of this program


if __name__ == "__main__":
    main()
