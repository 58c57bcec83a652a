"""Readings on their way into the ledger, and the rows of a file that are none."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

import polars as pl

from feature_store.entities.told_meters import ToldMeters

LARGEST_READING = 1e8
"""Of an interval, kWh or kW, and kvarh: a register has eight digits at most, so no state of it is
higher, and 400 GW in one interval is four times what all of Korea ever drew."""

MOST_FAULTS_TOLD = 10_000
"""Of one file, one by one: a quarter of a year of one meter, or one step of 3,000 firms with three
faults each. Beyond that the fault is in the sender and not in rows, and the words for it would take
more memory than the file."""

READING_COLUMNS: dict[str, pl.DataType | type[pl.DataType]] = {
    "firm_id": pl.String,
    "period_start": pl.Datetime("us", "UTC"),
    "kwh": pl.Float64,
    "known_at": pl.Datetime("us", "UTC"),
    "lagging_kvarh": pl.Float64,
    "leading_kvarh": pl.Float64,
}
"""Columns of a batch. ``kwh`` is the energy drawn in the interval; ``known_at`` is when the row
could first be read: what the file says, else the interval's end (a meter publishes at once), or
the moment of the import if that is asked for.
``lagging_kvarh`` 지상 and ``leading_kvarh`` 진상 are the reactive energy 무효전력량 of the same
interval, null where the file does not tell: they are kept for the bill's power factor."""


@dataclass(frozen=True, kw_only=True)
class BadRow:
    """One row of a file that cannot be a reading."""

    row: int
    """Row number as a person counts: the first line of a CSV file and the first row of a sheet
    are 1. Parquet, Arrow and JSON have no header: their rows and objects count from 1, and a
    fault of the columns or of the whole file has row 0."""
    column: str
    value: str
    reason: str
    """What is wrong, a semicolon, and how to mend it."""
    more_faults: int = 0
    """Faults that this one stands for beside itself, where there are too many to tell."""
    more_rows: int = 0
    """Rows that only these are in."""

    @property
    def fault(self) -> str:
        """What is wrong."""
        return self.reason.partition("; ")[0]

    @property
    def fix(self) -> str:
        """How to mend it."""
        return self.reason.partition("; ")[2]


def faults_in(bad_rows: Iterable[BadRow]) -> int:
    """Return how many faults there are, those not told one by one too."""
    return sum(1 + bad.more_faults for bad in bad_rows)


def rows_in(bad_rows: Collection[BadRow]) -> int:
    """Return how many rows are at fault; the file as a whole counts as one."""
    return len({bad.row for bad in bad_rows}) + sum(bad.more_rows for bad in bad_rows)


@dataclass(frozen=True, kw_only=True)
class Received:
    """A file as it came, whatever of it is taken."""

    source_name: str
    content_sha256: str
    """Hash of its bytes."""
    identity_sha256: str
    """Hash of its bytes and of all that was asked about them: what it is known again by."""


@dataclass(frozen=True, kw_only=True)
class ReadingBatch:
    """The readings of one file, checked: on the grid, one a meter and interval, finite, >= 0."""

    rows: pl.DataFrame
    """Columns as in ``READING_COLUMNS`` and, where the file or a declaration tells whose meter each
    row is of, ``meter_id``, and ``quality`` where any row is not as measured; sorted by firm and
    period."""
    source_format: str
    """Name of the reader that read it, e.g. ``canonical`` or ``uci-steel``."""
    source_name: str
    """File name, for the audit."""
    content_sha256: str
    """Hash of the file as received and, where only a part was taken, of which part."""
    left_out: tuple[BadRow, ...] = ()
    """Faults of the rows that were not taken, where the caller chose to keep the good ones."""
    notices: tuple[str, ...] = ()
    """What was taken otherwise than it stands in the file, and is no fault."""
    received: Received | None = None
    """The file that it was taken from, if it was a file."""
    told_meters: Mapping[str, ToldMeters] = field(default_factory=dict)
    """By firm, the numbers that its rows came under, where no declaration says by them whose meter
    each row is of."""
    same_meter: bool = False
    """Whether these are of the meter that the firm has, whatever numbers came before."""


@dataclass(frozen=True, kw_only=True)
class Refused:
    """A file of which nothing may be stored, with the rows that are at fault."""

    source_name: str
    bad_rows: tuple[BadRow, ...]
