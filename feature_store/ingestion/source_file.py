"""A stranger's file, looked at once by however many readers."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal, TypeVar, assert_never

from feature_store.ingestion.csv_sheet import csv_sheet
from feature_store.ingestion.decoded_text import DecodedText, decoded
from feature_store.ingestion.html_sheet import html_sheet
from feature_store.ingestion.json_document import (
    Json,
    JsonLine,
    UnreadableLine,
    parsed_json,
    parsed_line,
    refuse_many_values,
)
from feature_store.ingestion.limits import (
    MEBIBYTE,
    MOST_ASTRAL_BYTES,
    MOST_COLUMNAR_BYTES,
    MOST_HTML_BYTES,
    MOST_JSON_BYTES,
    MOST_LINES,
    MOST_TEXT_BYTES,
    MOST_WORKBOOK_BYTES,
)
from feature_store.ingestion.sheet import Sheet, UnreadableSheetError
from feature_store.ingestion.workbook_sheet import workbook_sheet

T = TypeVar("T")

Container = Literal[
    "text", "html", "json", "ndjson", "xlsx", "xls", "parquet", "arrow", "arrow-stream"
]

_MAGIC: dict[bytes, Container] = {
    b"PAR1": "parquet",
    b"ARROW1": "arrow",
    b"\xff\xff\xff\xff": "arrow-stream",
    b"PK\x03\x04": "xlsx",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "xls",
}
"""First bytes: Apache Parquet, Apache Arrow IPC, ZIP (OOXML), OLE compound file (MS-CFB)."""

_HEAD_BYTES = 1 << 16
"""Enough for the titles and the header of any export."""

_MOST_BYTES: dict[Container, int] = {
    "text": MOST_TEXT_BYTES,
    "ndjson": MOST_TEXT_BYTES,
    "html": MOST_HTML_BYTES,
    "json": MOST_JSON_BYTES,
    "xlsx": MOST_WORKBOOK_BYTES,
    "xls": MOST_WORKBOOK_BYTES,
    "parquet": MOST_COLUMNAR_BYTES,
    "arrow": MOST_COLUMNAR_BYTES,
    "arrow-stream": MOST_COLUMNAR_BYTES,
}

_ASTRAL = re.compile(rb"[\xf0-\xf4]")
"""First byte of a letter beyond U+FFFF in UTF-8 (RFC 3629)."""


@dataclass(frozen=True)
class SourceFile:
    """A file that exists. What is asked of it is read once and kept."""

    path: Path

    @property
    def name(self) -> str:
        """File name, for messages and the audit."""
        return self.path.name

    @cached_property
    def head(self) -> bytes:
        """The first bytes."""
        with self.path.open("rb") as content:
            return content.read(_HEAD_BYTES)

    @cached_property
    def container(self) -> Container:
        """What the file is by its content; its name is believed only for Parquet and NDJSON.

        An export named ``.xls`` is as often HTML as it is a workbook, but one line of NDJSON, or a
        first line that is broken, does not show that it is any.
        """
        match self.path.suffix.lower():
            case ".parquet":
                return "parquet"
            case ".ndjson" | ".jsonl":
                return "ndjson"
        for magic, container in _MAGIC.items():
            if self.head.startswith(magic):
                return container
        start = self.head.removeprefix(b"\xef\xbb\xbf").lstrip()
        if start.startswith(b"<"):
            return "html"
        if start.startswith((b"{", b"[")):
            return "ndjson" if self._has_an_object_a_line() else "json"
        return "text"

    def _has_an_object_a_line(self) -> bool:
        """Whether the first line is an object by itself, not the first of a document's lines."""
        with self.path.open("rb") as content:
            line, rest = content.readline(MOST_JSON_BYTES), content.read(_HEAD_BYTES)
        if not line.endswith(b"\n") or not rest.strip():
            return False
        try:
            return isinstance(parsed_json(line.decode("utf-8-sig", errors="replace")), dict)
        except UnreadableSheetError:
            return False

    @cached_property
    def too_large(self) -> str | None:
        """Why the file is not looked at, if it is not."""
        most, size = _MOST_BYTES[self.container], self.path.stat().st_size
        if size <= most:
            return None
        return (
            f"has {size / MEBIBYTE:,.0f} MiB, more than {most // MEBIBYTE}; export a year at a time"
        )

    @cached_property
    def sha256(self) -> str:
        """Hash of the content."""
        with self.path.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()

    @cached_property
    def text(self) -> DecodedText:
        """The content of a text file."""
        return self._decoded()

    def _decoded(self) -> DecodedText:
        if self.too_large:
            raise UnreadableSheetError(self.too_large)
        content = self.path.read_bytes()
        found = decoded(content)
        if found is None:
            raise UnreadableSheetError(
                "is neither UTF-8 nor CP949 (EUC-KR) text; save it as CSV UTF-8 and try again"
            )
        if (
            len(content) > MOST_ASTRAL_BYTES
            and found.encoding.startswith("utf-8")
            and _ASTRAL.search(content)
        ):
            raise UnreadableSheetError(
                "has letters that no export has, e.g. emoji, in more than "
                f"{MOST_ASTRAL_BYTES // MEBIBYTE} MiB; remove them, or split the file"
            )
        return found

    @cached_property
    def parquet_names(self) -> tuple[str, ...]:
        """Column names of a Parquet file; ``UnreadableSheetError`` says why there are none."""
        from feature_store.ingestion.parquet_table import parquet_names

        return parquet_names(self.path)

    @property
    def sheet(self) -> Sheet:
        """The cells of a text, HTML or Excel file; ``UnreadableSheetError`` says why not."""
        return _or_raise(self._sheet)

    @property
    def document(self) -> Json:
        """The whole of a JSON file; the lines of an NDJSON file as a list."""
        return _or_raise(self._document)

    @property
    def lines(self) -> Iterator[JsonLine]:
        """The lines of an NDJSON file, those that cannot be read too; null for blank ones.

        They are parsed as they are asked for, each time anew: together they may take ten times the
        file's size.
        """
        for number, line in enumerate(_lines_of(self.text.text), start=1):
            if number > MOST_LINES:
                raise UnreadableSheetError(f"has more than {MOST_LINES:,} lines; split it")
            yield parsed_line(line)

    @cached_property
    def _sheet(self) -> Sheet | UnreadableSheetError:
        """The cells or why there are none: kept, since every reader asks, and the text is not."""
        try:
            if self.too_large:
                return UnreadableSheetError(self.too_large)
            match self.container:
                case "text":
                    return csv_sheet(self._decoded())
                case "html":
                    return html_sheet(self._decoded())
                case "xlsx" | "xls":
                    return workbook_sheet(self.path, container=self.container)
                case "json" | "ndjson" | "parquet" | "arrow" | "arrow-stream":
                    return UnreadableSheetError("has no rows of cells; name another --format")
                case unknown:
                    assert_never(unknown)
        except UnreadableSheetError as error:
            return error

    @cached_property
    def _document(self) -> Json | UnreadableSheetError:
        try:
            text = self.text.text
            if self.container != "ndjson":
                return parsed_json(text)
            refuse_many_values(text)
            lines = [line for line in self.lines if line is not None]
        except UnreadableSheetError as error:
            return error
        broken = next((line for line in lines if isinstance(line, UnreadableLine)), None)
        if broken is not None:
            return UnreadableSheetError(broken.reason)
        return [line for line in lines if not isinstance(line, UnreadableLine)]


def _or_raise(found: T | UnreadableSheetError) -> T:
    if isinstance(found, UnreadableSheetError):
        raise found
    return found


def _lines_of(text: str) -> Iterator[str]:
    """Lines without their ends, one at a time; the last one if anything stands in it."""
    at = 0
    while at < len(text):
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        yield text[at:end]
        at = end + 1
