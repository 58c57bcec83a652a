"""The end of every reading: the rows that are readings, and every fault of the others."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import polars as pl

from feature_store.entities.meter_numbers import MeterNumbers
from feature_store.entities.reading_batch import READING_COLUMNS, BadRow, Received, Refused
from feature_store.entities.told_meters import ToldMeters
from feature_store.ingestion.meter_checks import of_only_meters
from feature_store.ingestion.meter_choice import SOURCE, summed
from feature_store.ingestion.power_cuts import QUALITY
from feature_store.ingestion.read_request import ReadRequest
from feature_store.ingestion.row_check import RowCheck, sorted_out
from feature_store.ingestion.source_file import SourceFile
from feature_store.ingestion.tidied import Tidied
from feature_store.time_grid import INTERVAL


@dataclass(frozen=True, kw_only=True)
class CheckedFile:
    """A file as it was understood. Whether its good rows are taken is the caller's choice."""

    rows: pl.DataFrame
    """The good rows as in a :class:`feature_store.entities.reading_batch.ReadingBatch`."""
    bad_rows: tuple[BadRow, ...]
    """Faults of the other rows in their order, as ``row_check.bad_rows`` tells them."""
    source_format: str
    """Name of the reader."""
    source_name: str
    """File name."""
    encoding: str
    """Encoding of a text file, else what contains the rows, e.g. ``cp949`` or ``parquet``."""
    content_sha256: str
    """Hash of the file as received; with a part of it chosen, of that choice too: another part of
    the same file is not the same batch."""
    meters: tuple[str, ...] = ()
    """Meters in the file, as they are told to people."""
    notices: tuple[str, ...] = ()
    """What was taken otherwise than it stands there, and is no fault."""
    told_meters: Mapping[str, ToldMeters] = field(default_factory=dict)
    """See :attr:`feature_store.entities.reading_batch.ReadingBatch.told_meters`."""


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where rows come from, and what was asked for."""

    file: SourceFile
    request: ReadRequest
    source_format: str
    encoding: str
    """See :attr:`CheckedFile.encoding`."""


def checked_file(
    origin: Origin,
    tidied: Tidied,
    checks: Sequence[RowCheck],
    *,
    meters: Sequence[MeterNumbers] = (),
    told_meters: Mapping[str, ToldMeters] | None = None,
) -> CheckedFile | Refused:
    """Sort out rows, which have the columns of ``READING_COLUMNS`` parsed.

    Args:
        origin: Where the rows come from.
        tidied: The rows; with ``meter_id`` where they tell it; with ``source`` if several sources
            may be one meter to us, and have to be summed.
        checks: What can be wrong with them.
        meters: All meters that the file names.
        told_meters: By firm, those of its rows, where no declaration knows them.
    """
    file, table = origin.file, tidied.table
    if not table.height:
        reason = "there is no reading below the header; export the file again"
        return refused(file, reason, row=header_row(file))
    found = sorted_out(table, checks)
    good, faults = found.good, found.bad_rows
    if origin.request.known_at == "import":
        good = _known_from(good, origin.request.now)
    if SOURCE in good.columns:
        good, partial = summed(good)
        faults += partial
        if good["meter_id"].null_count():
            good = good.drop("meter_id")
    if origin.request.known_meters is not None and "meter_id" not in good.columns:
        placed = of_only_meters(good, origin.request.known_meters)
        if isinstance(placed, BadRow):
            return Refused(source_name=file.name, bad_rows=(placed,))
        good = placed
    told = [name for name in ("meter_id", QUALITY) if name in good.columns]
    return CheckedFile(
        rows=good.select(
            *(pl.col(name).cast(kind) for name, kind in READING_COLUMNS.items()), *told
        ).sort("firm_id", *told[: told.count("meter_id")], "period_start"),
        bad_rows=faults,
        source_format=origin.source_format,
        source_name=file.name,
        encoding=origin.encoding,
        content_sha256=content_hash(file, origin.request.selection),
        meters=tuple(meter.told for meter in meters if meter.told),
        notices=tidied.notices,
        told_meters=told_meters or {},
    )


def _known_from(rows: pl.DataFrame, now: datetime) -> pl.DataFrame:
    """The rows as known from the moment of the import on; by a meter's fast clock a bit later."""
    ended = pl.col("period_start") + pl.lit(INTERVAL)
    return rows.with_columns(known_at=pl.max_horizontal(ended, pl.lit(now.astimezone(UTC))))


def content_hash(file: SourceFile, selection: str) -> str:
    """Return the hash that a batch is known by."""
    if not selection:
        return file.sha256
    return hashlib.sha256(f"{file.sha256} {selection}".encode()).hexdigest()


def received(
    file: SourceFile, request: ReadRequest, *, format_name: str | None, keep_good: bool
) -> Received:
    """Return what a file is known again by: its bytes, and how it was asked to be taken."""
    asked = [file.sha256, request.firm_id, request.selection, format_name, keep_good]
    return Received(
        source_name=file.name,
        content_sha256=file.sha256,
        identity_sha256=hashlib.sha256(json.dumps(asked).encode()).hexdigest(),
    )


def header_row(file: SourceFile) -> int:
    """Row of faults of the whole file: 1, where a header stands, or 0 if rows have none."""
    return 0 if file.container in {"parquet", "arrow", "arrow-stream", "json", "ndjson"} else 1


def refused(
    file: SourceFile, reason: str, *, row: int = 0, column: str = "", value: str = ""
) -> Refused:
    """Return the refusal of a file for one reason."""
    return Refused(
        source_name=file.name,
        bad_rows=(BadRow(row=row, column=column, value=value, reason=reason),),
    )
