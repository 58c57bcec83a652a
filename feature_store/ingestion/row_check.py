"""One thing that can be wrong with a row, said of all rows at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from feature_store.entities.reading_batch import BadRow
from feature_store.ingestion.text_table import RAGGED_LINE, RAGGED_REASON, ROW, text


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

    A row whose cells do not fit the header has that one fault: what its cells are is not known.

    Args:
        table: A :func:`feature_store.ingestion.text_table.read_text_table` with parsed columns.
        checks: What to look for.
    """
    fits = pl.col(RAGGED_REASON).is_null()
    ragged = table.select(
        pl.col(ROW).cast(pl.Int64),
        fails=~fits,
        column=pl.lit(""),
        value=RAGGED_LINE,
        reason=RAGGED_REASON,
    )
    checked = [
        table.select(
            pl.col(ROW).cast(pl.Int64),
            fails=fits & check.fails.fill_null(value=False),
            column=pl.lit(check.column),
            value=text(check.column).fill_null(""),
            reason=pl.lit(check.reason) if isinstance(check.reason, str) else check.reason,
        )
        for check in checks
    ]
    faults = pl.concat(one.filter("fails") for one in (ragged, *checked))
    return tuple(
        BadRow(row=row, column=column, value=value, reason=reason)
        for row, column, value, reason in faults.drop("fails")
        .sort(ROW, maintain_order=True)
        .iter_rows()
    )
