"""The end of every reading: a batch if no row is at fault, otherwise every fault."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from feature_store.entities.reading_batch import READING_COLUMNS, BadRow, ReadingBatch, Refused
from feature_store.ingestion.row_check import RowCheck, bad_rows
from feature_store.ingestion.text_table import header_row


def checked_batch(
    path: Path, table: pl.DataFrame, checks: Sequence[RowCheck], *, source_format: str
) -> ReadingBatch | Refused:
    """Return the readings of ``table``, which has the columns of ``READING_COLUMNS`` parsed."""
    if not table.height:
        reason = "there is no reading below the header; export the file again"
        return refused(path, BadRow(row=header_row(path), column="", value="", reason=reason))
    faults = bad_rows(table, checks)
    if faults:
        return refused(path, *faults)
    return ReadingBatch(
        rows=table.select(pl.col(name).cast(kind) for name, kind in READING_COLUMNS.items()).sort(
            "firm_id", "period_start"
        ),
        source_format=source_format,
        source_name=path.name,
        content_sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
    )


def refused(path: Path, *faults: BadRow) -> Refused:
    """Return the refusal of a file."""
    return Refused(source_name=path.name, bad_rows=faults)
