"""The ledger: readings and firms, appended and never changed, read as of a moment."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import polars as pl
from sqlalchemy import Connection, Engine, insert, select

from feature_store.entities.firm import Firm
from feature_store.entities.reading_batch import ReadingBatch
from feature_store.errors import SandanError
from feature_store.settings import Settings
from feature_store.storage.append_outcome import AlreadyReceived, Appended, AppendOutcome
from feature_store.storage.batch_rows import identity_of, rows_of
from feature_store.storage.bulk_insert import insert_readings
from feature_store.storage.database import lock_name, reachable_engine, with_write_lock
from feature_store.storage.declarations import (
    EVER,
    FOR_GOOD,
    Declared,
    Span,
    adds_nothing,
    declarations_of,
    services,
    timeline,
)
from feature_store.storage.deliveries import first_outcome, remember
from feature_store.storage.held_declarations import (
    HeldDeclarations,
    held_declarations,
    number_of_declarations,
)
from feature_store.storage.import_order import (
    Changes,
    imports_from,
    insert_import,
    last_settled_import,
)
from feature_store.storage.ledger_knowledge import LedgerKnowledge
from feature_store.storage.meter_owners import declare_meters, lock_meters
from feature_store.storage.meter_versions import MeterVersions
from feature_store.storage.migrate import upgrade
from feature_store.storage.moments import epoch_seconds
from feature_store.storage.news import news_in
from feature_store.storage.partitions import make_partitions
from feature_store.storage.reading_versions import versions_touched
from feature_store.storage.recorded_versions import versions_of_imports, versions_of_meter
from feature_store.storage.tables import FIRMS, IMPORTS

Declaration = Literal["new", "changed", "unchanged"]


class EmptyValidityError(SandanError):
    """A declaration ends before it begins."""


@dataclass(frozen=True, kw_only=True)
class LedgerStore:
    """A :class:`feature_store.point_in_time.Store` in an SQL database.

    Its clock counts whole seconds. Any number of processes may read and append at once.
    """

    engine: Engine

    def as_of(self, moment: datetime) -> LedgerKnowledge:
        """Return what was known at ``moment``; a naive one is refused."""
        epoch_seconds(moment)
        return LedgerKnowledge(engine=self.engine, moment=moment)

    def append(
        self, batch: ReadingBatch, *, recorded_at: datetime, idempotency_key: str | None = None
    ) -> AppendOutcome:
        """Store what is new in ``batch``, all of it or, if anything fails, nothing.

        Rows equal to the latest version known are left out. Rows that differ are corrections:
        they become known at ``recorded_at`` and the earlier values stay readable as of then. The
        same content again for the same meters is not looked at a second time, even if its values
        were corrected since. What is returned is on disk.

        Args:
            batch: Readings of any number of firms and meters.
            recorded_at: The moment of storing.
            idempotency_key: A name that the sender gives this delivery. The same key with the same
                content is answered as it was first; with other content it is refused.
        """
        rows = rows_of(batch)
        identity = identity_of(batch, rows)
        moment = epoch_seconds(recorded_at)
        make_partitions(self.engine, rows["period_start"])
        with with_write_lock(self.engine).begin() as connection:
            if idempotency_key is not None:
                before = first_outcome(connection, idempotency_key, identity)
                if before is not None:
                    return before
            outcome = _append(connection, batch, rows, identity=identity, moment=moment)
            if idempotency_key is not None:
                remember(connection, idempotency_key, identity, outcome, recorded_at=moment)
        return outcome

    def declare(
        self,
        firm: Firm,
        *,
        known_at: datetime,
        valid_from: datetime | None = None,
        valid_to: datetime | None = None,
    ) -> Declaration:
        """Store a firm's declaration as known from ``known_at`` on; an equal one adds nothing.

        It is about the time from ``valid_from`` (left out: ever since) to before ``valid_to``
        (left out: for good). What was declared for other times stays.
        """
        moment = epoch_seconds(known_at)
        start = None if valid_from is None else epoch_seconds(valid_from)
        end = None if valid_to is None else epoch_seconds(valid_to)
        span = Span(start=EVER if start is None else start, end=FOR_GOOD if end is None else end)
        if span.start >= span.end:
            raise EmptyValidityError(
                f"{firm.firm_id}: the declaration ends ({valid_to}) before it begins "
                f"({valid_from}); let it end later"
            )
        new = Declared(span=span, firm=firm)
        with with_write_lock(self.engine).begin() as connection:
            lock_name(connection, f"sandan: firm {firm.firm_id}")
            before = declarations_of(connection, firm.firm_id, known_by=moment)
            if adds_nothing(before, new):
                return "unchanged"
            row = {
                "firm_id": firm.firm_id,
                "known_at": moment,
                "valid_from": start,
                "valid_to": end,
                "document": firm.model_dump_json(),
            }
            connection.execute(insert(FIRMS), row)
            everything = services(timeline(declarations_of(connection, firm.firm_id)))
            meter_ids = {service.meter.meter_id for service in everything}
            declare_meters(connection, firm.firm_id, sorted(meter_ids))
        return "changed" if before else "new"

    def last_import_id(self) -> int:
        """Return the newest import's id below which none can appear any more, 0 if there is none.

        On PostgreSQL writers of different meters do not wait for each other: imports with larger
        ids may be visible already while one with a smaller id is still being stored.
        """
        with self.engine.connect() as connection:
            return last_settled_import(connection)

    def changes(self, from_import: int | None) -> Changes:
        """Return the imports from an id on, or from the last settled one, and what is declared."""
        with self.engine.connect() as connection:
            first = last_settled_import(connection) if from_import is None else from_import
            return Changes(
                imports=tuple(imports_from(connection, first)),
                declarations=number_of_declarations(connection),
            )

    def declarations(self) -> HeldDeclarations:
        """Return every declaration of every firm."""
        with self.engine.connect() as connection:
            return held_declarations(connection)

    def versions_of_meter(self, meter_id: str, *, since: int) -> MeterVersions:
        """Return every version of a meter's ``kwh`` of periods from the second ``since`` on."""
        with self.engine.connect() as connection:
            return versions_of_meter(connection, meter_id, since=since)

    def versions_of_imports(
        self, import_ids: Collection[int], *, since: int
    ) -> dict[str, MeterVersions]:
        """Return the versions of ``kwh`` that imports stored, by meter, likewise."""
        with self.engine.connect() as connection:
            return versions_of_imports(connection, import_ids, since=since)

    def close(self) -> None:
        """Close every connection; the store opens new ones when it is used again."""
        self.engine.dispose()


