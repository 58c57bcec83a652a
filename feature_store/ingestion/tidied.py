"""Rows that need no fault and no question, taken together or left out, and the words for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import polars as pl

from feature_store.ingestion.text_table import ROW


@dataclass(frozen=True, kw_only=True)
class Tidied:
    """A table, and what was done to it."""

    table: pl.DataFrame
    notices: tuple[str, ...] = ()

    def then(self, step: Callable[[pl.DataFrame], Tidied]) -> Tidied:
        """Do a further step and keep the notices of both."""
        done = step(self.table)
        return Tidied(table=done.table, notices=(*self.notices, *done.notices))


def noticed(rows: pl.Series, words: str) -> tuple[str, ...]:
    """Return one notice about rows; none if there are none.

    Example:
        >>> noticed(pl.Series([9, 4]), "dashes, taken as gaps")
        ('dashes, taken as gaps: 2, the first in row 4',)
        >>> noticed(pl.Series([], dtype=pl.Int64), "dashes, taken as gaps")
        ()
    """
    if not len(rows):
        return ()
    return (f"{words}: {len(rows):,}, the first in row {min(rows.to_list())}",)


def each_once(table: pl.DataFrame, *, of: Sequence[str]) -> Tidied:
    """Take readings that stand in the file again, cell by cell the same, once.

    Where two pages or two exports of a table were put together, it holds the seam twice. The
    same interval in other words or with another value is not the same row, and stays.

    Args:
        table: Rows with ``period_start`` and ``kwh`` parsed.
        of: Columns of whatever has each interval once.
    """
    again = pl.struct(*of, "period_start").is_duplicated()
    good = pl.col("kwh").is_finite() & (pl.col("kwh") >= 0) & pl.col("period_start").is_not_null()
    numbered = table.with_row_index("place")
    candidates = numbered.filter(again & good)
    if not candidates.height:
        return Tidied(table=table)
    cells = [name for name in table.columns if name.startswith("text.")]
    more = candidates.filter(~pl.struct(*of, *cells).is_first_distinct())
    kept = numbered.filter(~pl.col("place").is_in(more["place"].implode()))
    return Tidied(
        table=kept.drop("place"),
        notices=noticed(more[ROW], "rows that repeat another cell by cell, taken once"),
    )
