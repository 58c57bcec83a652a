"""Files made to harm: each takes as much of a reader as its kind can."""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Callable, Mapping

import polars as pl

from feature_store.ingestion.eds_json import ANSWER_LIST, FIELDS
from feature_store.ingestion.limits import MEBIBYTE, MOST_EXPORT_VALUES, MOST_READINGS
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


def wide_parquet() -> bytes:
    """Sixty columns too many, of two million equal cells each, which take no room in the file."""
    content = io.BytesIO()
    equal = pl.repeat("xx", 1_900_000, eager=True).alias("period_start").to_frame().lazy()
    wide = equal.with_columns(
        pl.lit(1.0).alias("kwh"), *(pl.lit(1).alias(f"c{n}") for n in range(60))
    )
    wide.sink_parquet(content, row_group_size=100_000)
    return content.getvalue()


def parquet(rows: int, cell: str) -> bytes:
    """Rows of two columns with the same cell in all of them, which stands once in the file."""
    content = io.BytesIO()
    equal = pl.repeat(cell, rows, eager=True)
    pl.DataFrame({"period_start": equal, "kwh": equal}).write_parquet(content)
    return content.getvalue()


def arrow(rows: int, cell: str) -> bytes:
    """The same as an Arrow stream; with a cell of up to twelve letters none has others."""
    content = io.BytesIO()
    equal = pl.repeat(cell, rows, eager=True)
    pl.DataFrame({"period_start": equal, "kwh": equal}).write_ipc_stream(
        content, compression="zstd", compat_level=pl.CompatLevel.oldest()
    )
    return content.getvalue()


def dictionary_arrow() -> bytes:
    """Words of a kilobyte, each once in the file and a hundred thousand times in the table."""
    content = io.BytesIO()
    words = pl.repeat("y" * 1000, 100_000, eager=True).cast(pl.Categorical)
    pl.DataFrame({"period_start": words, "kwh": words}).write_ipc_stream(content)
    return content.getvalue()


def many_keys() -> dict[str, int]:
    """An object with more keys than any form has columns."""
    return {"period_start": 1, "kwh": 1} | {f"c{n}": 1 for n in range(500)}


def wide_export(days: int) -> bytes:
    """A day a row, none of which is a day."""
    clocks = ",".join(f"{field[-4:-2]}:{field[-2:]}" for field in FIELDS)
    row = "1" + ",1" * len(FIELDS) + "\n"
    return f"단위 kWh\n검침일자,{clocks}\n{row * days}".encode()


def eds_answers(days: int) -> bytes:
    """The same day again and again, each time with another value."""
    day = {"custNo": "1", "mr_ymd": "20260101"}
    records = [day | dict.fromkeys(FIELDS, number % 10) for number in range(days)]
    return json.dumps({ANSWER_LIST: records}, separators=(",", ":")).encode()


CANONICAL = b"period_start,kwh\n"
INSTANT = b"2026-03-02T00:00:00+09:00"
EXPORT = "검침일,순방향 유효전력량(KWH)\n".encode()


def of_one_interval(label: bytes, rows: int) -> bytes:
    """As many rows of one interval, each with a value of its own."""
    return b"".join(label + b",%d\n" % number for number in range(rows))


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
    "wide.parquet": wide_parquet,
    "long-cells.parquet": lambda: parquet(300_000, "y" * 3000),
    "long-cells-few.parquet": lambda: parquet(100_000, "y" * 3000),
    "faults.parquet": lambda: parquet(MOST_READINGS, "y" * 25),
    "long-cells.arrow": lambda: arrow(100_000, "y" * 3000),
    "words.arrow": dictionary_arrow,
    "faults.arrow": lambda: arrow(MOST_READINGS, "y" * 25),
    "sparse.json": lambda: json.dumps([many_keys()]).encode()[:-1] + b",{}" * 1_000_000 + b"]",
    "sparse.ndjson": lambda: (
        b'{"period_start":1,"kwh":1}\n' + json.dumps(many_keys()).encode() + b"\n{}" * 900_000
    ),
    "empty-objects.ndjson": lambda: b'{"period_start":1,"kwh":1}' + b"\n{}" * 499_999,
    "faults.ndjson": lambda: b'{"period_start":"yesterday","kwh":"none"}\n' * MOST_READINGS,
    "no-objects.ndjson": lambda: b'{"period_start":1,"kwh":1}\n' + b"0\n" * (MOST_READINGS - 1),
    "no-json.ndjson": lambda: b'{"period_start":1,"kwh":1}\n' + b"}\n" * (MOST_READINGS - 1),
    "faults.json": lambda: b"[" + b'{"period_start":1,"kwh":""},' * 124_000 + b"{}]",
    "eds.json": lambda: eds_answers(2500),
    "eds-faults.json": lambda: eds_answers(MOST_EXPORT_VALUES // len(FIELDS)),
    "wide-short.csv": lambda: ",".join(many_keys()).encode() + b"\n" + b"1\n" * 2_000_000,
    "blank-lines.csv": lambda: CANONICAL + b"\n" * 30_000_000,
    "ragged.csv": lambda: CANONICAL + b"1\n" * 4_000_000,
    "ragged-all.csv": lambda: CANONICAL + b"1\n" * MOST_READINGS,
    "ragged-long.csv": lambda: CANONICAL + (b"1" * 120 + b"\n") * MOST_READINGS,
    "faults.csv": lambda: CANONICAL + b"yesterday or so,none of it\n" * MOST_READINGS,
    "one-interval.csv": lambda: CANONICAL + of_one_interval(INSTANT, MOST_READINGS),
    "emoji.csv": lambda: CANONICAL + "1,😀\n".encode() + b"1,1\n" * 7 * MEBIBYTE,
    "quote.csv": lambda: CANONICAL + b'"' + b"a,\n" * 5_000_000,
    "export-values.csv": lambda: EXPORT + b"1,1\n" * 490_000,
    "export-faults.csv": lambda: EXPORT + b"1,1\n" * MOST_EXPORT_VALUES,
    "export-days.csv": lambda: wide_export(10_300),
    "export-day-faults.csv": lambda: wide_export(MOST_EXPORT_VALUES // len(FIELDS)),
    "export-one-interval.csv": lambda: (
        EXPORT + of_one_interval(b"2026-03-02 00:15", MOST_EXPORT_VALUES)
    ),
    "korean-page.xls": lambda: (
        "<table><tr><td>검침일</td></tr><!-- x -->".encode() + b"- <b" * 5 * MEBIBYTE
    ),
    "emoji-page.xls": lambda: "<table><tr><td>😀".encode() + b"x" * 20 * MEBIBYTE,
    "broken.arrows": lambda: b"\xff\xff\xff\xff" + bytes(100),
}
"""By the name of the file."""
