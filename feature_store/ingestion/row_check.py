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

    column: str | pl.Expr
    """Column of the file that is at fault; an expression where it depends on the row."""
    fails: pl.Expr
    """True where the row is at fault; null counts as not at fault."""
    reason: str | pl.Expr
    """What is wrong and how to mend it; an expression where it depends on the row."""
    value: pl.Expr | None = None
    """The cell as it stands in the file; None: of the column named."""

    @property
    def cell(self) -> pl.Expr:
        """The cell at fault."""
        if self.value is not None:
            return self.value
        return text(self.column) if isinstance(self.column, str) else pl.lit("")


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
            column=_told(check.column),
            value=check.cell.fill_null(""),
            reason=_told(check.reason),
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


def good_rows(table: pl.DataFrame, checks: Sequence[RowCheck]) -> pl.DataFrame:
    """Return the rows of ``table`` that have no fault."""
    at_fault = [check.fails.fill_null(value=False) for check in checks]
    return table.filter(pl.col(RAGGED_REASON).is_null(), ~pl.any_horizontal(at_fault))


def _told(words: str | pl.Expr) -> pl.Expr:
    return pl.lit(words) if isinstance(words, str) else words
