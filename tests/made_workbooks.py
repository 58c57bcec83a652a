"""Excel workbooks written byte by byte, so that tests may make what no spreadsheet would save."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from xml.sax.saxutils import escape

Cell = str | float | datetime | None
DAY_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001  a workbook's times have no zone
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TIME_STYLE = 1


@dataclass(frozen=True)
class Formula:
    """A formula with the value saved beside it; None: it was never calculated."""

    formula: str
    saved: str | None


@dataclass(frozen=True)
class Failed:
    """A cell that shows an error."""

    error: str


def letters(column: int) -> str:
    """Name of a column, from 0: A, B, … Z, AA."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def xlsx(
    *sheets: Sequence[Sequence[Cell | Formula | Failed]], parts: Mapping[str, bytes] | None = None
) -> bytes:
    """A workbook with these sheets and, if given, further parts of the archive."""
    return zipped(
        {
            f"xl/worksheets/sheet{number}.xml": sheet_xml(rows).encode()
            for number, rows in enumerate(sheets, start=1)
        }
        | dict(parts or {}),
        sheets=len(sheets),
    )


def zipped(parts: Mapping[str, bytes], *, sheets: int = 1) -> bytes:
    """An archive of parts, with those around them that make it a workbook."""
    numbers = range(1, sheets + 1)
    frame = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="xml" ContentType="application/xml"/>'
        '<Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r" '
        f'Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
        + "".join(f'<sheet name="시트{n}" sheetId="{n}" r:id="r{n}"/>' for n in numbers)
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
        + "".join(
            f'<Relationship Id="r{n}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>'
            for n in numbers
        )
        + f'<Relationship Id="s" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}"><numFmts count="1">'
        '<numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd hh:mm"/></numFmts>'
        '<cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="164"/></cellXfs></styleSheet>',
    }
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in frame.items():
            archive.writestr(name, text)
        for name, part in parts.items():
            archive.writestr(name, part)
    return content.getvalue()


def sheet_xml(rows: Sequence[Sequence[Cell | Formula | Failed]]) -> str:
    """The part of a workbook that holds a sheet's cells."""
    lines = (
        f'<row r="{at}">'
        + "".join(_cell_xml(f"{letters(column)}{at}", cell) for column, cell in enumerate(row))
        + "</row>"
        for at, row in enumerate(rows, start=1)
    )
    return f'<worksheet xmlns="{_MAIN}"><sheetData>{"".join(lines)}</sheetData></worksheet>'


def _cell_xml(place: str, cell: Cell | Formula | Failed) -> str:
    match cell:
        case None | "":
            return ""
        case str():
            return f'<c r="{place}" t="inlineStr"><is><t>{escape(cell)}</t></is></c>'
        case datetime():
            return f'<c r="{place}" s="{_TIME_STYLE}"><v>{serial(cell)!r}</v></c>'
        case Failed():
            return f'<c r="{place}" t="e"><f>1/0</f><v>{escape(cell.error)}</v></c>'
        case Formula():
            saved = "" if cell.saved is None else f"<v>{cell.saved}</v>"
            return f'<c r="{place}"><f>{escape(cell.formula)}</f>{saved}</c>'
        case _:
            return f'<c r="{place}"><v>{cell!r}</v></c>'


def serial(moment: datetime) -> float:
    """Days since a workbook's day zero, as it keeps times."""
    return (moment - DAY_ZERO).total_seconds() / 86_400


def xls(rows: Sequence[Sequence[str | float | None]]) -> bytes:
    """A workbook of Excel 97 (BIFF8 in a compound file, MS-XLS and MS-CFB) with one sheet."""
    cells = b"".join(
        _cell_record(at, column, cell)
        for at, row in enumerate(rows)
        for column, cell in enumerate(row)
        if cell not in {None, ""}
    )
    width = max(map(len, rows))
    sheet = (
        _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0, 0, 0, 0))
        + _record(0x0200, struct.pack("<IIHHH", 0, len(rows), 0, width, 0))
        + cells
        + _record(0x000A, b"")
    )
    name = "시트1"
    begin = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0, 0, 0, 0))
    bound = struct.pack("<BB", len(name), 1) + name.encode("utf-16-le")
    start = len(begin) + 4 + 6 + len(bound) + 4
    sheet_at = _record(0x0085, struct.pack("<IBB", start, 0, 0) + bound)
    return _compound_file(begin + sheet_at + _record(0x000A, b"") + sheet)


def _record(kind: int, body: bytes) -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def _cell_record(row: int, column: int, cell: str | float | None) -> bytes:
    place = struct.pack("<HHH", row, column, 0)
    if isinstance(cell, str):
        text = cell.encode("utf-16-le")
        return _record(0x0204, place + struct.pack("<HB", len(cell), 1) + text)
    return _record(0x0203, place + struct.pack("<d", cell))


_SECTOR = 512
_END, _FREE, _FAT_SECTOR, _NONE = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD, 0xFFFFFFFF
_MINI_STREAM_BELOW = 4096


def _compound_file(stream: bytes) -> bytes:
    """A compound file with the one stream ``Workbook``: FAT, directory, then its sectors."""
    size = max(len(stream), _MINI_STREAM_BELOW)
    sectors = -(-size // _SECTOR)
    links = [_FAT_SECTOR, _END, *range(3, sectors + 2), _END]
    fat = struct.pack("<128I", *links, *[_FREE] * (128 - len(links)))
    header = (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
        + bytes(16)
        + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6)
        + bytes(6)
        + struct.pack("<IIIIIIIII", 0, 1, 1, 0, _MINI_STREAM_BELOW, _END, 0, _END, 0)
        + struct.pack("<109I", 0, *[_FREE] * 108)
    )
    directory = (
        _entry("Root Entry", kind=5, child=1, start=_END, size=0)
        + _entry("Workbook", kind=2, child=_NONE, start=2, size=size)
        + _entry("", kind=0, child=_NONE, start=0, size=0) * 2
    )
    return header + fat + directory + stream.ljust(sectors * _SECTOR, b"\0")


def _entry(name: str, *, kind: int, child: int, start: int, size: int) -> bytes:
    named = (name + "\0").encode("utf-16-le") if name else b""
    return (
        named.ljust(64, b"\0")
        + struct.pack("<HBBIII", len(named), kind, 1, _NONE, _NONE, child)
        + bytes(36)
        + struct.pack("<IQ", start, size)
    )
