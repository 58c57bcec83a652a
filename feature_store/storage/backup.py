"""Copies of the ledger's whole database in one file, and the way back."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import URL, Engine
from sqlalchemy.exc import DatabaseError

from feature_store.errors import SandanError
from feature_store.storage.check import is_empty, table_names
from feature_store.storage.database import open_engine
from feature_store.storage.migrate import newest_revision, revision_of, upgrade

_SQLITE_OPENS_WITH = b"SQLite format 3\0"
_DUMP_OPENS_WITH = b"PGDMP"


class BackupError(SandanError):
    """A backup cannot be written, or it cannot be restored here."""


def backup(engine: Engine, target: Path) -> None:
    """Write a consistent copy to ``target``, which does not exist; others may go on writing.

    The file has its name only when it is whole and on disk.
    """
    if _revision(engine) is None:
        raise BackupError("there is no ledger to back up; make one with 'sandan db upgrade'")
    if target.exists():
        raise BackupError(f"{target}: exists already; name a file that does not")
    if not target.parent.is_dir():
        raise BackupError(f"{target.parent}: there is no such folder; make it first")
    with _whole_file(target) as part:
        if engine.dialect.name == "sqlite":
            _copy_sqlite(_sqlite_file(engine.url), part)
            _refuse_damaged(part)
        else:
            _run("pg_dump", engine.url, ["--format=custom", "--no-owner", f"--file={part}"])


def restore(engine: Engine, source: Path, *, replace: bool) -> None:
    """Put the copy in ``source`` into the database, all of it or nothing, and bring it up to date.

    A database that holds rows is refused unless ``replace`` is set.
    """
    if not source.is_file():
        raise BackupError(f"{source}: there is no such file; check the path")
    with source.open("rb") as file:
        opens_with = file.read(len(_SQLITE_OPENS_WITH))
    of_sqlite = engine.dialect.name == "sqlite"
    if not opens_with.startswith(_SQLITE_OPENS_WITH if of_sqlite else _DUMP_OPENS_WITH):
        raise BackupError(
            f"{source}: is no backup of a ledger in {'SQLite' if of_sqlite else 'PostgreSQL'}; "
            "name a file that 'sandan db backup' wrote for the same kind of database"
        )
    if not replace and not is_empty(engine):
        raise BackupError(
            "the database holds rows, which the backup would take the place of; back them up, "
            "then add --replace"
        )
    if of_sqlite:
        _refuse_foreign_sqlite(source)
        engine.dispose()  # our own connection would keep the file's lock
        _copy_sqlite(source, _sqlite_file(engine.url))
    else:
        _restore_postgresql(engine, source)
    upgrade(engine)


@contextmanager
def _whole_file(target: Path) -> Iterator[Path]:
    """Give a file beside ``target`` that takes its name when all of it is on disk."""
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        yield part
        with part.open("rb") as written:
            os.fsync(written.fileno())
        part.rename(target)
        folder = os.open(target.parent, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)
    finally:
        part.unlink(missing_ok=True)


def _sqlite_file(url: URL) -> Path:
    if not url.database:
        raise BackupError("this ledger is kept in memory; name a file in SANDAN_DATABASE_URL")
    return Path(url.database)


def _copy_sqlite(source: Path, target: Path) -> None:
    """Copy page by page under SQLite's own locks; the target changes in one transaction."""
    with closing(sqlite3.connect(source)) as original, closing(sqlite3.connect(target)) as copy:
        original.backup(copy)


def _refuse_foreign_sqlite(source: Path) -> None:
    """Refuse a file that is damaged, or no ledger, or one of a later version."""
    _refuse_damaged(source)
    engine = open_engine(f"sqlite:///{source}")
    revision = _revision(engine)
    engine.dispose()
    if revision is None or revision > newest_revision():
        of_what = "no ledger" if revision is None else f"of a later version (revision {revision})"
        raise BackupError(f"{source}: is {of_what}; restore another backup or install that version")


def _restore_postgresql(engine: Engine, source: Path) -> None:
    """Drop what is there and run the dump as one script in one transaction.

    ``pg_restore --clean`` cannot: it drops the partitions' keys on their own, which is refused.
    """
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "restore.sql"
        _run("pg_restore", engine.url, ["--no-owner", f"--file={script}", str(source)])
        quote = engine.dialect.identifier_preparer.quote_identifier
        there = [quote(name) for name in table_names(engine)]
        drop = f"DROP TABLE IF EXISTS {', '.join(there)} CASCADE" if there else "SELECT 1"
        options = ["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--single-transaction"]
        _run("psql", engine.url, [*options, f"--command={drop}", f"--file={script}"])


def _refuse_damaged(file: Path) -> None:
    with closing(sqlite3.connect(file)) as opened:
        try:
            told = [row[0] for row in opened.execute("PRAGMA integrity_check")]
        except sqlite3.DatabaseError as error:
            told = [str(error)]
    if told != ["ok"]:
        raise BackupError(f"{file}: is damaged ({told[0]}); restore another backup")


def _revision(engine: Engine) -> str | None:
    try:
        with engine.connect() as connection:
            return revision_of(connection)
    except DatabaseError as error:
        raise BackupError(
            f"the database cannot be read ({error.orig}); look at it with 'sandan db check'"
        ) from error


def _run(program: str, url: URL, options: Sequence[str]) -> None:
    """Run one of PostgreSQL's programs on the database; the password is not on its command line."""
    found = shutil.which(program)
    if found is None:
        raise BackupError(
            f"there is no {program} on this machine; install PostgreSQL's client programs, "
            "of the server's version or newer"
        )
    named = {
        "PGHOST": url.host or _queried(url, "host"),
        "PGPORT": str(url.port) if url.port else _queried(url, "port"),
        "PGUSER": url.username,
        "PGPASSWORD": url.password,
        "PGDATABASE": url.database,
    }
    environment = os.environ | {name: str(value) for name, value in named.items() if value}
    ended = subprocess.run(  # noqa: S603  PostgreSQL's own program
        [found, *options], env=environment, capture_output=True, text=True, check=False
    )
    if ended.returncode:
        told = ended.stderr.strip()
        raise BackupError(f"{program} failed, nothing was changed: {told}; mend that and try again")


def _queried(url: URL, name: str) -> str | None:
    value = url.query.get(name)
    return value if isinstance(value, str) else None
