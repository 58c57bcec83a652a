"""Firms of a study, whose readings and calendars come from two files and not from the ledger."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import numpy as np
import polars as pl
from pydantic import ValidationError

from feature_store.entities.firm import Contract, Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.entities.reading_batch import BadRow, faults_in
from feature_store.errors import SandanError
from feature_store.ingestion.reading_checks import (
    NO_COMMA,
    Cell,
    interval_checks,
    known_at_checks,
    number_checks,
)
from feature_store.ingestion.rfc3339 import parsed_time, time_checks
from feature_store.ingestion.row_check import RowCheck, sorted_out
from feature_store.ingestion.text_table import ROW, cells_as_text, text
from feature_store.time_grid import HOURS_PER_STEP, INTERVAL, STEP, TimeGrid, to_datetime

NEEDED_META = ("firm_id", "timezone", "holidays")
META = (*NEEDED_META, "closure_days", "contract_kw")
"""Columns of the file of firms; others are not looked at."""
VALUES = ("kw", "kwh")
SHOWN_FAULTS = 5
"""Told in one message: a systematic fault is in every row."""
_GAPS = ("nan", "null", "na")
"""Cells, in small letters, by which tables of research data tell a gap beside empty ones."""


class MeasuredFirmsError(SandanError):
    """The files of readings and firms do not have the form that was asked for."""


@dataclass(frozen=True, kw_only=True)
class MeasuredFirms:
    """Firms with their loads."""

    firms: tuple[Firm, ...]
    """By id."""
    histories: dict[str, LoadHistory]


def read_measured_firms(readings: Path, meta: Path, *, now: datetime) -> MeasuredFirms:
    """Read the load of each firm, and the calendar that it keeps.

    Args:
        readings: Parquet or CSV with ``firm_id``, ``period_start`` (with offset or zone) and ``kw``
            or ``kwh``, in any order; ``known_at`` may tell when each row was first readable, else
            it was so at the interval's end. Intervals left out, empty or NaN are gaps.
        meta: CSV with ``firm_id``, ``timezone``, ``holidays`` (a country's code, or empty), and, if
            wanted, ``closure_days`` (ISO days between spaces or semicolons) and ``contract_kw``.
        now: Nothing measured can lie later.

    Raises:
        MeasuredFirmsError: A file, a column, a row or a firm is missing or wrong.
    """
    declared = _meta_rows(meta)
    histories = read_histories(readings, now=now)
    told, measured = set(declared), set(histories)
    for there, missing, where in ((measured, told, meta), (told, measured, readings)):
        lost = sorted(there - missing)
        if lost:
            raise MeasuredFirmsError(
                f"{where.name}: has no row of {', '.join(lost)}; every firm must stand in both "
                "files, so add it or leave it out of the other one"
            )
    firms = tuple(_firm(meta, declared[name], histories[name]) for name in histories)
    return MeasuredFirms(firms=firms, histories=histories)


def read_histories(readings: Path, *, now: datetime) -> dict[str, LoadHistory]:
    """Read the load of each firm, by id in order; the file and the errors are those above."""
    rows = _reading_rows(readings, now).sort("firm_id", "period_start")
    parts = rows.partition_by("firm_id", as_dict=True, maintain_order=True)
    return {str(firm_id): history_of(str(firm_id), mine) for (firm_id,), mine in parts.items()}


def _meta_rows(path: Path) -> dict[str, dict[str, str]]:
    """The rows of the file of firms by firm, empty cells left out; ``row`` is the row's number."""
    table = _text_table(path, META)
    missing = [name for name in NEEDED_META if name not in table.columns]
    if missing:
        raise MeasuredFirmsError(
            f"{path.name}: has no column {', '.join(missing)}; write {','.join(NEEDED_META)}"
        )
    by_firm: dict[str, dict[str, str]] = {}
    for row, cells in enumerate(table.iter_rows(named=True), start=2):
        told = {name: cell.strip() for name, cell in cells.items() if (cell or "").strip()}
        if not told:
            continue
        firm_id = told.get("firm_id", "")
        if firm_id in by_firm:
            raise MeasuredFirmsError(
                f"{path.name}, row {row}: {firm_id} stands there twice; keep one of its rows"
            )
        by_firm[firm_id] = told | {ROW: str(row)}
    if not by_firm:
        raise MeasuredFirmsError(f"{path.name}: holds no firm; write one a row")
    return by_firm


def _firm(meta: Path, told: dict[str, str], history: LoadHistory) -> Firm:
    firm_id = told.get("firm_id", "")
    where = f"{meta.name}, row {told[ROW]}, {firm_id}"
    highest_kw = max(float(np.nanmax(history.demand_kw)), 1.0)
    try:
        return Firm(
            firm_id=firm_id,
            name_ko=firm_id,
            name_en=firm_id,
            timezone=told.get("timezone", ""),
            holiday_country=told.get("holidays"),
            closure_days=_days(where, told.get("closure_days", "")),
            # no forecast looks at the contract: where it is not told, the load fits under it
            contract=Contract.model_validate({"power_kw": told.get("contract_kw", highest_kw)}),
        )
    except ValidationError as error:
        columns = {"holiday_country": "holidays", "power_kw": "contract_kw"}
        faults = "; ".join(
            f"{columns.get(str(fault['loc'][0]), fault['loc'][0])}: "
            f"{fault['msg'].removeprefix('Value error, ')}"
            for fault in error.errors()
        )
        raise MeasuredFirmsError(f"{where}: {faults}") from None


def _days(where: str, written: str) -> tuple[date, ...]:
    """The days of a cell, which stand between spaces or semicolons."""
    try:
        return tuple(date.fromisoformat(day) for day in re.split(r"[\s;]+", written) if day)
    except ValueError as error:
        raise MeasuredFirmsError(
            f"{where}: closure_days: {error}; write days like 2026-08-03 with spaces between"
        ) from None


def _reading_rows(path: Path, now: datetime) -> pl.DataFrame:
    """``firm_id, period_start, kw, known_at`` of every reading, each checked."""
    table = _text_table(path, ("firm_id", "period_start", *VALUES, "known_at"))
    values = [name for name in VALUES if name in table.columns]
    missing = [name for name in ("firm_id", "period_start") if name not in table.columns]
    if not values:
        missing.append("kw")
    if missing:
        raise MeasuredFirmsError(
            f"{path.name}: has no column {', '.join(missing)}; write firm_id, period_start and kw"
        )
    if len(values) > 1:
        raise MeasuredFirmsError(
            f"{path.name}: has both kw and kwh, of which one may be wrong; keep one of them"
        )
    (value,) = values
    header_rows = 0 if _is_parquet(path) else 1
    whole = cells_as_text(table).with_columns(pl.col(ROW) + header_rows)
    gaps = text(value).str.to_lowercase().is_in(_GAPS)
    parsed = whole.filter(text(value).is_not_null() & ~gaps).with_columns(
        firm_id=text("firm_id"),
        period_start=parsed_time("period_start"),
        kwh=text(value).cast(pl.Float64, strict=False) * (HOURS_PER_STEP if value == "kw" else 1),
    )
    ended = pl.col("period_start") + pl.lit(INTERVAL)
    known_at = parsed_time("known_at") if "known_at" in table.columns else pl.lit(None)
    parsed = parsed.with_columns(known_at=pl.coalesce(known_at, ended))
    if parsed.is_empty():
        raise MeasuredFirmsError(f"{path.name}: holds no reading; export it again")
    found = sorted_out(parsed, _checks(value, told_known_at="known_at" in table.columns, now=now))
    if found.bad_rows:
        raise MeasuredFirmsError(_told(path, found.bad_rows))
    kw = pl.col("kwh") / HOURS_PER_STEP
    return found.good.select("firm_id", "period_start", kw=kw, known_at="known_at")


def _checks(value: str, *, told_known_at: bool, now: datetime) -> list[RowCheck]:
    firm = Cell.of("firm_id")
    checks = [
        firm.check(firm.written.is_null(), "is empty; write the firm's id"),
        *time_checks("period_start", parsed="period_start", may_be_empty=False),
        *interval_checks(Cell.of("period_start"), now=now),
        *number_checks(Cell.of(value), number=NO_COMMA, parsed="kwh"),
    ]
    if told_known_at:
        checks += time_checks("known_at", parsed="known_at", may_be_empty=True)
        checks += known_at_checks(Cell.of("known_at"), now=now)
    return checks


def _told(path: Path, bad_rows: tuple[BadRow, ...]) -> str:
    shown = [
        f"  row {bad.row}, {bad.column} {bad.value!r}: {bad.reason}"
        for bad in bad_rows[:SHOWN_FAULTS]
    ]
    more = faults_in(bad_rows) - len(shown)
    if more:
        shown.append(f"  and {more:,} more")
    head = f"{path.name}: these rows are no readings; mend them or leave them out"
    return "\n".join([head, *shown])


def _text_table(path: Path, wanted: tuple[str, ...]) -> pl.DataFrame:
    """The wanted columns that the file has; those of a CSV file as text."""
    if not path.is_file():
        raise MeasuredFirmsError(f"{path}: there is no such file; check the path")
    try:
        if _is_parquet(path):
            names = pl.read_parquet_schema(path)
            return pl.read_parquet(path, columns=[name for name in names if name in wanted])
        table = pl.read_csv(path, infer_schema=False)
    except (pl.exceptions.PolarsError, OSError) as error:
        reason = str(error).partition("\n")[0]
        raise MeasuredFirmsError(
            f"{path.name}: cannot be read as Parquet or CSV ({reason}); write it again"
        ) from None
    return table.select(name for name in table.columns if name in wanted)


def _is_parquet(path: Path) -> bool:
    return path.suffix.lower() == ".parquet"


def history_of(firm_id: str, rows: pl.DataFrame) -> LoadHistory:
    """Lay rows ``period_start, kw, known_at`` in order of time on a gapless grid."""
    starts, known_at = (
        rows[name].to_numpy().astype("datetime64[s]") for name in ("period_start", "known_at")
    )
    place = ((starts - starts[0]) // STEP).astype(np.int64)
    grid = TimeGrid(to_datetime(starts[0]), int(place[-1]) + 1)
    demand_kw = np.full(grid.steps, np.nan)
    first_known = np.full(grid.steps, np.datetime64("NaT", "s"))
    demand_kw[place], first_known[place] = rows["kw"].to_numpy(), known_at
    return LoadHistory(firm_id=firm_id, grid=grid, demand_kw=demand_kw, known_at=first_known)
