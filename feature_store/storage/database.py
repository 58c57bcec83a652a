"""Connections to the ledger's database, with the locking that its promises need."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

_BUSY_TIMEOUT_MS = 30_000
"""How long a writer waits for another one: ten times what storing a firm's year takes."""

_LOCK_OPTION = "ledger_write_lock"


def open_engine(url: str) -> Engine:
    """Return an engine for ``url``; SQLite's folder is made if it is missing."""
    location = make_url(url)
    engine = create_engine(location)
    if location.get_backend_name() == "sqlite":
        if location.database:
            Path(location.database).parent.mkdir(parents=True, exist_ok=True)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def with_write_lock(engine: Engine) -> Engine:
    """Return the same engine whose transactions are the only ones that write while they last.

    A transaction that reads first and then writes what it found missing needs this: without it,
    two of them find the same thing missing. Databases other than SQLite are not locked: there the
    keys of the tables refuse the second one, whole.
    """
    return engine.execution_options(**{_LOCK_OPTION: True})


def _prepare_sqlite(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # the driver would begin late, after the first reads
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {_BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA journal_mode = WAL")  # readers go on while one writes
    cursor.execute("PRAGMA synchronous = FULL")  # what was acknowledged survives a power cut
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    locked = connection.get_execution_options().get(_LOCK_OPTION, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if locked else "BEGIN")
