"""What is answered to a delivery of readings, and what was refused of earlier ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import AwareDatetime, ConfigDict, Field
from pydantic.config import JsonDict

from feature_store.entities.reading_batch import BadRow
from feature_store.ingestion.intake import NotTaken, Taken, TakenBefore
from feature_store.ingestion.visible_text import visible
from feature_store.storage.append_outcome import AlreadyReceived, Appended, Repeated
from feature_store.storage.refusals import MOST_FAULTS_KEPT, Refusal
from serving.api.problem import REFUSED, Problem, problem
from serving.api.row_fault import MOST_FAULTS_TOLD, RowFault, faults_url, row_faults
from serving.suggestions.expectations import Document

STORED: JsonDict = {
    "status": "stored",
    "import_id": 41,
    "rows_added": 2999,
    "rows_already_known": 0,
    "corrections": 0,
    "rows_refused": 1,
    "faults": [
        {
            "row": 17,
            "column": "period_start",
            "value": "2026-11-05T06:00:00",
            "reason": "has no offset from UTC",
            "fix": "write +09:00 behind it if it is Korean time",
        }
    ],
    "faults_url": "/v1/refusals/7/faults.csv",
    "notices": ["dashes, taken as gaps: 1, the first in row 9"],
}
REPEATED: JsonDict = {
    "status": "already_received",
    "import_id": 41,
    "rows_added": 0,
    "rows_already_known": 2999,
    "corrections": 0,
    "rows_refused": 0,
    "faults": [],
    "faults_url": None,
    "notices": [],
}


class DeliveryAnswer(Document):
    """What became of a delivery."""

    model_config = ConfigDict(json_schema_extra={"examples": [STORED, REPEATED]})

    status: Literal["stored", "already_received"]
    """`stored`: something was new, and all of it is on disk. `already_received`: nothing was, as
    the same delivery, or all of its rows with equal values, came before."""
    import_id: int | None
    """Number of the import that holds the rows; null if they came in several earlier ones."""
    rows_added: int
    """Rows that this call added: first values and corrections."""
    rows_already_known: int
    """Rows equal to what was known, which were left out."""
    corrections: int
    """Of the rows added, those that differ from what was known; the earlier value stays readable
    as of then."""
    rows_refused: int
    """Rows left out because they are no readings; only with `keep=good`."""
    faults: list[RowFault] = Field(
        description=f"What is wrong with them, the first {MOST_FAULTS_TOLD} faults."
    )
    faults_url: str | None
    """Where all of the faults are, as CSV; null if there is none."""
    notices: list[str]
    """What was taken otherwise than it stands in the body and is no fault: rows that stand in it
    twice, dashes, parts of intervals around a power cut. Empty if it was not read again."""


class RefusalAnswer(Document):
    """A delivery, or an imported file, of which rows were refused."""

    refusal_id: int
    """Number of the refusal."""
    source_name: str
    """Name of the file."""
    content_sha256: str
    """Hash of its bytes."""
    idempotency_key: str | None
    """The key that it was delivered under; null if there was none."""
    recorded_at: AwareDatetime
    """When it was refused first, in UTC."""
    rows_refused: int
    """Rows with a fault; a fault of the file as a whole counts as one."""
    faults: int = Field(
        description=f"Faults of these rows; of more than {MOST_FAULTS_KEPT} the first are kept."
    )
    rest_stored: bool
    """Whether the other rows were stored; otherwise nothing was."""
    faults_url: str
    """Where the faults are, as CSV."""


class RefusalsAnswer(Document):
    """What was refused, the newest first."""

    refusals: list[RefusalAnswer]
    """The refusals, the newest first."""
    next_before: int | None
    """What to ask `before` for the ones that follow; null if there are no more."""


def delivery_answer(taken: Taken | TakenBefore, left_out: Sequence[BadRow]) -> DeliveryAnswer:
    """Write what became of a delivery that was taken."""
    added, known, corrections = _counts(taken.outcome)
    outcome = taken.outcome.first if isinstance(taken.outcome, Repeated) else taken.outcome
    refusal = taken.refusal
    return DeliveryAnswer(
        status="stored" if added else "already_received",
        import_id=outcome.import_id,
        rows_added=added,
        rows_already_known=known,
        corrections=corrections,
        rows_refused=refusal.rows_refused if refusal else 0,
        faults=row_faults(left_out),
        faults_url=faults_url(refusal.refusal_id) if refusal else None,
        notices=[] if isinstance(taken, TakenBefore) else list(taken.batch.notices),
    )


def refused_problem(refused: NotTaken) -> Problem:
    """Write why nothing of a delivery was taken."""
    refusal, first = refused.refusal, refused.bad_rows[0]
    why = visible(f"{first.column} {first.fault}".strip(), most=200)
    detail = (
        f"{refused.source_name}: rows at fault: {refusal.rows_refused:,}, the first is row "
        f"{first.row} ({why}); nothing was stored, mend them and send it again, or have the good "
        "rows taken with keep=good"
    )
    return problem(REFUSED, detail).model_copy(
        update={
            "rows_refused": refusal.rows_refused,
            "faults": row_faults(refused.bad_rows),
            "faults_url": faults_url(refusal.refusal_id),
        }
    )


def refusal_answer(refusal: Refusal) -> RefusalAnswer:
    """Write a refusal."""
    return RefusalAnswer(
        refusal_id=refusal.refusal_id,
        source_name=refusal.source_name,
        content_sha256=refusal.content_sha256,
        idempotency_key=refusal.idempotency_key,
        recorded_at=refusal.recorded_at,
        rows_refused=refusal.rows_refused,
        faults=refusal.faults,
        rest_stored=refusal.rest_stored,
        faults_url=faults_url(refusal.refusal_id),
    )


def _counts(outcome: Appended | AlreadyReceived | Repeated) -> tuple[int, int, int]:
    """Rows added by this call, rows known before it, and corrections among the first."""
    match outcome:
        case Appended():
            return outcome.rows_added, outcome.rows_already_known, outcome.corrections
        case AlreadyReceived():
            return 0, outcome.rows_already_known, 0
        case Repeated(first=Appended() as first):
            return 0, first.rows_added + first.rows_already_known, 0
        case Repeated(first=first):
            return 0, first.rows_already_known, 0