def open_store(settings: Settings) -> LedgerStore:
    """Open the ledger that ``settings`` name, bringing its tables up to date first."""
    store = store_as_it_is(settings)
    upgrade(store.engine)
    return store


def store_as_it_is(settings: Settings) -> LedgerStore:
    """Open the ledger that ``settings`` name without touching its tables, whatever they are."""
    return LedgerStore(engine=reachable_engine(settings.database))


def _append(
    connection: Connection, batch: ReadingBatch, rows: pl.DataFrame, *, identity: str, moment: int
) -> AppendOutcome:
    lock_meters(connection, dict(rows.select("meter_id", "firm_id").unique().rows()))
    earlier = connection.execute(
        select(IMPORTS.c.id).where(IMPORTS.c.identity_sha256 == identity)
    ).scalar_one_or_none()
    if earlier is not None:
        return AlreadyReceived(rows_already_known=rows.height, import_id=earlier)
    news = news_in(rows, versions_touched(connection, rows), recorded_at=moment)
    if not news.height:
        return AlreadyReceived(rows_already_known=rows.height, import_id=None)
    row = {
        "source_name": batch.source_name,
        "source_format": batch.source_format,
        "content_sha256": batch.content_sha256,
        "identity_sha256": identity,
        "rows_added": news.height,
        "recorded_at": moment,
    }
    import_id = insert_import(connection, row)
    added = news.drop("correction").with_columns(
        recorded_at=pl.lit(moment), import_id=pl.lit(import_id)
    )
    insert_readings(connection, added)
    return Appended(
        import_id=import_id,
        rows_added=news.height,
        rows_already_known=rows.height - news.height,
        corrections=int(news["correction"].sum()),
    )
