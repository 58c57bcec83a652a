"""What every reader of a file format must answer."""

from __future__ import annotations

from typing import Protocol

from feature_store.entities.reading_batch import Refused
from feature_store.ingestion.checked_file import CheckedFile
from feature_store.ingestion.read_request import ReadRequest
from feature_store.ingestion.source_file import SourceFile


class Reader(Protocol):
    """Turns one file format into readings.

    To read another format, add one module here, one line to ``READERS`` in
    ``feature_store.ingestion.read_file`` and made files to ``tests/made_exports.py``.
    """

    @property
    def name(self) -> str:
        """What ``--format`` calls it."""
        ...

    @property
    def describes(self) -> str:
        """The format in one line, for whoever has to choose one."""
        ...

    def recognises(self, file: SourceFile) -> bool:
        """Whether the file has this format, by its content; of all readers one may say so."""
        ...

    def read(self, file: SourceFile, request: ReadRequest) -> CheckedFile | Refused:
        """Read the whole file: every row is a reading or is named with what is wrong with it.

        Refused is a file of which no row can be understood, e.g. without the columns it needs, or
        of which it is not clear whose readings it holds.
        """
        ...
