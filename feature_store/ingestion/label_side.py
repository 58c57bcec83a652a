"""Whether labels are the starts or the ends of their intervals, by all of them, in no order.

A table of whole days has 96 labels either way; only its edges differ: ends run from 00:15 to the
midnight behind the day, starts from 00:00 to 23:45. Where the edges do not tell, the caller is
asked: a quarter of an hour too early is a table that looks like any other.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time

import polars as pl

from feature_store.ingestion.korean_clock import MINUTES_PER_HOUR, plain
from feature_store.ingestion.meter_choice import SOURCE
from feature_store.ingestion.read_request import Labels
from feature_store.ingestion.reading_checks import EARLIEST
from feature_store.ingestion.text_table import text
from feature_store.time_grid import INTERVAL

MIDNIGHT = time(0)
_LAST_QUARTER = time(23, 45)
_WRITTEN_24 = r"(?:24\s*[:시]\s*00\s*분?|[0-9]{8}[T\s]?24:?00)(?::?00(?:\.0+)?)?$"
"""A label of 24:00, written out or compact; not the 24th of a month."""
_STEP_MINUTES = INTERVAL.seconds // MINUTES_PER_HOUR


@dataclass(frozen=True, kw_only=True)
class Unclear:
    """Labels that can be taken in two ways, or not at all."""

    reason: str


def ends_its_date() -> pl.Expr:
    """Whether a 00:00 stands beside the 23:45 of its own date, above or below it.

    So a table writes it that means the midnight behind the day, in time order or newest first.
    Whatever else stands beside a 00:00, in either order, is the day before or 00:15.
    """
    label = pl.col("label")
    beside = [label.shift(places).over(SOURCE) for places in (1, -1)]
    return (label.dt.time() == MIDNIGHT) & pl.any_horizontal(
        ((other.dt.time() == _LAST_QUARTER) & (other.dt.date() == label.dt.date())).fill_null(
            value=False
        )
        for other in beside
    )


def side_of(table: pl.DataFrame, asked: Labels | None) -> Labels | Unclear:
    """Return what the labels of a table are, which has them as clock times in ``label``.

    A table in which any midnight ends its own date is ``end``: those rows are then at fault one
    by one.
    """
    known = table.filter(pl.col("label").is_not_null())
    if known.select(plain(text("label")).str.contains(_WRITTEN_24).any()).item():
        if asked == "start":
            return Unclear(reason="tells a label 24:00, which is an end; leave --labels start out")
        return "end"
    if known.select(ends_its_date().any()).item():
        return asked or "end"
    edges = known.group_by(SOURCE).agg(
        first=pl.col("label").min(), last=pl.col("label").max(), labels=pl.col("label").n_unique()
    )
    from_midnight = edges["first"].dt.time() == MIDNIGHT
    to_last_quarter = (edges["last"].dt.time() == _LAST_QUARTER) & (edges["labels"] > 1)
    if asked is None and (from_midnight | to_last_quarter).any():
        return Unclear(reason=_question(edges["first"].min(), edges["last"].max()))
    to_midnight = edges["last"].dt.time() == MIDNIGHT
    if asked == "end" and (from_midnight & ~to_midnight).any():
        return Unclear(
            reason="labels begin at 00:00, which as an end is of the day before, or of the day "
            "whose date it carries; write 24:00 for a midnight that ends its date, or leave the "
            "one row of the day before out"
        )
    return asked or "end"


def _question(first: object, last: object) -> str:
    return (
        f"labels run from {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} and none is 24:00, so "
        "they may be the starts of intervals or their ends; look up which, and say it with "
        "--labels start or --labels end"
    )


def other_step(table: pl.DataFrame) -> str | None:
    """Say that the labels of a meter are mostly not a quarter of an hour apart; else None.

    Values of half an hour or an hour would be taken for values of 15 minutes, with gaps between.
    """
    on_grid = pl.col("label").dt.minute() % _STEP_MINUTES == 0
    of_our_days = pl.col("label").dt.year() >= EARLIEST.year
    steps = (
        table.filter(on_grid, of_our_days)
        .select(SOURCE, "label")
        .unique()
        .sort(SOURCE, "label")
        .with_columns(step=pl.col("label").diff().over(SOURCE))
        .drop_nulls("step")
        .group_by(SOURCE, "step")
        .len()
    )
    of_ours = pl.col("len").filter(pl.col("step") == INTERVAL).sum().over(SOURCE)
    most = steps.filter(pl.col("len") > of_ours).sort("len", "step", descending=[True, False])
    if not most.height:
        return None
    minutes = most["step"][0].total_seconds() / MINUTES_PER_HOUR
    return (
        f"labels are mostly {minutes:,.0f} minutes apart, so the values are of intervals as long; "
        "export 15-minute data"
    )
