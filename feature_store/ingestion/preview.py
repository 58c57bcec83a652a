"""A file as it would be taken, before it is: what it is, what it holds, what stands against it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Literal

import polars as pl

from feature_store.entities.firm import Firm
from feature_store.entities.meter_numbers import plain_number
from feature_store.entities.other_meter import other_meters
from feature_store.entities.reading_batch import BadRow, Refused
from feature_store.entities.told_meters import CameBefore
from feature_store.errors import SandanError
from feature_store.ingestion.read_file import reader_of, understood
from feature_store.ingestion.read_request import ReadRequest
from feature_store.ingestion.source_file import SourceFile
from feature_store.time_grid import INTERVAL

SEVERAL_METERS = "계기번호"
"""Column of the fault that lists the meters of a file of several; see ``meter_choice``."""
TOLD_TOGETHER = " / "
"""What stands between the customer and the meter number of one meter there."""
UNNAMED = "?"
"""Firm of a preview that nobody named; no firm can have this id."""


@dataclass(frozen=True, kw_only=True)
class FirmPreview:
    """What a file holds of one firm."""

    firm_id: str
    first: datetime
    """Start of the first interval, UTC."""
    end: datetime
    """End of the last one, UTC."""
    rows: int
    missing: int
    """Intervals between the two that the file does not tell."""


@dataclass(frozen=True, kw_only=True)
class Preview:
    """A file as it was understood; nothing was stored."""

    source_name: str
    source_format: str
    """Name of the reader."""
    encoding: str
    """Empty if the file was refused before its rows were looked at."""
    meters: tuple[str, ...]
    firms: tuple[FirmPreview, ...]
    first_rows: pl.DataFrame
    """The first good rows of each firm, with the columns of ``READING_COLUMNS``."""
    bad_rows: tuple[BadRow, ...]
    refused: bool
    """Whether not even the good rows can be taken."""
    notices: tuple[str, ...] = ()
    """See :attr:`feature_store.ingestion.checked_file.CheckedFile.notices`."""
    known_at: Literal["measured", "import", "file"] = "measured"
    """Since when the rows would be known: the end of each interval, the import, or as it is told
    in the file."""

    @property
    def lists_meters(self) -> bool:
        """Whether the file was refused for nothing but holding several meters, which are told."""
        columns = [fault.column for fault in self.bad_rows]
        return self.refused and columns == [SEVERAL_METERS]


def preview_file(
    path: Path,
    request: ReadRequest,
    *,
    format_name: str | None = None,
    before: Mapping[str, CameBefore] | None = None,
    first: int = 8,
) -> Preview:
    """Return what an import of the file would see.

    Args:
        path: The file.
        request: As an import would be asked for. A firm that is not named stands in the preview
            as ``?``: to look at a file, nothing need be known about it.
        format_name: Name of a reader; None: the one that recognises the file.
        before: By firm, the numbers that its readings came under so far.
        first: How many rows of a firm to show.
    """
    found = understood(path, request, format_name=format_name)
    if request.firm_id is None and isinstance(found, Refused) and _asks_for_firm(found):
        found = understood(path, replace(request, firm_id=UNNAMED), format_name=format_name)
    if isinstance(found, Refused):
        return Preview(
            source_name=found.source_name,
            source_format=_format(path, format_name),
            encoding="",
            meters=(),
            firms=(),
            first_rows=pl.DataFrame(),
            bad_rows=found.bad_rows,
            refused=True,
        )
    others = () if request.same_meter else other_meters(found.told_meters, before or {})
    return Preview(
        source_name=found.source_name,
        source_format=found.source_format,
        encoding=found.encoding,
        meters=found.meters,
        firms=tuple(map(_firm, found.rows.partition_by("firm_id", maintain_order=True))),
        first_rows=found.rows.group_by("firm_id", maintain_order=True).head(first),
        bad_rows=(*(other.bad_row for other in others), *found.bad_rows),
        refused=bool(others) or not found.rows.height,
        notices=found.notices,
        known_at=_known_at(found.rows, request),
    )


def firm_to_name(seen: Preview, firms: Iterable[Firm]) -> str | None:
    """Return the firm, of those declared, that all meters of a file which was refused are of.

    A file of several meters is refused where nobody is named; named, a firm that declared several
    gets each of them as its own. None where the file is at another fault, or the meters are not
    all of one firm.
    """
    if not seen.lists_meters:
        return None
    told = [meter.split(TOLD_TOGETHER) for meter in seen.bad_rows[0].value.split(", ")]
    found = [{plain_number(number) for number in numbers if number != "…"} for numbers in told]
    fitting = [firm.firm_id for firm in firms if len(firm.meters) > 1 and _has_all(firm, found)]
    return fitting[0] if len(fitting) == 1 else None


def _has_all(firm: Firm, found: Iterable[set[str]]) -> bool:
    declared = {
        plain_number(number)
        for meter in firm.meters
        for number in (meter.meter_id, meter.customer_number)
        if number
    }
    return all(not numbers or numbers & declared for numbers in found)


def _known_at(rows: pl.DataFrame, request: ReadRequest) -> Literal["measured", "import", "file"]:
    told = (pl.col("known_at") != pl.col("period_start") + pl.lit(INTERVAL)).any()
    if request.known_at == "measured" and rows.select(told).item():
        return "file"
    return request.known_at


def _asks_for_firm(found: Refused) -> bool:
    """Whether nothing but the firm is missing."""
    return [(fault.column, fault.value) for fault in found.bad_rows] == [("firm_id", "")]


def _format(path: Path, format_name: str | None) -> str:
    """Which reader refused the file; none if it is no file of any."""
    try:
        return reader_of(SourceFile(path), format_name).name
    except SandanError:
        return "none"


def _firm(rows: pl.DataFrame) -> FirmPreview:
    starts = rows["period_start"].sort()  # of several meters, one follows the other
    first, end = starts[0], starts[-1] + INTERVAL
    meters = rows["meter_id"].n_unique() if "meter_id" in rows.columns else 1
    return FirmPreview(
        firm_id=rows["firm_id"][0],
        first=first,
        end=end,
        rows=rows.height,
        missing=meters * ((end - first) // INTERVAL) - rows.height,
    )
