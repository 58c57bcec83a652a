"""One thing that can be wrong with a row, said of all rows at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from feature_store.entities.reading_batch import BadRow
from feature_store.ingestion.text_table import ROW, text


@dataclass(frozen=True, kw_only=True)
class RowCheck:
    """A fault of a cell, and the words for it."""

    column: str
    """Column of the file that is at fault."""
    fails: pl.Expr
    """True where the row is at fault; null counts as not at fault."""
    reason: str | pl.Expr
    """What is wrong and how to mend it; an expression where it depends on the row."""


def bad_rows(table: pl.DataFrame, checks: Sequence[RowCheck]) -> tuple[BadRow, ...]:
    """Return every fault of every row, in the order of rows.

    Args:
        table: A :func:`feature_store.ingestion.text_table.read_text_table` with parsed columns.
        checks: What to look for.
    """
    faults = pl.concat(
        table.select(
            pl.col(ROW).cast(pl.Int64),
            fails=check.fails.fill_null(value=False),
            column=pl.lit(check.column),
            value=text(check.column).fill_null(""),
            reason=pl.lit(check.reason) if isinstance(check.reason, str) else check.reason,
        ).filter("fails")
        for check in checks
    )
    return tuple(
        BadRow(row=row, column=column, value=value, reason=reason)
        for row, column, value, reason in faults.drop("fails")
        .sort(ROW, maintain_order=True)
        .iter_rows()
    )
