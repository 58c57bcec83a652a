"""What was refused: kept with its reasons, so that it can be mended and sent again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    Row,
    Select,
    delete,
    insert,
    select,
    update,
)

from feature_store.entities.reading_batch import (
    MOST_FAULTS_TOLD,
    BadRow,
    Received,
    faults_in,
    rows_in,
)
from feature_store.errors import SandanError
from feature_store.storage.database import lock_name
from feature_store.storage.moments import moment_of_seconds
from feature_store.storage.tables import DELIVERIES, REFUSALS, REFUSED_ROWS

MOST_FAULTS_KEPT = MOST_FAULTS_TOLD
"""Of one refusal: all that a reader tells. What a stranger sends must not fill the disk."""

LARGEST_ID = 2**31 - 1
"""What a column of ids holds."""

_MOST_LETTERS = 500
"""Of a cell or a reason: twice the longest reason; a line that is no row of cells has no end."""

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
"""What PostgreSQL's text cannot hold: NUL, and halves of UTF-16 pairs."""

_Columns = dict[str, Any]
"""Values of a row by column."""
_FAULT = ("position", "row", "column", "value", "reason", "fix")
"""Columns of a refused row that tell its fault."""


class UnknownRefusalError(SandanError):
    """There is no refusal of that id."""


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """A delivery of which rows were refused."""

    refusal_id: int
    source_name: str
    content_sha256: str
    idempotency_key: str | None
    recorded_at: datetime
    """When it was refused first; timezone-aware."""
    rows_refused: int
    """Rows with a fault; a fault of the file as a whole counts as one."""
    faults: int
    """Faults of these rows, of which the first ``MOST_FAULTS_KEPT`` are kept."""
    rest_stored: bool
    """Whether its other rows were stored; otherwise nothing was."""


@dataclass(frozen=True, kw_only=True)
class RefusedDelivery:
    """What is to be kept of a file."""

    received: Received
    bad_rows: Sequence[BadRow]
    idempotency_key: str | None
    rest_stored: bool


@dataclass(frozen=True, kw_only=True)
class RefusalStore:
    """Refusals in the ledger's database."""

    engine: Engine

    def get(self, refusal_id: int) -> Refusal:
        """Return one refusal; if there is none of that id, an :class:`UnknownRefusalError`."""
        row = None
        if 0 < refusal_id <= LARGEST_ID:
            with self.engine.connect() as connection:
                wanted = select(REFUSALS).where(REFUSALS.c.id == refusal_id)
                row = connection.execute(wanted).one_or_none()
        if row is None:
            raise UnknownRefusalError(
                f"there is no refusal {refusal_id}; 'sandan readings refused' and /v1/refusals "
                "list the ids"
            )
        return _refusal(row)

    def find(self, received: Received) -> Refusal | None:
        """Return what was refused of a file the last time; None if nothing ever was."""
        wanted = _of_content(received.identity_sha256)
        with self.engine.connect() as connection:
            row = connection.execute(wanted).first()
        return None if row is None else _refusal(row)

    def newest(self, *, limit: int, before: int | None = None) -> tuple[Refusal, ...]:
        """Return refusals, the newest first, older than the one of id ``before`` if it is given."""
        wanted = select(REFUSALS).order_by(REFUSALS.c.id.desc()).limit(limit)
        if before is not None:
            wanted = wanted.where(REFUSALS.c.id < before)
        with self.engine.connect() as connection:
            return tuple(_refusal(row) for row in connection.execute(wanted))

    def bad_rows(self, refusal_id: int, *, limit: int = MOST_FAULTS_KEPT) -> tuple[BadRow, ...]:
        """Return the faults that are kept of a refusal, in the order of rows."""
        wanted = (
            select(REFUSED_ROWS)
            .where(REFUSED_ROWS.c.refusal_id == refusal_id)
            .order_by(REFUSED_ROWS.c.position)
            .limit(limit)
        )
        with self.engine.connect() as connection:
            rows = connection.execute(wanted).mappings().all()
        return tuple(
            BadRow(
                row=row["row"],
                column=row["column"],
                value=row["value"],
                reason="; ".join(part for part in (row["reason"], row["fix"]) if part),
            )
            for row in rows
        )


