"""Whether a ledger's database is whole: its pages, its references, its shape, its rows."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    MetaData,
    Table,
    and_,
    exists,
    func,
    inspect,
    select,
)
from sqlalchemy.exc import DatabaseError

from feature_store.storage.daily_loads_check import differing_days
from feature_store.storage.migrate import newest_revision, revision_of
from feature_store.storage.tables import METADATA

_SHOWN_FAULTS = 20
"""A broken file can have a fault in every page."""


@dataclass(frozen=True, kw_only=True)
class DatabaseCheck:
    """What was found."""

    revision: str | None
    """Shape of the database; None if it never held a ledger."""
    rows_by_table: dict[str, int]
    faults: tuple[str, ...]
    """What is wrong, each with its next step; empty if nothing is."""


def check_database(engine: Engine) -> DatabaseCheck:
    """Look at everything; nothing is changed."""
    with engine.connect() as connection:
        torn = _torn_pages(connection)
        if torn:  # whatever else is asked may fail or be wrong
            return DatabaseCheck(revision=None, rows_by_table={}, faults=tuple(torn))
        revision = revision_of(connection)
        tables = [] if revision is None else _tables(connection)
        faults = _wrong_shape(revision)
        if not faults:  # in another shape the references are others
            faults = [fault for table in tables for fault in _orphans(connection, table)]
            faults += differing_days(connection)
        rows_by_table = {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in tables
        }
    return DatabaseCheck(revision=revision, rows_by_table=rows_by_table, faults=tuple(faults))


def is_empty(engine: Engine) -> bool:
    """Whether no table of the database holds a row, or there is no table."""
    with engine.connect() as connection:
        return not any(
            connection.execute(select(exists().select_from(table))).scalar_one()
            for table in _tables(connection)
        )


def table_names(engine: Engine) -> list[str]:
    """Return every table there is, without the partitions that one consists of."""
    with engine.connect() as connection:
        return sorted(_names(connection))


def _names(connection: Connection) -> set[str]:
    parts = set()
    if connection.dialect.name == "postgresql":
        wanted = "SELECT relname FROM pg_class WHERE relispartition AND relkind = 'r'"
        parts = set(connection.exec_driver_sql(wanted).scalars())
    return set(inspect(connection).get_table_names()) - parts


def _tables(connection: Connection) -> list[Table]:
    """Return the tables that hold what is known, and not the revision alone."""
    names = _names(connection) - {"alembic_version"}
    metadata = MetaData()
    metadata.reflect(connection, only=sorted(names))
    return [table for table in metadata.sorted_tables if table.name in names]


def _torn_pages(connection: Connection) -> list[str]:
    if connection.dialect.name != "sqlite":
        return []  # PostgreSQL looks at each page whenever it reads it
    try:
        told = list(connection.exec_driver_sql("PRAGMA integrity_check").scalars())
    except DatabaseError as error:
        told = [str(error.orig)]
    damage = [one for one in told if one != "ok"][:_SHOWN_FAULTS]
    return [f"the file is damaged ({one}); restore the last backup" for one in damage]


def _wrong_shape(revision: str | None) -> list[str]:
    newest = newest_revision()
    if revision == newest:
        return []
    if revision is None:
        return ["there is no ledger in this database; make one with 'sandan db upgrade'"]
    fault = (
        f"its shape is of revision {revision}, this version reads and writes {newest}; "
        "run 'sandan db upgrade', or install the version that wrote it"
    )
    return [fault]


def _orphans(connection: Connection, table: Table) -> list[str]:
    """Return which references of a table lead to rows that do not exist."""
    faults = []
    # Ours as the code has them: PostgreSQL does not know all of them.
    for key in METADATA.tables.get(table.name, table).foreign_key_constraints:
        parent = key.referred_table.alias("parent")
        pairs = [(element.parent, parent.c[element.column.name]) for element in key.elements]
        lost = select(func.count()).where(
            and_(*(_of(table, column).is_not(None) for column, _ in pairs)),
            ~exists().where(*(_of(table, column) == there for column, there in pairs)),
        )
        number = connection.execute(lost.select_from(table)).scalar_one()
        if number:
            faults.append(
                f"{number} rows of {table.name} refer to {key.referred_table.name} that do not "
                "exist; restore the last backup"
            )
    return faults


def _of(table: Table, column: Column[object]) -> Column[object]:
    return table.c[column.name]
