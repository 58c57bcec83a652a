"""Connections to the ledger's database, with the locking that its promises need."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event, func, make_url, select
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DatabaseError
from sqlalchemy.pool import ConnectionPoolEntry

from feature_store.errors import SandanError

_BUSY_TIMEOUT_MS = 30_000
"""How long a writer waits for another one: ten times what storing a firm's year takes."""

_LOCK_OPTION = "ledger_write_lock"


class UnusableDatabaseError(SandanError):
    """The URL of the ledger names no database that can be used."""


def reachable_engine(url: str) -> Engine:
    """Return an engine for ``url`` whose database answers."""
    engine = open_engine(url)
    try:
        engine.connect().close()
    except DatabaseError as error:
        where = engine.url.render_as_string(hide_password=True)
        raise UnusableDatabaseError(
            f"the ledger's database {where} cannot be used ({error.orig}); "
            "start it, mend it or mend SANDAN_DATABASE_URL"
        ) from error
    return engine


def open_engine(url: str) -> Engine:
    """Return an engine for ``url``; SQLite's folder is made if it is missing."""
    location = _location(url)
    try:
        # A pooled connection may be older than the last restart of a server: it is tried first.
        engine = create_engine(location, pool_pre_ping=True)
    except ModuleNotFoundError as missing:
        raise UnusableDatabaseError(
            f"the driver of SANDAN_DATABASE_URL is not installed ({missing.name}); "
            "install it with: pip install 'sandan[postgres]'"
        ) from None
    if location.get_backend_name() == "postgresql":
        event.listen(engine, "connect", _prepare_postgresql)
        return engine
    if location.database:
        Path(location.database).parent.mkdir(parents=True, exist_ok=True)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _location(url: str) -> URL:
    try:
        location = make_url(url)
    except (ArgumentError, ValueError):  # told without the URL: there may be a password in it
        location = make_url("nothing://")
    match location.get_backend_name():
        case "sqlite":
            return location
        case "postgresql":
            return location.set(drivername="postgresql+psycopg")
        case other:
            raise UnusableDatabaseError(
                f"SANDAN_DATABASE_URL names {other}, but the ledger is kept in PostgreSQL or "
                "SQLite; write postgresql://USER:PASSWORD@HOST/DATABASE, or unset it for SQLite"
            )


def with_write_lock(engine: Engine) -> Engine:
    """Return the same engine whose transactions are the only ones that write while they last.

    A transaction that reads first and then writes what it found missing needs this: without it,
    two of them find the same thing missing. That is so in SQLite. In PostgreSQL writers go on side
    by side, and each takes :func:`lock_name` or locks the rows that it is about to add to.
    """
    return engine.execution_options(**{_LOCK_OPTION: True})


def lock_name(connection: Connection, name: str) -> None:
    """Wait until no other transaction has locked ``name``, then hold it to the end of this one."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))


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


def _prepare_postgresql(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    cursor.execute(f"SET lock_timeout = {_BUSY_TIMEOUT_MS}")
    cursor.execute("SET synchronous_commit = on")  # what was acknowledged survives a power cut
    cursor.close()
    connection.commit()  # a setting of a transaction that is rolled back is undone
