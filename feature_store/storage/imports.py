"""The record of what was delivered: one row for each delivery of which something was stored."""

from __future__ import annotations

from typing import Protocol

import polars as pl
from sqlalchemy import Connection, Table, select

from feature_store.storage.append_outcome import AlreadyReceived, Appended, AppendOutcome
from feature_store.storage.bulk_insert import insert_rows
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


def store_news(  # noqa: PLR0913  what is stored, where, and by which delivery
    connection: Connection,
    batch: Delivered,
    identity_sha256: str,
    table: Table,
    news: pl.DataFrame,
    *,
    rows_received: int,
    recorded_at: int,
) -> AppendOutcome:
    """Insert what is new of a batch with the record of its import, if anything is.

    Args:
        connection: The transaction that all of it belongs to.
        batch: Where it is from.
        identity_sha256: What a repetition is recognised by.
        table: Where the rows go.
        news: The rows to add, with ``correction``, which says whether each replaces another one.
        rows_received: How many the batch had.
        recorded_at: UTC epoch second.
    """
    if not news.height:
        return AlreadyReceived(rows_already_known=rows_received, import_id=None)
    import_id = _record_import(
        connection, batch, identity_sha256, rows_added=news.height, recorded_at=recorded_at
    )
    added = news.drop("correction").with_columns(
        recorded_at=pl.lit(recorded_at), import_id=pl.lit(import_id)
    )
    insert_rows(connection, table, added)
    return Appended(
        import_id=import_id,
        rows_added=news.height,
        rows_already_known=rows_received - news.height,
        corrections=int(news["correction"].sum()),
    )


def _record_import(
    connection: Connection,
    batch: Delivered,
    identity_sha256: str,
    *,
    rows_added: int,
    recorded_at: int,
) -> int:
    row = {
        "source_name": batch.source_name,
        "source_format": batch.source_format,
        "content_sha256": batch.content_sha256,
        "identity_sha256": identity_sha256,
        "rows_added": rows_added,
        "recorded_at": recorded_at,
    }
    return insert_import(connection, row)
