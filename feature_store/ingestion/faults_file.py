"""Every fault of a refused file, as a table to mend it by."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from feature_store.entities.reading_batch import BadRow
from feature_store.errors import SandanError

COLUMNS = ("row", "column", "value", "reason", "fix")


def write_faults(bad_rows: Sequence[BadRow], path: Path) -> None:
    """Write one fault a line as CSV, the values as they stand in the file."""
    try:
        with path.open("w", encoding="utf-8", newline="") as lines:
            table = csv.writer(lines)
            table.writerow(COLUMNS)
            table.writerows(
                (bad.row, bad.column, bad.value, bad.fault, bad.fix) for bad in bad_rows
            )
    except OSError as error:
        raise SandanError(
            f"{path}: the faults cannot be written ({error.strerror}); name another file"
        ) from None
