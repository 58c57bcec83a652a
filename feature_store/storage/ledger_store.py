"""The ledger: readings and firms, appended and never changed, read as of a moment."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import polars as pl
from sqlalchemy import Connection, Engine, insert

from feature_store.entities.firm import Firm
from feature_store.entities.known_meters import KnownMeters
from feature_store.entities.reading_batch import ReadingBatch, Received
from feature_store.entities.told_meters import CameBefore
from feature_store.entities.weather_batch import WeatherBatch
from feature_store.errors import SandanError
from feature_store.settings import Settings
from feature_store.storage.append_outcome import (
    AlreadyReceived,
    AppendOutcome,
    DeliveryOutcome,
    Repeated,
)
from feature_store.storage.append_weather import append_weather
from feature_store.storage.batch_rows import identity_of, rows_of
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
from feature_store.storage.declared_meters import known_meters
from feature_store.storage.deliveries import Answer, first_answer, remember
from feature_store.storage.held_declarations import (
    HeldDeclarations,
    held_declarations,
    number_of_declarations,
)
from feature_store.storage.import_order import (
    Changes,
    imports_from,
    last_settled_import,
)
from feature_store.storage.imports import import_of, store_news
from feature_store.storage.ledger_knowledge import LedgerKnowledge
from feature_store.storage.meter_numbers import came_before, keep_numbers
from feature_store.storage.meter_owners import declare_meters, lock_meters
from feature_store.storage.meter_versions import MeterVersions
from feature_store.storage.migrate import upgrade
from feature_store.storage.moments import epoch_seconds
from feature_store.storage.news import news_in
from feature_store.storage.partitions import make_partitions
from feature_store.storage.reading_versions import versions_touched
from feature_store.storage.recorded_versions import (
    number_of_readings,
    versions_of_imports,
    versions_of_meter,
)
from feature_store.storage.refusals import Refusal, RefusalStore, RefusedDelivery, keep_refused
from feature_store.storage.stored_weather import newest_import_of, seen_versions
from feature_store.storage.tables import FIRMS, READINGS

Declaration = Literal["new", "changed", "unchanged"]
Clock = Callable[[], datetime]
"""Tells the moment that is now."""


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
        outcome = self.deliver(batch, clock=lambda: recorded_at, idempotency_key=idempotency_key)
        return outcome.first if isinstance(outcome, Repeated) else outcome

    def deliver(
        self, batch: ReadingBatch, *, clock: Clock, idempotency_key: str | None
    ) -> DeliveryOutcome:
        """Store as :meth:`append` does, and tell a repeated delivery from a first one.

        Rows of the file that were left out are kept as refused in the same transaction. The moment
        of storing is what ``clock`` says once no other delivery of these meters is under way.
        """
        rows = rows_of(batch)
        identity = identity_of(batch, rows)
        sent = identity if batch.received is None else batch.received.identity_sha256
        make_partitions(self.engine, rows["period_start"])
        with with_write_lock(self.engine).begin() as connection:
            if idempotency_key is not None:
                before = first_answer(connection, idempotency_key, sent)
                if before is not None:
                    return before
            outcome, moment = _append(connection, batch, rows, identity=identity, clock=clock)
            refusal_id = None
            if batch.left_out and batch.received is not None:
                left_out = RefusedDelivery(
                    received=batch.received,
                    bad_rows=batch.left_out,
                    idempotency_key=idempotency_key,
                    rest_stored=True,
                )
                refusal_id = keep_refused(connection, left_out, recorded_at=moment)
            if idempotency_key is not None:
                answer = Answer(
                    idempotency_key=idempotency_key,
                    identity_sha256=sent,
                    outcome=outcome,
                    refusal_id=refusal_id,
                )
                remember(connection, answer, recorded_at=moment)
        return outcome

    def append_weather(self, batch: WeatherBatch, *, recorded_at: datetime) -> AppendOutcome:
        """Store what is new in ``batch``, all of it or, if anything fails, nothing.

        Each issue of a forecast is stored beside those before it. Rows that differ from what was
        stored of the same issue, or of the same measured hour, are corrections: they become known
        at ``recorded_at``. Variables that the batch does not tell stay as they were. The same
        content again for the same places is not looked at a second time.
        """
        return append_weather(self.engine, batch, recorded_at=recorded_at)

    def delivered(self, received: Received, idempotency_key: str) -> Repeated | None:
        """Return what was answered to the key before, waiting for a delivery that is under way.

        None: nothing was yet. Other content than then is refused.
        """
        with self.engine.connect() as connection:
            return first_answer(connection, idempotency_key, received.identity_sha256)

    def refuse(self, refused: RefusedDelivery, *, recorded_at: datetime) -> Refusal:
        """Keep what is wrong with a file of which nothing is stored."""
        with with_write_lock(self.engine).begin() as connection:
            moment = epoch_seconds(recorded_at)
            refusal_id = keep_refused(connection, refused, recorded_at=moment)
        return self.refusals.get(refusal_id)

    @property
    def refusals(self) -> RefusalStore:
        """What was refused so far."""
        return RefusalStore(engine=self.engine)

    def known_meters(self, moment: datetime) -> KnownMeters:
        """Return every meter known now, and which firms are declared by and for ``moment``."""
        with self.engine.connect() as connection:
            return known_meters(connection, known_by=epoch_seconds(moment))

    def came_before(self, firm_ids: Collection[str]) -> dict[str, CameBefore]:
        """Return the numbers that firms' readings came under; firms without any are left out."""
        with self.engine.connect() as connection:
            return came_before(connection, firm_ids)

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

    def number_of_readings(self, import_ids: Collection[int]) -> int:
        """Return how many readings imports stored; an import of weather stored none."""
        with self.engine.connect() as connection:
            return number_of_readings(connection, import_ids)

    def newest_weather_import(self, place: str) -> int:
        """Return the largest id of an import that told of a place's weather, 0 if none did."""
        with self.engine.connect() as connection:
            return newest_import_of(connection, place)

    def seen_weather(
        self, place: str, *, since: int, after_import: int, to_import: int
    ) -> pl.DataFrame:
        """Return what imports, after one up to another, told of hours from ``since`` on."""
        with self.engine.connect() as connection:
            return seen_versions(
                connection, place, since=since, after_import=after_import, to_import=to_import
            )

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
    connection: Connection, batch: ReadingBatch, rows: pl.DataFrame, *, identity: str, clock: Clock
) -> tuple[AppendOutcome, int]:
    """Store what is new; return what became of it, and the second at which it was recorded.

    The clock is looked at when nobody can write before us any more: whoever had waited for the lock
    with a moment of before would change what was known in between.
    """
    lock_meters(connection, dict(rows.select("meter_id", "firm_id").unique().rows()))
    moment = epoch_seconds(clock())
    keep_numbers(connection, batch, rows, recorded_at=moment)
    earlier = import_of(connection, identity)
    if earlier is not None:
        return AlreadyReceived(rows_already_known=rows.height, import_id=earlier), moment
    news = news_in(rows, versions_touched(connection, rows), recorded_at=moment)
    outcome = store_news(
        connection, batch, identity, READINGS, news, rows_received=rows.height, recorded_at=moment
    )
    return outcome, moment
