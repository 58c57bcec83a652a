"""A file taken into the ledger, however it came: read, held against what is declared, stored.

What is refused is kept with its reasons before anybody is told. Nothing of a delivery is stored
twice, whether it is repeated under its idempotency key or without one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from feature_store.entities.meter import Meter
from feature_store.entities.reading_batch import BadRow, ReadingBatch, Received, Refused
from feature_store.ingestion.checked_file import received
from feature_store.ingestion.read_file import file_at, take_file
from feature_store.ingestion.read_request import ReadRequest
from feature_store.storage.append_outcome import DeliveryOutcome, Repeated
from feature_store.storage.declarations import service_times
from feature_store.storage.ledger_knowledge import LedgerKnowledge
from feature_store.storage.ledger_store import Clock, LedgerStore
from feature_store.storage.meter_numbers import OtherMeterError
from feature_store.storage.meter_owners import MeterOfAnotherFirmError, UndeclaredMeterError
from feature_store.storage.moments import epoch_seconds
from feature_store.storage.refusals import Refusal, RefusedDelivery

_OPTION = re.compile(
    r"--(firm|meter|unit|format|labels|known)(?:-at)?\b"
    r"(?: (?=[A-Z0-9]|kW|start\b|end\b|import\b|\S+: ))?"
)
"""An option and the blank before its value, where one follows."""


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """A file and how it is to be taken."""

    path: Path
    request: ReadRequest
    clock: Clock
    """What tells the moment of storing, which is later than that of the request."""
    format_name: str | None = None
    keep_good: bool = False
    """Whether good rows are taken where others are at fault; otherwise nothing is."""
    idempotency_key: str | None = None
    in_query_words: bool = False
    """Whether faults name the parameters of a query, ``firm=``, not a command's options."""


@dataclass(frozen=True, kw_only=True)
class Taken:
    """The file is in the ledger."""

    outcome: DeliveryOutcome
    batch: ReadingBatch
    """What was read."""
    refusal: Refusal | None
    """What is kept of the rows that were left out."""


@dataclass(frozen=True, kw_only=True)
class TakenBefore:
    """The same file came before under the same key; it was not read again."""

    outcome: Repeated
    refusal: Refusal | None
    """What is kept of the rows that were left out then."""


@dataclass(frozen=True, kw_only=True)
class NotTaken:
    """Nothing of the file was stored."""

    source_name: str
    bad_rows: tuple[BadRow, ...]
    refusal: Refusal


def taken_before(ledger: LedgerStore, delivery: Delivery) -> TakenBefore | None:
    """Return what became of the delivery's key, if anything did; other content is refused."""
    if delivery.idempotency_key is None:
        return None
    repeated = ledger.delivered(_came(delivery), delivery.idempotency_key)
    if repeated is None:
        return None
    refusal = None if repeated.refusal_id is None else ledger.refusals.get(repeated.refusal_id)
    return TakenBefore(outcome=repeated, refusal=refusal)


def take_in(ledger: LedgerStore, delivery: Delivery) -> Taken | NotTaken:
    """Store a file's readings, once; errors as in ``take_file`` and ``LedgerStore.deliver``.

    Raises:
        UnknownFirmError: The request names a firm that is not declared.
    """
    now, came = delivery.request.now, _came(delivery)
    declared = declared_meters(ledger.as_of(now), delivery.request)
    found = take_file(
        delivery.path,
        replace(delivery.request, declared_meters=declared, known_meters=ledger.known_meters(now)),
        format_name=delivery.format_name,
        keep_good=delivery.keep_good,
    )
    if isinstance(found, Refused):
        return _refused(ledger, delivery, came, found.bad_rows)
    batch = replace(found, left_out=_worded(found.left_out, delivery))
    key = delivery.idempotency_key
    try:
        outcome = ledger.deliver(batch, clock=delivery.clock, idempotency_key=key)
    except OtherMeterError as error:
        return _refused(ledger, delivery, came, error.bad_rows)
    except (MeterOfAnotherFirmError, UndeclaredMeterError) as error:  # declared since it was read
        fault = BadRow(row=0, column="meter_id", value="", reason=str(error))
        return _refused(ledger, delivery, came, (fault,))
    refusal = ledger.refusals.find(came) if batch.left_out else None
    return Taken(outcome=outcome, batch=batch, refusal=refusal)


def _came(delivery: Delivery) -> Received:
    return received(
        file_at(delivery.path),
        delivery.request,
        format_name=delivery.format_name,
        keep_good=delivery.keep_good,
    )


def declared_meters(known: LedgerKnowledge, request: ReadRequest) -> dict[str, tuple[Meter, ...]]:
    """Return the meters that each of the firms named by a request has declared, for any time.

    A file may hold readings of a meter that was exchanged since. Each meter is as it is declared
    for now, or as last for another time.
    """
    now = {firm_id: known.firm(firm_id).read_meters for firm_id in sorted(request.firms_named)}
    found = {}
    with known.engine.connect() as connection:
        for firm_id, meters in now.items():
            known_by = epoch_seconds(known.moment)
            in_service, _ = service_times(connection, firm_id, known_by=known_by)
            ever = {service.meter.meter_id: service.meter for service in in_service}
            found[firm_id] = tuple((ever | {one.meter_id: one for one in meters}).values())
    return found


def in_query_words(text: str) -> str:
    """Return words about a command's options as words about parameters of a query.

    Example:
        >>> in_query_words("leave --unit out, or write --unit kWh")
        'leave unit= out, or write unit=kWh'
        >>> in_query_words("say --labels start, or leave --known-at out")
        'say labels=start, or leave known= out'
        >>> in_query_words("or add --same-meter")
        'or add same_meter=true'
    """
    return _OPTION.sub(r"\1=", text.replace("--same-meter", "same_meter=true"))


def _refused(
    ledger: LedgerStore, delivery: Delivery, came: Received, bad_rows: Sequence[BadRow]
) -> NotTaken:
    told = _worded(bad_rows, delivery)
    refused = RefusedDelivery(
        received=came,
        bad_rows=told,
        idempotency_key=delivery.idempotency_key,
        rest_stored=False,
    )
    refusal = ledger.refuse(refused, recorded_at=delivery.request.now)
    return NotTaken(source_name=came.source_name, bad_rows=told, refusal=refusal)


def _worded(bad_rows: Sequence[BadRow], delivery: Delivery) -> tuple[BadRow, ...]:
    if not delivery.in_query_words:
        return tuple(bad_rows)
    return tuple(
        replace(bad, reason=in_query_words(bad.reason)) if "--" in bad.reason else bad
        for bad in bad_rows
    )
