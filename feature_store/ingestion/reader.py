"""What every reader of a file format must answer."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Protocol

from feature_store.entities.reading_batch import ReadingBatch, Refused


class Reader(Protocol):
    """Turns one file format into readings.

    To read another format, add one module here, one line to ``READERS`` in
    ``feature_store.ingestion.read_file`` and one to ``tests/contracts/test_every_reader.py``.
    """

    @property
    def name(self) -> str:
        """What ``--format`` calls it."""
        ...

    @property
    def describes(self) -> str:
        """The format in one line, for whoever has to choose one."""
        ...

    def recognises(self, path: Path) -> bool:
        """Whether the file looks like this format, by its name and first line."""
        ...

    def read(self, path: Path, *, firm_id: str | None, now: datetime) -> ReadingBatch | Refused:
        """Read the whole file: all of it is good, or every row at fault is named.

        Args:
            path: A file that exists.
            firm_id: Whose readings they are, if the caller knows; the file must not differ.
            now: Nothing measured can lie later than this.
        """
        ...
