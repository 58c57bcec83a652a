"""What every feature must tell: its columns, how far back it looks, and its values."""

from __future__ import annotations

from datetime import timedelta
from typing import Protocol

import numpy as np
import numpy.typing as npt

from feature_store.features.sight import Sight

Column = npt.NDArray[np.float64] | npt.NDArray[np.int64]
"""One column, of shape (issues, leads) or, where all leads share a value, (issues, 1)."""


class Feature(Protocol):
    """One idea about what tells the load to come; one file each.

    To add one: a module here and a line in ``catalogue.py``. ``tests/contracts`` asks each that
    nothing at or after the issue time changes it, that ``lookback`` is long enough, and that it
    makes the same bits for one issue time as for many.
    """

    @property
    def names(self) -> tuple[str, ...]:
        """Its columns. A column in kW ends in ``_kw``: forecasters scale it to the firm."""
        ...

    @property
    def lookback(self) -> timedelta:
        """How much history before the issue time it needs for its full value."""
        ...

    def values(self, sight: Sight) -> tuple[Column, ...]:
        """Return one array a column; NaN where nothing is known."""
        ...
