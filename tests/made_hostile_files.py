"""Files made to harm: each takes as much of a reader as its kind can."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping

from feature_store.ingestion.limits import MEBIBYTE
from tests.made_exports import ROWS, kepco_on
from tests.made_workbooks import sheet_xml, xlsx, zipped

HEADER, *LINES = kepco_on(ROWS)
GOOD_SHEET = sheet_xml([HEADER, *LINES]).encode()


def bomb(megabytes: int) -> bytes:
    """A workbook whose sheet unpacks to blanks without end."""
    blanks = b" " * megabytes * MEBIBYTE
    return zipped({"xl/worksheets/sheet1.xml": GOOD_SHEET.replace(b"<sheetData>", blanks)})


def lying_bomb(megabytes: int) -> bytes:
    """The same, which declares a thousand bytes."""
    content = bytearray(bomb(megabytes))
    for magic, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        place = content.rfind(magic)
        content[place + at : place + at + 4] = struct.pack("<I", 1000)
    return bytes(content)


def corners() -> bytes:
    """Two cells, one in each corner of the largest sheet there is."""
    sheet = sheet_xml([["검침일"]]).replace(
        "</sheetData>", '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    )
    return zipped({"xl/worksheets/sheet1.xml": sheet.encode()})


def million_columns() -> bytes:
    """A text with a million and two columns."""
    names = ",".join(["period_start,kwh", *(f"x{n}" for n in range(1_000_000))])
    return f"{names}\n{'1,' * 1_000_001}1\n".encode()


def million_names_in_a_page() -> bytes:
    """A page with a row of a million cells."""
    return b"<table><tr>" + b"<td>x</td>" * 1_000_000 + b"</tr></table>"


HOSTILE: Mapping[str, Callable[[], bytes]] = {
    "bomb.xlsx": lambda: bomb(150),
    "lying-bomb.xlsx": lambda: lying_bomb(150),
    "corners.xlsx": corners,
    "columns.csv": million_columns,
    "columns.xls": million_names_in_a_page,
    "rows.xls": lambda: b"<table>" + b"<tr><td>1<td>2" * 1_500_000,
    "open-comment.xls": lambda: b"<table><tr><td>1</td></tr><!--" + b"-" * 8 * MEBIBYTE,
    "open-tag.xls": lambda: b"<table><tr><td>1</td></tr>" + b"<a " * MEBIBYTE,
    "lines.csv": lambda: b"\n" * 31 * MEBIBYTE,
    "commas.csv": lambda: "검침일,순방향 유효전력량(KWH)\n".encode() + b"x,,,,,,\n" * 3 * MEBIBYTE,
    "one-line.csv": lambda: b"period_start,kwh" + b"x" * 30 * MEBIBYTE,
    "too-large.csv": lambda: b"period_start,kwh\n" + b"x,1\n" * 9 * MEBIBYTE,
    "deep.json": lambda: b"[" * MEBIBYTE,
    "objects.json": lambda: b"[" + b'{"":0},' * 590_000 + b"{}]",
    "not-text.csv": lambda: b"\xff\xfe\xfd" + bytes(range(256)) * 100,
    "wrong-encoding.csv": lambda: (
        "검침일,순방향 유효전력량(KWH)\n".encode("cp949") + b"\xff\xff,1\n"
    ),
    "mixed-encodings.csv": lambda: "검침일,".encode() + "순방향 유효전력량(KWH)\n".encode("cp949"),
    "empty.csv": lambda: b"",
    "mark-only.csv": lambda: b"\xef\xbb\xbf",
    "broken.xlsx": lambda: xlsx([HEADER])[:400],
    "broken.xls": lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
    "no-table.xls": lambda: b"<html><body>Session expired</body></html>",
    "broken.parquet": lambda: b"PAR1" + bytes(100),
    "broken.arrow": lambda: b"ARROW1" + bytes(100),
    "broken.arrows": lambda: b"\xff\xff\xff\xff" + bytes(100),
}
"""By the name of the file."""
