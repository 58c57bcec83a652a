"""What is wrong with a row that was sent, as every answer tells it."""

from __future__ import annotations

from collections.abc import Sequence

from feature_store.entities.reading_batch import BadRow
from feature_store.ingestion.visible_text import visible
from serving.suggestions.expectations import Document

MOST_FAULTS_TOLD = 100
"""In one answer: enough to see what is wrong everywhere; the file behind ``faults_url`` has all."""

_MOST_LETTERS = 200
"""Of a cell: a broken file may be one cell without end."""


class RowFault(Document):
    """One thing that is wrong with one row."""

    row: int
    """Row as a person counts; of CSV and sheets the header is row 1, of JSON, NDJSON and Arrow the
    first reading is. 0 is the body as a whole."""
    column: str
    """Column at fault; empty if it is the whole row."""
    value: str
    """The cell as it was sent, control characters escaped."""
    reason: str
    """What is wrong."""
    fix: str
    """How to mend it."""


def row_faults(bad_rows: Sequence[BadRow]) -> list[RowFault]:
    """Write the first faults."""
    return [
        RowFault(
            row=bad.row,
            column=visible(bad.column, most=_MOST_LETTERS),
            value=visible(bad.value, most=_MOST_LETTERS),
            reason=visible(bad.fault, most=2 * _MOST_LETTERS),
            fix=visible(bad.fix, most=2 * _MOST_LETTERS),
        )
        for bad in bad_rows[:MOST_FAULTS_TOLD]
    ]


def faults_url(refusal_id: int) -> str:
    """Return where the whole file of faults is."""
    return f"/v1/refusals/{refusal_id}/faults.csv"
