"""Ledgers on SQLite whose file is made once for all tests of a process, and then only copied.

Making the tables and storing weeks of readings takes longer than most tests need for the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import make_url

from feature_store.settings import Settings
from feature_store.storage.ledger_store import LedgerStore, open_store


def lay_ledger(home: Path, fill: Callable[[LedgerStore], None] | None = None) -> None:
    """Put the ledger of a home there: empty, or as ``fill`` leaves one.

    Args:
        home: Its folder; it must not have a ledger.
        fill: A function of a module, which always stores the same.
    """
    file = _file_of(home)
    assert not file.exists()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(_content(fill))


def _file_of(home: Path) -> Path:
    return Path(make_url(Settings(home=home, database_url="").database).database)


@cache
def _content(fill: Callable[[LedgerStore], None] | None) -> bytes:
    with TemporaryDirectory() as folder:
        home = Path(folder)
        with closing(open_store(Settings(home=home, database_url=""))) as ledger:
            if fill is not None:
                fill(ledger)
        file = _file_of(home)
        assert [one.name for one in home.iterdir()] == [file.name], "its log is still open"
        return file.read_bytes()
