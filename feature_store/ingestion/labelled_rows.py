"""Values under labels, of whatever layout: one a row, each knowing which cells it came from.

Every Korean format is brought to this form; from here on they are checked and parsed alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time

import polars as pl

from feature_store.entities.reading_batch import Refused
from feature_store.ingestion.checked_file import CheckedFile, Origin, checked_file, refused
from feature_store.ingestion.korean_clock import (
    ZONE,
    label_end,
    starts_of_intervals,
)
from feature_store.ingestion.meter_choice import (
    SOURCE,
    declared_ids,
    firms_of,
    meters_in,
    of_chosen_meters,
)
from feature_store.ingestion.read_request import ReadRequest, Unit
from feature_store.ingestion.reading_checks import (
    COMMA_OR_NOT,
    Cell,
    interval_checks,
    power_disagrees,
    reactive_checks,
    value_checks,
)
from feature_store.ingestion.row_check import RowCheck
from feature_store.ingestion.text_table import RAGGED_LINE, RAGGED_REASON, text, text_columns
from feature_store.time_grid import HOURS_PER_STEP, INTERVAL

_THOUSANDS = r"^[+-]?\d{1,3}(,\d{3})+(\.\d*)?$"
_MIDNIGHT, _LAST_QUARTER = time(0), time(23, 45)


@dataclass(frozen=True, kw_only=True)
class LabelledRow:
    """One value as it stands in a file."""

    row: int
    label: str | None
    """When its interval ends, by the clock in Seoul."""
    label_column: str
    value: str | None
    value_column: str
    power: str | None = None
    """Mean power beside an energy, to tell mistaken units and hourly tables by."""
    lagging: str | None = None
    leading: str | None = None
    customer: str | None = None
    meter: str | None = None
    misfit: str | None = None
    """Why its cells do not belong to the columns, if they do not; then ``value`` is the row."""


@dataclass(frozen=True, kw_only=True)
class Layout:
    """What is the same for all rows of a file."""

    unit: Unit
    lagging_column: str = ""
    leading_column: str = ""
    header_row: int


def labelled_file(
    origin: Origin, rows: Sequence[LabelledRow], layout: Layout
) -> CheckedFile | Refused:
    """Check and parse the values of a file, for the firms of the meters that are wanted."""
    file, request = origin.file, origin.request
    if not rows:
        reason = "there is no reading below the header; export the file again"
        return refused(file, reason, row=layout.header_row)
    table = _table(rows)
    meters = meters_in(table.filter(pl.col(RAGGED_REASON).is_null())) or meters_in(table)
    firms = firms_of(meters, request)
    if not isinstance(firms, dict):
        return Refused(source_name=file.name, bad_rows=(firms,))
    ids = declared_ids(firms, request)
    if not isinstance(ids, dict):
        return Refused(source_name=file.name, bad_rows=(ids,))
    parsed = _parsed(of_chosen_meters(table, firms, ids), layout.unit)
    wrong = _wrong_as_a_whole(parsed)
    if wrong is not None:
        return refused(file, wrong, row=layout.header_row)
    return checked_file(origin, parsed, _checks(layout, request), meters=meters)


def _table(rows: Sequence[LabelledRow]) -> pl.DataFrame:
    fits = [row.misfit is None for row in rows]
    table = text_columns(
        {
            "label": [row.label for row in rows],
            "value": [row.value for row in rows],
            "power": [row.power for row in rows],
            "lagging": [row.lagging for row in rows],
            "leading": [row.leading for row in rows],
            "customer": [row.customer for row in rows],
            "meter": [row.meter for row in rows],
        },
        [row.row for row in rows],
    )
    return table.with_columns(
        pl.Series("label_column", [row.label_column for row in rows], pl.String),
        pl.Series("value_column", [row.value_column for row in rows], pl.String),
        pl.Series(
            RAGGED_LINE,
            [None if fit else row.value for fit, row in zip(fits, rows, strict=True)],
            pl.String,
        ),
        pl.Series(RAGGED_REASON, [row.misfit for row in rows], pl.String),
    )


def _parsed(table: pl.DataFrame, unit: Unit) -> pl.DataFrame:
    hours = 1.0 if unit == "kWh" else HOURS_PER_STEP
    return (
        table.with_columns(
            end=label_end(text("label")),
            value=_number("value"),
            power=_number("power"),
            lagging_kvarh=_number("lagging"),
            leading_kvarh=_number("leading"),
        )
        .with_columns(
            kwh=pl.col("value") * hours,
            period_start=starts_of_intervals(pl.col("end")),
            before=pl.col("end").shift(1).over(SOURCE),
        )
        .with_columns(known_at=pl.col("period_start") + pl.lit(INTERVAL))
    )


def _number(name: str) -> pl.Expr:
    written = text(name)
    plain = pl.when(written.str.contains(_THOUSANDS)).then(written.str.replace_all(",", ""))
    return plain.otherwise(written).cast(pl.Float64, strict=False)


def _wrong_as_a_whole(parsed: pl.DataFrame) -> str | None:
    """Say what no single row shows: that the values are hourly, or labelled by their starts."""
    known = parsed.filter(pl.col("end").is_not_null())
    ends = known["end"]
    if ends.n_unique() > 1 and not (ends.dt.minute() != 0).any():
        return "every label is a full hour, so the values are hourly; export 15-minute data"
    first_and_last = (ends[0].time(), ends[-1].time()) if len(ends) else None
    written_24 = text("label").str.contains("24:?00").any()
    if first_and_last == (_MIDNIGHT, _LAST_QUARTER) and not known.select(written_24).item():
        return (
            "labels run from 00:00 to 23:45, as if they were the starts of intervals; "
            "this format labels ends, 00:15 to 24:00: export again as KEPCO's site gives it"
        )
    told = known.filter(pl.col("power").is_not_null() & (pl.col("kwh") > 0))
    apart = told.filter(power_disagrees(pl.col("power"), pl.col("kwh"))).height
    if apart > told.height / 2:
        return (
            f"in {apart} of {told.height} rows the kW are not four times the kWh, as they are "
            "over 15 minutes; export 15-minute data, with the units as KEPCO's site gives them"
        )
    return None


def _checks(layout: Layout, request: ReadRequest) -> list[RowCheck]:
    label = Cell(column=pl.col("label_column"), written=text("label"))
    value = Cell(column=pl.col("value_column"), written=text("value"))
    end, before = pl.col("end"), pl.col("before")
    checks = [
        label.check(
            end.is_null(),
            "is not the end of an interval; write it like 2026-03-02 00:15, the day's last as "
            f"24:00, by the clock of {ZONE} and without an offset",
        ),
        label.check(
            (end.dt.time() == _MIDNIGHT)
            & (before.dt.time() == _LAST_QUARTER)
            & (end.dt.date() == before.dt.date()),
            "is a 00:00 that stands behind 23:45 of the same date; write 24:00, or the next date",
        ),
        *interval_checks(label, now=request.now, of=(SOURCE,)),
        *value_checks(value, number=COMMA_OR_NOT),
    ]
    for name, column in (("lagging", layout.lagging_column), ("leading", layout.leading_column)):
        if column:
            cell = Cell(column=column, written=text(name))
            checks += reactive_checks(cell, parsed=f"{name}_kvarh", number=COMMA_OR_NOT)
    return checks
