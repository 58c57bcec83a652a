"""The program that opens one workbook, in a process of its own; see ``workbook_sheet``.

It is run by its path, imports nothing of this product, and writes JSON lines: one a row that is
not blank, ``[row number, [cells]]``, or one ``{"refused": "reason; what to do"}``. Values are
taken and nothing is run: macros are not looked at and a formula counts as the value that was
saved with it.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
import zipfile
from collections.abc import Iterator

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
        yield from _rows_of_sheet(sheet)


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


def _rows_of_sheet(sheet: CalamineSheet) -> Iterator[str]:
    top, left = sheet.start or (0, 0)
    for number, row in enumerate(sheet.iter_rows(), start=top + 1):
        cells = [""] * left + [_text(cell) for cell in row]
        if any(cells):
            yield json.dumps([number, cells], ensure_ascii=False)


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
