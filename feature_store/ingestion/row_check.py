"""One thing that can be wrong with a row, said of all rows at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import or_

import polars as pl

from feature_store.entities.reading_batch import MOST_FAULTS_TOLD, BadRow
from feature_store.ingestion.text_table import RAGGED_LINE, RAGGED_REASON, ROW, text


@dataclass(frozen=True, kw_only=True)
class RowCheck:
    """A fault of a cell, and the words for it."""

    column: str | pl.Expr
    """Column of the file that is at fault; an expression where it depends on the row."""
    fails: pl.Expr
    """True where the row is at fault; null counts as not at fault."""
    reason: str | pl.Expr
    """What is wrong and how to mend it; an expression where it depends on the row, and on
    ``other_rows``, not on any other row itself: only rows at fault are there to it."""
    value: pl.Expr | None = None
    """The cell as it stands in the file; None: of the column named."""
    other_rows: Mapping[str, pl.Expr] = field(default_factory=dict)
    """What the reason tells of other rows, by the name that it has there."""

    @property
    def cell(self) -> pl.Expr:
        """The cell at fault."""
        if self.value is not None:
            return self.value
        return text(self.column) if isinstance(self.column, str) else pl.lit("")


@dataclass(frozen=True, kw_only=True)
class SortedRows:
    """Rows of a table, told apart."""

    good: pl.DataFrame
    """Those without a fault."""
    bad_rows: tuple[BadRow, ...]
    """Faults of the others, in the order of rows, as :func:`bad_rows` tells them."""


_RAGGED = RowCheck(
    column="", value=pl.col(RAGGED_LINE), fails=pl.lit(value=False), reason=pl.col(RAGGED_REASON)
)
"""A row whose cells do not fit the header has that one fault: what its cells are is not known."""


def sorted_out(table: pl.DataFrame, checks: Sequence[RowCheck]) -> SortedRows:
    """Tell good rows from the others.

    Args:
        table: A ``read_text_table.read_text_table`` with parsed columns.
        checks: What to look for.
    """
    ragged = table[RAGGED_REASON].is_not_null()
    failing = [ragged, *(_fails(table, check, ragged) for check in checks)]
    at_fault = reduce(or_, failing)
    return SortedRows(
        good=table.filter(~at_fault),
        bad_rows=_told(table, (_RAGGED, *checks), failing, at_fault),
    )


def bad_rows(table: pl.DataFrame, checks: Sequence[RowCheck]) -> tuple[BadRow, ...]:
    """Return the faults of every row, in the order of rows.

    Of more than ``MOST_FAULTS_TOLD`` the first are told, and of the rest how many they are: words
    for a million rows that are wrong alike help nobody, and take more than the rows.
    """
    return sorted_out(table, checks).bad_rows


def _fails(table: pl.DataFrame, check: RowCheck, ragged: pl.Series) -> pl.Series:
    """Where a row that fits the header fails a check."""
    fails = table.select(ROW, fails=check.fails.fill_null(value=False))["fails"]
    return fails & ~ragged


def _told(
    table: pl.DataFrame,
    checks: Sequence[RowCheck],
    failing: Sequence[pl.Series],
    at_fault: pl.Series,
) -> tuple[BadRow, ...]:
    """Words for the first places, and a number for the rest."""
    first = pl.concat(
        pl.select(at=fails.arg_true().head(MOST_FAULTS_TOLD + 1), check=number)
        for number, fails in enumerate(failing)
    )
    places = first.with_columns(row=table[ROW].gather(first["at"])).sort("row", "check", "at")
    kept = places.head(MOST_FAULTS_TOLD)
    worded = [
        _worded(table, checks[number], of_check)
        for (number,), of_check in kept.partition_by("check", as_dict=True).items()
    ]
    if not worded:
        return ()
    told = [
        BadRow(row=row, column=column, value=value, reason=reason)
        for row, column, value, reason in kept.join(
            pl.concat(worded), on=["at", "check"], maintain_order="left"
        )
        .select("row", "column", "value", "reason")
        .iter_rows()
    ]
    more = sum(int(fails.sum()) for fails in failing) - len(told)
    if more:
        rows = {bad.row for bad in told}
        next_row = int(places["row"][MOST_FAULTS_TOLD])
        all_rows = table[ROW].filter(at_fault).n_unique()
        told.append(and_more(next_row, faults=more, rows=all_rows - len(rows | {next_row})))
    return tuple(told)


def _worded(table: pl.DataFrame, check: RowCheck, places: pl.DataFrame) -> pl.DataFrame:
    """The words of one check for the rows at some places."""
    rows = table[places["at"]]
    if check.other_rows:
        others = table.select(**check.other_rows)
        rows = rows.hstack(others[places["at"]])
    return rows.select(
        at=places["at"],
        check=places["check"],
        column=_as_words(check.column),
        value=check.cell.fill_null(""),
        reason=_as_words(check.reason),
    )


def and_more(row: int, *, faults: int, rows: int) -> BadRow:
    """Return what stands for faults that are not told one by one.

    Args:
        row: Where the first of them is.
        faults: How many they are.
        rows: How many rows they are in, without those told before and without ``row``.
    """
    return BadRow(
        row=row,
        column="",
        value="",
        reason=f"is where {faults:,} more faults begin, which are not told one by one; "
        "mend those told before, then see what is left",
        more_faults=faults - 1,
        more_rows=rows,
    )


def _as_words(words: str | pl.Expr) -> pl.Expr:
    return pl.lit(words) if isinstance(words, str) else words
