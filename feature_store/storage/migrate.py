"""Bring a database to the shape that this version of the product reads and writes."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from feature_store.storage.database import lock_name, with_write_lock

_MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Apply every missing revision, all or nothing; nothing happens when none is missing.

    Several processes may start on an empty database at once: one makes the tables, the others
    wait for it and find them.
    """
    config = _config()
    with with_write_lock(engine).begin() as connection:
        lock_name(connection, "sandan: shape of the database")
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def revision_of(connection: Connection) -> str | None:
    """Return the revision that the database has; None if it never held a ledger."""
    return MigrationContext.configure(connection).get_current_revision()


def newest_revision() -> str:
    """Return the revision that this version of the product reads and writes."""
    return str(ScriptDirectory.from_config(_config()).get_current_head())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    return config
