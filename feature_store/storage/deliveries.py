"""What was answered to a delivery that named itself, so that a repetition gets the same answer."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, insert, select

from feature_store.errors import SandanError
from feature_store.storage.append_outcome import AlreadyReceived, Appended, AppendOutcome, Repeated
from feature_store.storage.database import lock_name
from feature_store.storage.tables import DELIVERIES

_LONGEST_KEY = 255
"""Letters: room for any UUID with a prefix; a key longer than that is a body in the wrong place."""


class IdempotencyKeyError(SandanError):
    """An idempotency key is empty or too long."""


class IdempotencyKeyReusedError(SandanError):
    """A key that named one delivery before names another one now."""


def first_answer(connection: Connection, key: str, identity: str) -> Repeated | None:
    """Return what was answered to ``key`` before, or None; other content is refused.

    Whoever else asks about the key waits until this transaction is over.
    """
    if not key.strip() or len(key) > _LONGEST_KEY:
        raise IdempotencyKeyError(
            f"an idempotency key has 1 to {_LONGEST_KEY} letters, not {len(key)}; "
            "send a UUID, a new one with each delivery"
        )
    lock_name(connection, f"sandan: delivery {key}")
    wanted = select(DELIVERIES).where(DELIVERIES.c.idempotency_key == key)
    row = connection.execute(wanted).one_or_none()
    if row is None:
        return None
    if row.identity_sha256 != identity:
        raise IdempotencyKeyReusedError(
            f"the idempotency key {key!r} came with other content before; nothing was stored, "
            "send this delivery with a key of its own"
        )
    first: AppendOutcome
    if row.rows_added:
        first = Appended(
            import_id=row.import_id,
            rows_added=row.rows_added,
            rows_already_known=row.rows_already_known,
            corrections=row.corrections,
        )
    else:
        first = AlreadyReceived(rows_already_known=row.rows_already_known, import_id=row.import_id)
    return Repeated(first=first, refusal_id=row.refusal_id)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What is answered to a delivery that names itself."""

    idempotency_key: str
    identity_sha256: str
    """Of what was sent, and how it was to be taken."""
    outcome: AppendOutcome
    refusal_id: int | None
    """What is kept of the rows that were left out."""


def remember(connection: Connection, answer: Answer, *, recorded_at: int) -> None:
    """Store what is answered to a key."""
    outcome = answer.outcome
    added = outcome if isinstance(outcome, Appended) else None
    row = {
        "idempotency_key": answer.idempotency_key,
        "identity_sha256": answer.identity_sha256,
        "import_id": outcome.import_id,
        "rows_added": added.rows_added if added else 0,
        "rows_already_known": outcome.rows_already_known,
        "corrections": added.corrections if added else 0,
        "recorded_at": recorded_at,
        "refusal_id": answer.refusal_id,
    }
    connection.execute(insert(DELIVERIES), row)
