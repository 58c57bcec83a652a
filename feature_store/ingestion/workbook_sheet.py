"""The grid of an Excel workbook, .xls or .xlsx, opened at arm's length."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from feature_store.ingestion import workbook_process
from feature_store.ingestion.limits import MEBIBYTE, MOST_CELLS, MOST_COLUMNS
from feature_store.ingestion.sheet import Sheet, SheetRow, UnreadableSheetError

_MEMORY = 144 * MEBIBYTE
"""Address space of the process that opens a workbook: a year in ten columns takes 90 MiB of it.
With the some 100 MiB of the process that asks, it stays within 256 MiB."""

_UNPACKED = 96 * MEBIBYTE
"""A year in eight columns unpacks to 20 MiB."""

_CPU_SECONDS = 8
"""A year in eight columns takes under one."""

_PATIENCE_SECONDS = 120
"""On a busy machine a process of eight seconds may wait; that it hangs is then certain."""


def workbook_sheet(path: Path, *, container: str) -> Sheet:
    """Return the rows of the one sheet that has any.

    A workbook is a stranger's archive of stranger's XML, or a file system of its own, and the
    library that knows both allocates what a file tells it to. So it runs in a process whose
    memory and time the operating system bounds: what would have taken the service down is the
    refusal of one file.
    """
    numbers = (_MEMORY, _CPU_SECONDS, MOST_COLUMNS, MOST_CELLS, _UNPACKED)
    program = [sys.executable, "-I", str(Path(workbook_process.__file__))]
    try:
        ended = subprocess.run(  # noqa: S603  our own program; the path is one argument of it
            [*program, str(path.resolve()), *map(str, numbers)],
            capture_output=True,
            check=False,
            timeout=_PATIENCE_SECONDS,
        )
    except subprocess.TimeoutExpired:
        ended = None
    if ended is None or ended.returncode:
        raise UnreadableSheetError(
            f"takes more than {_MEMORY // MEBIBYTE} MiB or {_CPU_SECONDS} seconds to open; "
            "save the sheet as CSV and import that"
        )
    return Sheet(rows=tuple(map(_row, ended.stdout.splitlines())), encoding=container)


def _row(line: bytes) -> SheetRow:
    match json.loads(line):
        case {"refused": str(reason)}:
            raise UnreadableSheetError(reason)
        case [int(number), list(cells)]:
            return SheetRow(number=number, cells=tuple(str(cell).strip() for cell in cells))
        case other:
            raise ValueError(f"workbook_process wrote {other!r}")
