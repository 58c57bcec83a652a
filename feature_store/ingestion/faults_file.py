"""Every fault of a refused file, as a table to mend it by."""

from __future__ import annotations

import csv
from pathlib import Path

from feature_store.entities.reading_batch import Refused
from feature_store.errors import SandanError

COLUMNS = ("row", "column", "value", "reason")


def write_faults(refused: Refused, path: Path) -> None:
    """Write one fault a line as CSV, the values as they stand in the refused file."""
    try:
        with path.open("w", encoding="utf-8", newline="") as lines:
            table = csv.writer(lines)
            table.writerow(COLUMNS)
            table.writerows(
                (bad.row, bad.column, bad.value, bad.reason) for bad in refused.bad_rows
            )
    except OSError as error:
        raise SandanError(
            f"{path}: the faults cannot be written ({error.strerror}); name another file"
        ) from None
