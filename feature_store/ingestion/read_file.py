"""The formats that can be read, and the choice among them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from feature_store.entities.reading_batch import ReadingBatch, Refused
from feature_store.errors import SandanError
from feature_store.ingestion.canonical import CanonicalReader
from feature_store.ingestion.reader import Reader
from feature_store.ingestion.text_table import header
from feature_store.ingestion.uci_steel import UciSteelReader
from feature_store.ingestion.visible_text import visible

READERS: tuple[Reader, ...] = (UciSteelReader(), CanonicalReader())
"""Every format, the most particular first."""

_SHOWN_LETTERS = 200
"""Eight column names fit; the first line of a file that is no table may have no end."""


class UnknownFormatError(SandanError):
    """No reader fits the file, or the format asked for does not exist."""


def read_file(
    path: Path, *, firm_id: str | None, now: datetime, format_name: str | None = None
) -> ReadingBatch | Refused:
    """Read a file in the format named, else in the first one that recognises it.

    Args:
        path: The file.
        firm_id: Whose readings they are, if the file does not say.
        now: Nothing measured can lie later than this; timezone-aware.
        format_name: Name of one of ``READERS``.
    """
    if not path.is_file():
        raise SandanError(f"{path}: there is no such file; check the path")
    return _reader_of(path, format_name).read(path, firm_id=firm_id, now=now)


def _reader_of(path: Path, format_name: str | None) -> Reader:
    known = "; ".join(f"{reader.name} ({reader.describes})" for reader in READERS)
    if format_name is not None:
        for reader in READERS:
            if reader.name == format_name:
                return reader
        raise UnknownFormatError(f"there is no format {format_name!r}; choose one of {known}")
    for reader in READERS:
        if reader.recognises(path):
            return reader
    found = visible(", ".join(header(path)[:8]), most=_SHOWN_LETTERS) or "none"
    raise UnknownFormatError(
        f"{visible(path.name)}: no known format has its columns ({found}); "
        f"bring it to one of {known}"
    )
