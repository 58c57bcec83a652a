"""Times with an offset from UTC, as RFC 3339 writes them."""

from __future__ import annotations

import polars as pl

from feature_store.ingestion.row_check import RowCheck
from feature_store.ingestion.text_table import text

_CLOCK = r"^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?"
_WITHOUT_OFFSET = _CLOCK + "$"
_WITH_OFFSET = _CLOCK + r"([Zz]|[+-]\d{2}:\d{2})$"


def parsed_time(column: str) -> pl.Expr:
    """The instants of a text column in UTC; null where the text is none."""
    written = text(column)
    full = (
        written.str.replace(r"[Tt ]", "T")
        .str.replace(r"[Zz]$", "+00:00")
        .str.replace(r"^(.{16})([+-])", "${1}:00${2}")  # seconds may be left out
    )
    instant = full.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f%z", time_unit="us", strict=False)
    return pl.when(written.str.contains(_WITH_OFFSET)).then(instant)


def time_checks(column: str, *, parsed: str, may_be_empty: bool) -> tuple[RowCheck, ...]:
    """Checks of a time column that :func:`parsed_time` read into column ``parsed``."""
    naive = text(column).str.contains(_WITHOUT_OFFSET)
    readable = (
        RowCheck(
            column=column,
            fails=naive,
            reason="has no offset from UTC; write +09:00 behind it if it is Korean time",
        ),
        RowCheck(
            column=column,
            fails=text(column).is_not_null() & pl.col(parsed).is_null() & ~naive,
            reason="is not a time; write it like 2026-03-02T09:15:00+09:00",
        ),
    )
    if may_be_empty:
        return readable
    empty = RowCheck(
        column=column,
        fails=text(column).is_null(),
        reason="is empty; write the start of the interval like 2026-03-02T09:15:00+09:00",
    )
    return (empty, *readable)
