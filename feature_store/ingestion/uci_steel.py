"""The year of a Korean steel works that the UCI Machine Learning Repository publishes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import polars as pl

from feature_store.entities.reading_batch import BadRow, Refused
from feature_store.ingestion.checked_file import CheckedFile, Origin, checked_file
from feature_store.ingestion.read_request import ReadRequest
from feature_store.ingestion.read_text_table import header, header_row, read_names, read_text_table
from feature_store.ingestion.reading_checks import (
    Cell,
    interval_checks,
    reactive_checks,
    value_checks,
)
from feature_store.ingestion.row_check import RowCheck
from feature_store.ingestion.source_file import SourceFile
from feature_store.ingestion.text_table import ROW, text
from feature_store.ingestion.tidied import each_once
from feature_store.time_grid import INTERVAL

_LABEL = "date"
_ENERGY = "Usage_kWh"
_REACTIVE = {
    "lagging_kvarh": "Lagging_Current_Reactive.Power_kVarh",
    "leading_kvarh": "Leading_Current_Reactive_Power_kVarh",
}
_ZONE = "Asia/Seoul"


@dataclass(frozen=True)
class UciSteelReader:
    """Reads ``Steel_industry_data.csv`` as it is published; the firm must be named.

    A label is the end of its interval, in Korean time, as dd-mm-yyyy or dd/mm/yyyy. The row of
    00:00 carries the date of the day that it ends and stands last in it, so its instant is the
    next day's midnight. Active and, for the bill, reactive energy are taken: power factors and
    CO2 follow from them, and the load type is derived from the energy.

    Source: UCI Machine Learning Repository 851, Steel Industry Energy Consumption, CC BY 4.0.
    """

    name: str = "uci-steel"
    describes: str = "Steel_industry_data.csv of the UCI repository (Gwangyang, 2018)"

    def recognises(self, file: SourceFile) -> bool:
        """Whether the two columns that are needed are there."""
        return {_LABEL, _ENERGY} <= set(header(file))

    def read(self, file: SourceFile, request: ReadRequest) -> CheckedFile | Refused:
        """Read the whole file, see :class:`feature_store.ingestion.reader.Reader`."""
        names = read_names(file)
        if isinstance(names, BadRow):
            return Refused(source_name=file.name, bad_rows=(names,))
        missing = tuple(_missing(names, request, header_row(file)))
        if missing:
            return Refused(source_name=file.name, bad_rows=missing)
        told = {name: column for name, column in _REACTIVE.items() if column in names}
        table = read_text_table(file, (_LABEL, _ENERGY, *told.values()))
        if isinstance(table, BadRow):
            return Refused(source_name=file.name, bad_rows=(table,))
        checks = (
            *_label_checks(),
            *interval_checks(Cell.of(_LABEL), now=request.now),
            *value_checks(Cell.of(_ENERGY)),
            *(
                check
                for name, column in told.items()
                for check in reactive_checks(Cell.of(column), parsed=name)
            ),
        )
        origin = Origin(
            file=file,
            request=request,
            source_format=self.name,
            encoding=file.text.encoding if file.container == "text" else file.container,
        )
        parsed = _parsed(table).with_columns(firm_id=pl.lit(request.firm_id), **_reactive(told))
        tidied = each_once(parsed, of=("firm_id",))
        return checked_file(origin, tidied, checks)


def _missing(names: Sequence[str], request: ReadRequest, row: int) -> list[BadRow]:
    faults = [
        (name, "is missing; use the file as published")
        for name in (_LABEL, _ENERGY)
        if name not in names
    ]
    if request.firm_id is None:
        faults.append(("firm_id", "is not in this format; name the firm with --firm"))
    if request.labels == "start":
        faults.append((_LABEL, "is the end of each interval; leave --labels start out"))
    if request.meters:
        faults.append(("", "has no meter numbers; leave --meter out"))
    return [BadRow(row=row, column=column, value="", reason=reason) for column, reason in faults]


def _parsed(table: pl.DataFrame) -> pl.DataFrame:
    label = text(_LABEL).str.replace_all("/", "-")
    end = pl.when(pl.col("midnight")).then(pl.col("label") + timedelta(days=1)).otherwise("label")
    start = (end - INTERVAL).dt.replace_time_zone(_ZONE, ambiguous="null", non_existent="null")
    value = text(_ENERGY).cast(pl.Float64, strict=False)
    return (
        table.with_columns(
            label=label.str.to_datetime("%d-%m-%Y %H:%M", time_unit="us", strict=False)
        )
        .with_columns(midnight=pl.col("label").dt.time() == pl.time(0))
        .with_columns(period_start=start.dt.convert_time_zone("UTC"), value=value, kwh=value)
        .with_columns(known_at=pl.col("period_start") + pl.lit(INTERVAL))
    )


def _reactive(told: Mapping[str, str]) -> dict[str, pl.Expr]:
    """Columns of reactive energy, empty where the file has none."""
    return {
        name: text(told[name]).cast(pl.Float64, strict=False) if name in told else pl.lit(None)
        for name in _REACTIVE
    }


def _label_checks() -> tuple[RowCheck, ...]:
    day = pl.col("label").dt.date()
    stands_first = pl.col(ROW) == pl.col(ROW).min()
    return (
        RowCheck(
            column=_LABEL,
            fails=pl.col("period_start").is_null(),
            reason="is not a time of the published file; it looks like 02-01-2018 00:15",
        ),
        RowCheck(
            column=_LABEL,
            fails=pl.col("midnight") & (stands_first | (day != day.shift(1))),
            reason="is a 00:00 that does not stand last in the day whose date it carries; "
            "use the file as published, in its order",
        ),
    )
