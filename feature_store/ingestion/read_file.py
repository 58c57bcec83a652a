"""The formats that can be read, and the choice among them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from feature_store.entities.reading_batch import ReadingBatch, Refused
from feature_store.errors import SandanError
from feature_store.ingestion.ami_load_profile import AmiLoadProfileReader
from feature_store.ingestion.canonical import CanonicalReader
from feature_store.ingestion.checked_file import (
    CheckedFile,
    content_hash,
    header_row,
    received,
    refused,
)
from feature_store.ingestion.eds_json import EdsJsonReader
from feature_store.ingestion.kepco_on import KepcoOnReader
from feature_store.ingestion.power_planner import PowerPlannerReader
from feature_store.ingestion.read_request import ReadRequest
from feature_store.ingestion.read_text_table import header
from feature_store.ingestion.reader import Reader
from feature_store.ingestion.sheet import TooManyValuesError, UnreadableSheetError
from feature_store.ingestion.source_file import SourceFile
from feature_store.ingestion.uci_steel import UciSteelReader
from feature_store.ingestion.visible_text import visible

READERS: tuple[Reader, ...] = (
    CanonicalReader(),
    UciSteelReader(),
    PowerPlannerReader(),
    KepcoOnReader(),
    EdsJsonReader(),
    AmiLoadProfileReader(),
)
"""Every format; of a file that can be read, exactly one says that it is its own. Those that know it
by its first line are asked first: the others look at all of it."""

_SHOWN_LETTERS = 200
"""Eight column names fit; the first line of a file that is no table may have no end."""


class UnknownFormatError(SandanError):
    """No reader fits the file, or the format asked for does not exist."""


def read_file(
    path: Path, *, firm_id: str | None, now: datetime, format_name: str | None = None
) -> ReadingBatch | Refused:
    """Return the readings of a file with one firm's only meter, see :func:`take_file`."""
    return take_file(path, ReadRequest(firm_id=firm_id, now=now), format_name=format_name)


def take_file(
    path: Path, request: ReadRequest, *, format_name: str | None = None, keep_good: bool = False
) -> ReadingBatch | Refused:
    """Return the readings of a file: all of them or, if any row is no reading, none.

    Args:
        path: The file.
        request: Whose it is and what of it is wanted.
        format_name: Name of one of ``READERS``; None: the one that recognises the file.
        keep_good: Take the rows that are readings and leave the others out, named.
    """
    checked = understood(path, request, format_name=format_name)
    if isinstance(checked, Refused):
        return checked
    if checked.bad_rows and not (keep_good and checked.rows.height):
        return Refused(source_name=checked.source_name, bad_rows=checked.bad_rows)
    part = bool(checked.bad_rows)
    file = SourceFile(path)
    return ReadingBatch(
        rows=checked.rows,
        source_format=checked.source_format,
        source_name=checked.source_name,
        content_sha256=content_hash(file, request.selection + " good rows")
        if part
        else checked.content_sha256,
        left_out=checked.bad_rows,
        notices=checked.notices,
        received=received(file, request, format_name=format_name, keep_good=keep_good),
        told_meters=checked.told_meters,
        same_meter=request.same_meter,
    )


def understood(
    path: Path, request: ReadRequest, *, format_name: str | None = None
) -> CheckedFile | Refused:
    """Return a file as it is understood, with every fault, for the caller to decide on."""
    file = file_at(path)
    if not file.head:
        return refused(file, "is empty; export the file again", row=header_row(file))
    if file.too_large:
        return refused(file, file.too_large, row=header_row(file))
    try:
        return reader_of(file, format_name).read(file, request)
    except UnknownFormatError:
        reason = _unreadable(file)
        if reason is None:
            raise
    except TooManyValuesError as error:
        reason = str(error)
    return refused(file, reason, row=header_row(file))


def file_at(path: Path) -> SourceFile:
    """Return the file at ``path``, if there is one."""
    if not path.is_file():
        raise SandanError(f"{path}: there is no such file; check the path")
    return SourceFile(path)


def reader_of(file: SourceFile, format_name: str | None = None) -> Reader:
    """Return the reader of that name, or the one that recognises the file."""
    known = "; ".join(f"{reader.name} ({reader.describes})" for reader in READERS)
    if format_name is not None:
        for reader in READERS:
            if reader.name == format_name:
                return reader
        raise UnknownFormatError(f"there is no format {format_name!r}; choose one of {known}")
    for reader in READERS:
        if reader.recognises(file):
            return reader
    raise UnknownFormatError(
        f"{visible(file.name)}: no known format has its columns ({_columns(file)}); "
        f"bring it to one of {known}"
    )


def _unreadable(file: SourceFile) -> str | None:
    """Why no reader could so much as look at the file's cells; None if they could."""
    try:
        match file.container:
            case "json" | "ndjson":
                _ = file.document
            case "text" | "html" | "xlsx" | "xls":
                _ = file.sheet
            case _:
                return None
    except UnreadableSheetError as error:
        return str(error)
    return None


def _columns(file: SourceFile) -> str:
    """What the file has instead of a known format's columns."""
    names = header(file)
    if file.container in {"text", "html", "xlsx", "xls"} and _unreadable(file) is None:
        names = next((row.cells for row in file.sheet.rows), ())
    return visible(", ".join(names[:8]), most=_SHOWN_LETTERS) or "none"
