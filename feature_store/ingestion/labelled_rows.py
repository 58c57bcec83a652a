"""Values under labels, of whatever layout: one a row, each knowing which cells it came from.

Every Korean format is brought to this form; from here on they are checked and parsed alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from feature_store.entities.reading_batch import Refused
from feature_store.ingestion.checked_file import CheckedFile, Origin, checked_file, refused
from feature_store.ingestion.gaps_told import is_dash, without_gaps
from feature_store.ingestion.korean_clock import ZONE, clock_time, plain, starts_of_intervals
from feature_store.ingestion.label_side import Unclear, ends_its_date, other_step, side_of
from feature_store.ingestion.meter_choice import (
    SOURCE,
    declared_ids,
    firms_of,
    meters_in,
    of_chosen_meters,
    told_meters,
)
from feature_store.ingestion.power_cuts import with_parts_summed
from feature_store.ingestion.read_request import Labels, ReadRequest, Unit
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
from feature_store.ingestion.tidied import Tidied, each_once
from feature_store.time_grid import HOURS_PER_STEP, INTERVAL

_THOUSANDS = r"^[+-]?\d{1,3}(,\d{3})+(\.\d*)?$"
NOT_CALCULATED = (
    "is a formula of which no value was saved; open the workbook in Excel, save it, import it again"
)
_DISAGREES = (
    "is not four times the kWh beside it, as over 15 minutes; keep the one that is right, or "
    "export 15-minute data, with the units as KEPCO's site gives them"
)


@dataclass(frozen=True, kw_only=True)
class LabelledRow:
    """One value as it stands in a file."""

    row: int
    label: str | None
    """When its interval ends, or begins, by the clock in Seoul."""
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
    labels: Labels | None = None
    """What labels are; None: it is not the form's to say, they show it themselves."""
    parts: bool = False
    """Whether the meter writes parts of intervals around a power cut."""
    power_column: str = ""
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
    side = layout.labels or side_of(parsed, request.labels)
    if isinstance(side, Unclear):
        return refused(file, side.reason, row=layout.header_row)
    tidied = _tidied(parsed, side, parts=layout.parts)
    return checked_file(
        origin,
        tidied,
        _checks(layout, request),
        meters=meters,
        told_meters=told_meters(firms, ids, file.name),
    )


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
            label=clock_time(text("label")),
            value=_number("value"),
            power=_number("power"),
            lagging_kvarh=_number("lagging"),
            leading_kvarh=_number("leading"),
        )
        .with_columns(kwh=pl.col("value") * hours)
        .with_columns(ends_its_date=ends_its_date())
    )


def _number(name: str) -> pl.Expr:
    written = plain(text(name))
    bare = pl.when(written.str.contains(_THOUSANDS)).then(written.str.replace_all(",", ""))
    return bare.otherwise(written).cast(pl.Float64, strict=False)


def _tidied(parsed: pl.DataFrame, side: Labels, *, parts: bool) -> Tidied:
    """The rows with their intervals: repeated ones once, gaps left out, parts made whole."""

    def placed(table: pl.DataFrame) -> pl.DataFrame:
        start = starts_of_intervals(pl.col("label"), labels=side)
        return table.with_columns(period_start=start, known_at=start + pl.lit(INTERVAL))

    tidied = without_gaps(parsed).then(lambda table: each_once(placed(table), of=(SOURCE,)))
    if not parts or side == "start":
        return tidied
    whole = tidied.then(with_parts_summed)
    return Tidied(table=placed(whole.table), notices=whole.notices)


def _wrong_as_a_whole(parsed: pl.DataFrame) -> str | None:
    """Say what no single row shows: that labels, or most kW, are not those of quarter hours."""
    if not parsed["ends_its_date"].any():
        step = other_step(parsed)
        if step is not None:
            return step
    told = parsed.filter(pl.col("power").is_not_null() & (pl.col("kwh") > 0))
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
    power = Cell(column=layout.power_column, written=text("power"))
    checks = [
        label.check(
            pl.col("label").is_null(),
            "is not the label of an interval; write it like 2026-03-02 00:15, the day's last as "
            f"24:00, by the clock of {ZONE} and without an offset",
        ),
        label.check(
            pl.col("label").is_not_null() & pl.col("period_start").is_null(),
            f"is a time that the clock of {ZONE} leaps over or shows twice; mend the date",
        ),
        label.check(
            pl.col("ends_its_date"),
            "is a 00:00 beside 23:45 of its own date, which it ends; write 24:00 or the next date",
        ),
        *interval_checks(label, now=request.now, of=(SOURCE,)),
        *value_checks(value, number=_no_number(value)),
        power.check(
            pl.col("kwh").is_finite()
            & (pl.col("kwh") >= 0)
            & power_disagrees(pl.col("power"), pl.col("kwh")),
            _DISAGREES,
        ),
    ]
    for name, column in (("lagging", layout.lagging_column), ("leading", layout.leading_column)):
        if column:
            written = pl.when(~is_dash(text(name))).then(text(name))
            cell = Cell(column=column, written=written)
            checks += reactive_checks(cell, parsed=f"{name}_kvarh", number=COMMA_OR_NOT)
    return checks


def _no_number(value: Cell) -> pl.Expr:
    """Why a cell is no number; a workbook can show one where none was ever kept."""
    return (
        pl.when(value.written.str.starts_with("="))
        .then(pl.lit(NOT_CALCULATED))
        .when(value.written.str.starts_with("#"))
        .then(pl.lit("is an error of the workbook; mend the formula, or clear the cell for a gap"))
        .otherwise(pl.lit(COMMA_OR_NOT))
    )
