"""What became of a batch of readings that was handed to the ledger."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Appended:
    """The batch brought something new; all of it is stored."""

    import_id: int
    rows_added: int
    """New rows: first versions and corrections."""
    rows_already_known: int
    """Rows equal to the latest known version, which were left out."""
    corrections: int
    """Rows that differ from what was known; the earlier value stays readable as of then."""


@dataclass(frozen=True, kw_only=True)
class AlreadyReceived:
    """The batch brought nothing new; nothing was stored."""

    rows_already_known: int
    import_id: int | None
    """The import that brought the same file, or None if its rows came in other files."""


AppendOutcome = Appended | AlreadyReceived


@dataclass(frozen=True, kw_only=True)
class Repeated:
    """The delivery came before under the same idempotency key; nothing was stored."""

    first: AppendOutcome
    """What became of it then."""
    refusal_id: int | None = None
    """What is kept of the rows that were left out then; None if none were."""


DeliveryOutcome = AppendOutcome | Repeated
