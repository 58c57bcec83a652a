"""The product's own form: one reading a row, every column named by its unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from feature_store.entities.reading_batch import BadRow, Refused
from feature_store.ingestion.checked_file import CheckedFile, Origin, checked_file
from feature_store.ingestion.meter_checks import firm_checks, meter_checks, with_meters
from feature_store.ingestion.read_request import ReadRequest
from feature_store.ingestion.read_text_table import header, header_row, read_names, read_text_table
from feature_store.ingestion.reading_checks import (
    Cell,
    interval_checks,
    known_at_checks,
    number_checks,
    power_disagrees,
    reactive_checks,
    value_checks,
)
from feature_store.ingestion.rfc3339 import parsed_time, time_checks
from feature_store.ingestion.row_check import RowCheck
from feature_store.ingestion.source_file import SourceFile
from feature_store.ingestion.text_table import text
from feature_store.ingestion.tidied import each_once
from feature_store.time_grid import HOURS_PER_STEP, INTERVAL

REACTIVE_COLUMNS = ("lagging_kvarh", "leading_kvarh")
COLUMNS = (
    "firm_id",
    "meter_id",
    "period_start",
    "kwh",
    "kw",
    "unit",
    "known_at",
    *REACTIVE_COLUMNS,
)
"""``period_start`` is RFC 3339 with an offset; ``kwh`` is the energy of the 15 minutes and ``kw``
its mean power: a row has one of the two, or both if they agree; ``unit``, if it is there, repeats
which; ``firm_id`` may be left out if the caller names the firm, ``meter_id`` where the firm has
one meter; ``known_at`` may be left out, or empty, where the row was readable when its interval
ended; the reactive energy of the 15 minutes may be left out, or empty, where the meter does not
tell it."""

_TELLING_COLUMNS = set(COLUMNS) - {"meter_id", "unit"}
"""What a file of ours is known by: the two others are words that anybody uses."""

_NO_INSTANT = pl.lit(None, pl.Datetime("us", "UTC"))

_FIRM_ID = r"^[a-z0-9][a-z0-9_-]{0,62}$"
"""As :class:`feature_store.entities.firm.Firm` allows it."""


@dataclass(frozen=True)
class CanonicalReader:
    """Reads files with the columns of ``COLUMNS`` and no others.

    CSV is UTF-8 with commas. Parquet and Arrow, as file or stream, hold times with a zone. JSON is
    a list of objects, NDJSON an object a line.
    """

    name: str = "canonical"
    describes: str = (
        "CSV, Parquet, Arrow, JSON or NDJSON: firm_id, period_start with offset, kwh or kw, "
        "known_at, lagging_kvarh, leading_kvarh"
    )

    def recognises(self, file: SourceFile) -> bool:
        """Whether any column has a name of ours, or it is a broken file of a form only we take."""
        names = header(file)
        broken = not names and file.container in {"parquet", "arrow", "arrow-stream"}
        return broken or bool(set(names) & _TELLING_COLUMNS)

    def read(self, file: SourceFile, request: ReadRequest) -> CheckedFile | Refused:
        """Read the whole file, see :class:`feature_store.ingestion.reader.Reader`."""
        names = read_names(file)
        if isinstance(names, BadRow):
            return Refused(source_name=file.name, bad_rows=(names,))
        misnamed = tuple(_misnamed(names, request, header_row(file)))
        if misnamed:
            return Refused(source_name=file.name, bad_rows=misnamed)
        table = read_text_table(file, names)
        if isinstance(table, BadRow):
            return Refused(source_name=file.name, bad_rows=(table,))
        origin = Origin(
            file=file,
            request=request,
            source_format=self.name,
            encoding=file.text.encoding if file.container == "text" else file.container,
        )
        tidied = each_once(_parsed(table, names, request), of=_whose(names, request))
        return checked_file(origin, tidied, _checks(names, request))


def _misnamed(names: Sequence[str], request: ReadRequest, row: int) -> list[BadRow]:
    faults = [
        (name, f"is no column of this form; remove it (known: {', '.join(COLUMNS)})")
        for name in names
        if name not in COLUMNS
    ]
    if "period_start" not in names:
        faults.append(("period_start", "is missing; add the start of each interval, with offset"))
    if not {"kwh", "kw"} & set(names):
        faults.append(("kwh", "is missing; add kwh (energy of 15 minutes) or kw (mean power)"))
    if request.unit is not None and request.unit.lower() not in names:
        faults.append(("", f"has no column {request.unit.lower()}; leave --unit out"))
    if "firm_id" not in names and request.firm_id is None:
        faults.append(("firm_id", "is missing; add it or name the firm with --firm"))
    if "known_at" in names and request.known_at == "import":
        faults.append(("known_at", "tells since when rows are known; leave --known-at out"))
    if request.labels == "end":
        faults.append(("period_start", "is the start of each interval; leave --labels end out"))
    if request.meters:
        faults.append(("", "has no meter numbers; leave --meter out"))
    return [
        BadRow(row=row, column=column, value=column if column in names else "", reason=reason)
        for column, reason in faults
    ]


def _parsed(table: pl.DataFrame, names: Sequence[str], request: ReadRequest) -> pl.DataFrame:
    firm_id = text("firm_id") if "firm_id" in names else pl.lit(request.firm_id)
    parsed = table.with_columns(
        firm_id=firm_id,
        period_start=parsed_time("period_start"),
        written_kwh=_number("kwh", names),
        written_kw=_number("kw", names),
        written_known_at=parsed_time("known_at") if "known_at" in names else _NO_INSTANT,
        **{name: _number(name, names) for name in REACTIVE_COLUMNS},
    ).with_columns(
        kwh=pl.coalesce("written_kwh", pl.col("written_kw") * HOURS_PER_STEP),
        known_at=pl.coalesce("written_known_at", pl.col("period_start") + pl.lit(INTERVAL)),
    )
    if "meter_id" in names:
        parsed = parsed.with_columns(told_meter=text("meter_id"))
    elif request.known_meters is None:
        return parsed
    return with_meters(parsed, request.known_meters)


def _number(name: str, names: Sequence[str]) -> pl.Expr:
    if name not in names:
        return pl.lit(None, pl.Float64)
    return text(name).cast(pl.Float64, strict=False)


def _whose(names: Sequence[str], request: ReadRequest) -> tuple[str, ...]:
    """Columns of whatever has each interval once."""
    meters_told = "meter_id" in names or request.known_meters is not None
    return ("firm_id", "meter_id") if meters_told else ("firm_id",)


def _checks(names: Sequence[str], request: ReadRequest) -> list[RowCheck]:
    checks = [
        *time_checks("period_start", parsed="period_start", may_be_empty=False),
        *interval_checks(Cell.of("period_start"), now=request.now, of=_whose(names, request)),
        *_value_checks(names),
    ]
    if "firm_id" in names:
        checks += _firm_checks(request)
    if request.known_meters is not None:
        told = text("meter_id") if "meter_id" in names else pl.lit(None, pl.String)
        checks += meter_checks(Cell(column="meter_id", written=told))
    if "known_at" in names:
        checks += time_checks("known_at", parsed="written_known_at", may_be_empty=True)
        checks += known_at_checks(Cell.of("known_at"), now=request.now)
    for name in REACTIVE_COLUMNS:
        if name in names:
            checks += reactive_checks(Cell.of(name), parsed=name)
    return checks


def _value_checks(names: Sequence[str]) -> list[RowCheck]:
    """Checks of energy, of mean power, of whether they agree, and of the unit that is said."""
    there = [name for name in ("kwh", "kw") if name in names]
    if len(there) == 1:
        (name,) = there
        checks = [*value_checks(Cell.of(name), parsed=f"written_{name}")]
    else:
        energy, power = Cell.of("kwh"), Cell.of("kw")
        checks = [
            energy.check(
                energy.written.is_null() & power.written.is_null(),
                "is empty and so is kw; leave the whole row out if the meter gave nothing",
            ),
            *number_checks(energy, parsed="written_kwh"),
            *number_checks(power, parsed="written_kw"),
            power.check(
                pl.col("written_kw").is_finite()
                & pl.col("written_kwh").is_finite()
                & power_disagrees(pl.col("written_kw"), pl.col("written_kwh")),
                "is not four times the kwh beside it, as over 15 minutes; keep the one that is "
                "right, or mend the unit",
            ),
        ]
    if "unit" in names:
        checks += _unit_checks(there)
    return checks


def _unit_checks(there: Sequence[str]) -> list[RowCheck]:
    cell = Cell.of("unit")
    said = cell.written.str.to_lowercase()
    fits = pl.any_horizontal((said == name) & text(name).is_not_null() for name in there)
    known = said.is_in(["kwh", "kw"])
    return [
        cell.check(~known, "is neither kWh nor kW; write the unit of the value, or leave it empty"),
        cell.check(
            known & ~fits,
            f"is not the unit of the column that the value stands in ({' or '.join(there)}); "
            "mend the unit, or move the value to the column of that unit",
        ),
    ]


def _firm_checks(request: ReadRequest) -> list[RowCheck]:
    cell = Cell.of("firm_id")
    if request.firm_id is not None:
        reason = f"is not {request.firm_id}, the firm named by --firm; import each firm by itself"
        return [cell.check(cell.written.ne_missing(pl.lit(request.firm_id)), reason)]
    an_id = cell.written.str.contains(_FIRM_ID).fill_null(value=False)
    checks = [
        cell.check(
            ~an_id,
            "is no firm id; use small letters, digits, - and _ as in 'sandan firms list'",
        )
    ]
    if request.known_meters is not None:
        checks += firm_checks(Cell(column="firm_id", written=pl.when(an_id).then(cell.written)))
    return checks