def keep_refused(connection: Connection, refused: RefusedDelivery, *, recorded_at: int) -> int:
    """Keep what is wrong with a file and return the id of its refusal.

    The same file again has the refusal that it had, with the faults that it has now; unless these
    are others than were answered to an idempotency key, whose repetition is to be told the same.
    """
    received, bad_rows = refused.received, refused.bad_rows
    lock_name(connection, f"sandan: refusal {received.identity_sha256}")
    told = {
        "rows_refused": rows_in(bad_rows),
        "faults": faults_in(bad_rows),
        "rest_stored": refused.rest_stored,
    }
    rows = [_row(position, bad) for position, bad in enumerate(bad_rows[:MOST_FAULTS_KEPT])]
    before = connection.execute(_of_content(received.identity_sha256)).first()
    if before is not None and _same(connection, before, told, rows):
        return int(before.id)
    if before is None or _was_answered(connection, before.id):
        first = {
            "identity_sha256": received.identity_sha256,
            "source_name": _storable(received.source_name),
            "content_sha256": received.content_sha256,
            "idempotency_key": refused.idempotency_key,
            "recorded_at": recorded_at,
        }
        added = insert(REFUSALS).values(first | told).returning(REFUSALS.c.id)
        refusal_id = int(connection.execute(added).scalar_one())
    else:
        refusal_id = int(before.id)
        connection.execute(update(REFUSALS).where(REFUSALS.c.id == refusal_id).values(told))
        connection.execute(delete(REFUSED_ROWS).where(REFUSED_ROWS.c.refusal_id == refusal_id))
    if rows:
        of_refusal = {"refusal_id": refusal_id}
        connection.execute(insert(REFUSED_ROWS), [of_refusal | row for row in rows])
    return refusal_id


def _of_content(identity_sha256: str) -> Select[*tuple[Any, ...]]:
    """The refusals of a content, the newest first."""
    same = REFUSALS.c.identity_sha256 == identity_sha256
    return select(REFUSALS).where(same).order_by(REFUSALS.c.id.desc()).limit(1)


def _same(
    connection: Connection, before: Row[Any], told: _Columns, rows: Sequence[_Columns]
) -> bool:
    """Whether a refusal has these very faults."""
    if any(getattr(before, name) != value for name, value in told.items()):
        return False
    wanted = (
        select(*(REFUSED_ROWS.c[name] for name in _FAULT))
        .where(REFUSED_ROWS.c.refusal_id == before.id)
        .order_by(REFUSED_ROWS.c.position)
    )
    return [dict(row) for row in connection.execute(wanted).mappings()] == list(rows)


def _was_answered(connection: Connection, refusal_id: int) -> bool:
    """Whether a refusal is what an idempotency key was answered."""
    of_refusal = DELIVERIES.c.refusal_id == refusal_id
    return connection.execute(select(DELIVERIES.c.refusal_id).where(of_refusal)).first() is not None


def _row(position: int, bad: BadRow) -> _Columns:
    return {
        "position": position,
        "row": bad.row,
        "column": _storable(bad.column),
        "value": _storable(bad.value),
        "reason": _storable(bad.fault),
        "fix": _storable(bad.fix),
    }


def _storable(text: str) -> str:
    short = text if len(text) <= _MOST_LETTERS else text[:_MOST_LETTERS] + "…"
    return _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", short)


def _refusal(row: Row[Any]) -> Refusal:
    return Refusal(
        refusal_id=row.id,
        source_name=row.source_name,
        content_sha256=row.content_sha256,
        idempotency_key=row.idempotency_key,
        recorded_at=moment_of_seconds(row.recorded_at),
        rows_refused=row.rows_refused,
        faults=row.faults,
        rest_stored=row.rest_stored,
    )
