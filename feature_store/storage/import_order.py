"""In which order imports become visible, and which are certain to have none before them to come.

SQLite lets one transaction write at a time: what is visible is all there is below it. PostgreSQL
lets writers of different meters go on side by side, so that an import with a smaller id may become
visible after one with a larger id. There a writer locks, until its transaction has ended, the id
that was the last when it was about to take its own: its own is larger. Whoever looks for such locks
and then for imports knows that no import can appear any more up to the smallest id locked.

The numbers of transactions would not tell it: one that is given its number first may take its id
last, and PostgreSQL tells nobody the largest number given.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, select, text

from feature_store.storage.tables import IMPORTS

_LOCKS = 20261122
"""What our locks on ids are told from other ones by, in PostgreSQL's two-key kind."""
_LAST_ID = text("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM imports_id_seq")
_LOCK_LAST_ID = text(
    "SELECT pg_advisory_xact_lock_shared(:locks, "
    "(CASE WHEN is_called THEN last_value ELSE 0 END)::int) FROM imports_id_seq"
).bindparams(locks=_LOCKS)
_SMALLEST_LOCKED = text(
    "SELECT min(objid::bigint) FROM pg_locks WHERE locktype = 'advisory' AND classid = :locks "
    "AND objsubid = 2 AND granted "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
).bindparams(locks=_LOCKS)

_FROM = (
    select(IMPORTS.c.id, IMPORTS.c.rows_added)
    .where(IMPORTS.c.id >= bindparam("first"))
    .order_by(IMPORTS.c.id)
)
"""Asked before every answer: built once."""


@dataclass(frozen=True, kw_only=True)
class SeenImport:
    """An import that is visible."""

    import_id: int
    settled: bool
    """Whether no import with a smaller id can become visible any more."""
    rows: int
    """Readings that it added, or versions of weather."""


@dataclass(frozen=True, kw_only=True)
class Changes:
    """What is to be known before a copy of the ledger may answer."""

    imports: tuple[SeenImport, ...]
    """Visible imports from an id on, by id."""
    declarations: tuple[int, int]
    """How many declarations there are, and the id of the newest: another pair when one is added."""


def insert_import(connection: Connection, row: Mapping[str, Any]) -> int:
    """Insert a row of ``IMPORTS``, which does not tell its id, and return that."""
    if connection.dialect.name == "postgresql":
        connection.execute(_LOCK_LAST_ID)
    return connection.execute(insert(IMPORTS).values(row).returning(IMPORTS.c.id)).scalar_one()


def last_settled_import(connection: Connection) -> int:
    """Return the newest id below which nothing can appear any more, 0 if there is none."""
    settled_to = _settled_to(connection)
    newest = select(func.coalesce(func.max(IMPORTS.c.id), 0))
    if settled_to is not None:
        newest = newest.where(IMPORTS.c.id <= settled_to)
    return connection.execute(newest).scalar_one()


def imports_from(connection: Connection, import_id: int) -> list[SeenImport]:
    """Return the visible imports whose id is ``import_id`` or larger, by id."""
    settled_to = _settled_to(connection)
    return [
        SeenImport(
            import_id=row.id,
            settled=settled_to is None or row.id <= settled_to,
            rows=row.rows_added,
        )
        for row in connection.execute(_FROM, {"first": import_id})
    ]


def _settled_to(connection: Connection) -> int | None:
    """Id up to which no import can appear that a later statement does not see; None: any.

    The order counts. Whoever locks after the locks were read takes an id after that, one larger
    than the last before it; whoever has let go by then is visible to the next statement.
    """
    if connection.dialect.name != "postgresql":
        return None
    last_id: int = connection.execute(_LAST_ID).scalar_one()
    smallest_locked: int | None = connection.execute(_SMALLEST_LOCKED).scalar_one()
    return last_id if smallest_locked is None else smallest_locked
