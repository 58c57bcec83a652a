"""Rows against what is declared: is there such a firm, and which of its meters is a row of?

A row that tells no meter is of the firm's only one. Of a firm with several, the row must tell.
"""

from __future__ import annotations

import polars as pl

from feature_store.entities.known_meters import KnownMeters
from feature_store.entities.reading_batch import BadRow
from feature_store.ingestion.reading_checks import Cell
from feature_store.ingestion.row_check import RowCheck

_FOUND = ("only_meter", "meters_told", "owner_id")
"""Columns that :func:`with_meters` adds for the checks."""

_DECLARE = "; declare it with 'sandan firms declare FILE.yaml', or mend the id"


def with_meters(table: pl.DataFrame, known: KnownMeters | None) -> pl.DataFrame:
    """Return rows of ``firm_id``, and ``told_meter`` where one is told, with their ``meter_id``."""
    told = "told_meter" if "told_meter" in table.columns else pl.lit(None, pl.String)
    if known is None:
        return table.with_columns(meter_id=pl.coalesce(told, "firm_id"))
    return (
        table.join(known.firms, on="firm_id", how="left", maintain_order="left")
        .with_columns(meter_id=pl.coalesce(told, "only_meter", "firm_id"))
        .join(known.owners, on="meter_id", how="left", maintain_order="left")
    )


def firm_checks(cell: Cell) -> list[RowCheck]:
    """Checks that the firm which ``cell`` tells is declared."""
    missing = pl.col("meters_told").is_null() & cell.written.is_not_null()
    said = pl.format("no firm '{}' is declared", cell.written)
    return [cell.check(missing, said + pl.lit(_DECLARE))]


def meter_checks(cell: Cell) -> list[RowCheck]:
    """Checks that the meter which ``cell`` tells, or leaves to be known, is the firm's."""
    declared = pl.col("meters_told").is_not_null()
    owner, foreign = pl.col("owner_id"), pl.col("owner_id") != pl.col("firm_id")
    have = pl.format("{} has {}", "firm_id", "meters_told")
    return [
        cell.check(
            declared & cell.written.is_null() & pl.col("only_meter").is_null() & owner.is_null(),
            pl.lit("is missing, and ")
            + have
            + pl.lit("; say with each row which of them it is of"),
        ),
        cell.check(
            declared & cell.written.is_not_null() & owner.is_null(),
            pl.lit("is no meter that is declared: ")
            + have
            + pl.lit("; write one of these, or declare the meter"),
        ),
        cell.check(
            declared & foreign,
            pl.format("is a meter of {}, not of {}", owner, "firm_id")
            + pl.lit("; name the firm whose readings these are"),
        ),
    ]


def of_only_meters(rows: pl.DataFrame, known: KnownMeters) -> pl.DataFrame | BadRow:
    """Return rows that tell no meter with the only one of their firm, or why that is not clear."""
    placed = with_meters(rows, known)
    unclear = placed.filter(
        pl.col("meters_told").is_not_null(), pl.col("owner_id").ne_missing(pl.col("firm_id"))
    )
    if not unclear.height:
        return placed.drop(_FOUND)
    firm_id, meters = unclear.select("firm_id", "meters_told").row(0)
    return BadRow(
        row=0,
        column="meter_id",
        value="",
        reason=f"is told by no row of this format, and {firm_id} has {meters}; bring the readings "
        "to the canonical form, which has a column meter_id",
    )
