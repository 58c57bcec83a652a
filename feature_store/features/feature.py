"""What every feature must tell: its columns, how far back it looks, and its values."""

from __future__ import annotations

from datetime import timedelta
from typing import Protocol

from feature_store.features.load_table import LoadTable, Rows
from feature_store.time_grid import KilowattArray


class Feature(Protocol):
    """One idea about what tells the load to come; one file each.

    To add one: a module here and a line in ``catalogue.py``. ``tests/contracts`` asks each that
    nothing at or after the issue time changes it, and that ``lookback`` is long enough.
    """

    @property
    def names(self) -> tuple[str, ...]:
        """Its columns. A column in kW ends in ``_kw``: forecasters scale it to the firm."""
        ...

    @property
    def lookback(self) -> timedelta:
        """How much history before the issue time it needs for its full value."""
        ...

    def values(self, table: LoadTable, rows: Rows) -> tuple[KilowattArray, ...]:
        """Return one array of shape (rows,) a column; NaN where nothing is known."""
        ...
