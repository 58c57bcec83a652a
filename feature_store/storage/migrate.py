"""Bring a database to the shape that this version of the product reads and writes."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine

from feature_store.storage.database import with_write_lock

_MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Apply every missing revision, all or nothing; nothing happens when none is missing.

    Several processes may start on an empty database at once: one makes the tables, the others
    wait for it and find them.
    """
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    with with_write_lock(engine).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
