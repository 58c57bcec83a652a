"""The record of what was delivered: one row for each delivery of which something was stored."""

from __future__ import annotations

from typing import Protocol

from sqlalchemy import Connection, select

from feature_store.storage.import_order import insert_import
from feature_store.storage.tables import IMPORTS


class Delivered(Protocol):
    """A batch of whatever kind: where it is from."""

    @property
    def source_name(self) -> str:
        """File name, or what a client calls its delivery."""
        ...

    @property
    def source_format(self) -> str:
        """Name of the reader."""
        ...

    @property
    def content_sha256(self) -> str:
        """Hash of what was delivered."""
        ...


def import_of(connection: Connection, identity_sha256: str) -> int | None:
    """Return the import that brought what has this identity, None if none did."""
    wanted = select(IMPORTS.c.id).where(IMPORTS.c.identity_sha256 == identity_sha256)
    return connection.execute(wanted).scalar_one_or_none()


def record_import(
    connection: Connection,
    batch: Delivered,
    identity_sha256: str,
    *,
    rows_added: int,
    recorded_at: int,
) -> int:
    """Record that ``batch`` was stored (at a UTC epoch second) and return the import's id."""
    row = {
        "source_name": batch.source_name,
        "source_format": batch.source_format,
        "content_sha256": batch.content_sha256,
        "identity_sha256": identity_sha256,
        "rows_added": rows_added,
        "recorded_at": recorded_at,
    }
    return insert_import(connection, row)
