"""The product's own form: one reading a row, every column named by its unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from feature_store.entities.reading_batch import BadRow, Refused
from feature_store.ingestion.checked_file import CheckedFile, Origin, checked_file
from feature_store.ingestion.read_request import ReadRequest
from feature_store.ingestion.reading_checks import (
    Cell,
    interval_checks,
    known_at_checks,
    reactive_checks,
    value_checks,
)
from feature_store.ingestion.rfc3339 import parsed_time, time_checks
from feature_store.ingestion.row_check import RowCheck
from feature_store.ingestion.source_file import SourceFile
from feature_store.ingestion.text_table import (
    column_names,
    header,
    header_row,
    read_text_table,
    text,
)
from feature_store.time_grid import HOURS_PER_STEP, INTERVAL

REACTIVE_COLUMNS = ("lagging_kvarh", "leading_kvarh")
COLUMNS = ("firm_id", "period_start", "kwh", "kw", "known_at", *REACTIVE_COLUMNS)
"""``period_start`` is RFC 3339 with an offset; ``kwh`` is the energy of the 15 minutes and ``kw``
its mean power, one of the two; ``firm_id`` may be left out if the caller names the firm;
``known_at`` may be left out, or empty, where the row was readable when its interval ended; the
reactive energy of the 15 minutes may be left out, or empty, where the meter does not tell it."""

_INSTANT = pl.Datetime("us", "UTC")

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
        return broken or bool(set(names) & set(COLUMNS))

    def read(self, file: SourceFile, request: ReadRequest) -> CheckedFile | Refused:
        """Read the whole file, see :class:`feature_store.ingestion.reader.Reader`."""
        table = read_text_table(file)
        if isinstance(table, BadRow):
            return Refused(source_name=file.name, bad_rows=(table,))
        names = column_names(table)
        misnamed = tuple(_misnamed(names, request, header_row(file)))
        if misnamed:
            return Refused(source_name=file.name, bad_rows=misnamed)
        value_column = "kwh" if "kwh" in names else "kw"
        origin = Origin(
            file=file,
            request=request,
            source_format=self.name,
            encoding=file.text.encoding if file.container == "text" else file.container,
        )
        return checked_file(
            origin,
            _parsed(table, names, value_column, request.firm_id),
            _checks(names, value_column, request.firm_id, request.now),
        )


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
    if {"kwh", "kw"} <= set(names):
        faults.append(("kw", "stands beside kwh; keep one of the two"))
    if "firm_id" not in names and request.firm_id is None:
        faults.append(("firm_id", "is missing; add it or name the firm with --firm"))
    if request.meters:
        faults.append(("", "has no meter numbers; leave --meter out"))
    return [
        BadRow(row=row, column=column, value=column if column in names else "", reason=reason)
        for column, reason in faults
    ]


def _parsed(
    table: pl.DataFrame, names: Sequence[str], value_column: str, firm_id: str | None
) -> pl.DataFrame:
    hours = 1.0 if value_column == "kwh" else HOURS_PER_STEP
    known_at = parsed_time("known_at") if "known_at" in names else pl.lit(None, _INSTANT)
    return table.with_columns(
        firm_id=text("firm_id") if "firm_id" in names else pl.lit(firm_id),
        period_start=parsed_time("period_start"),
        value=text(value_column).cast(pl.Float64, strict=False),
        written_known_at=known_at,
        **{
            name: text(name).cast(pl.Float64, strict=False) if name in names else pl.lit(None)
            for name in REACTIVE_COLUMNS
        },
    ).with_columns(
        kwh=pl.col("value") * hours,
        known_at=pl.coalesce("written_known_at", pl.col("period_start") + pl.lit(INTERVAL)),
    )


def _checks(
    names: Sequence[str], value_column: str, firm_id: str | None, now: datetime
) -> list[RowCheck]:
    checks = [
        *time_checks("period_start", parsed="period_start", may_be_empty=False),
        *interval_checks(Cell.of("period_start"), now=now),
        *value_checks(Cell.of(value_column)),
    ]
    if "firm_id" in names:
        checks += _firm_checks(firm_id)
    if "known_at" in names:
        checks += time_checks("known_at", parsed="written_known_at", may_be_empty=True)
        checks += known_at_checks(Cell.of("known_at"), now=now)
    for name in REACTIVE_COLUMNS:
        if name in names:
            checks += reactive_checks(Cell.of(name), parsed=name)
    return checks


def _firm_checks(firm_id: str | None) -> list[RowCheck]:
    written = text("firm_id")
    if firm_id is not None:
        return [
            RowCheck(
                column="firm_id",
                fails=written.ne_missing(pl.lit(firm_id)),
                reason=f"is not {firm_id}, the firm named by --firm; import each firm by itself",
            )
        ]
    return [
        RowCheck(
            column="firm_id",
            fails=written.is_null() | ~written.str.contains(_FIRM_ID),
            reason="is no firm id; use small letters, digits, - and _ as in 'sandan firms list'",
        )
    ]
