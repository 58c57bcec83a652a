"""Cells that say that the meter told nothing, where that is no fault: gaps."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from feature_store.ingestion.korean_clock import plain
from feature_store.ingestion.meter_choice import SOURCE
from feature_store.ingestion.text_table import RAGGED_REASON, ROW, text
from feature_store.ingestion.tidied import Tidied, noticed

_DASHES = ("-", "–", "—", "―")
_DAY = timedelta(days=1)
"""A table of today lists its labels up to midnight: the longest blank end that has a reason."""


def is_dash(written: pl.Expr) -> pl.Expr:
    """Whether a cell holds a dash alone, as tables write where there is no number."""
    return plain(written).is_in(_DASHES)


def without_gaps(table: pl.DataFrame) -> Tidied:
    """Leave out rows whose value is a dash, or blank behind the last value of the last day.

    Args:
        table: Rows with ``label`` parsed.
    """
    dash = is_dash(text("value")).fill_null(value=False)
    blank = text("value").is_null() & text("power").is_null() & pl.col(RAGGED_REASON).is_null()
    last_told = pl.col("label").filter(~blank & ~dash).max().over(SOURCE)
    behind = (pl.col("label") > last_told) & (pl.col("label") - last_told < pl.lit(_DAY))
    tail = (blank & behind).fill_null(value=False)
    found = table.select(ROW, dash=dash, tail=tail)
    return Tidied(
        table=table.filter(~(dash | tail)),
        notices=(
            *noticed(found.filter("dash")[ROW], "dashes, taken as gaps"),
            *noticed(
                found.filter(pl.col("tail") & ~pl.col("dash"))[ROW],
                "blank values behind the last one, taken as not there yet",
            ),
        ),
    )
