"""How far ahead the target lies."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from feature_store.features.load_table import LoadTable, Rows
from feature_store.time_grid import KilowattArray


@dataclass(frozen=True)
class LeadTime:
    """Steps from the issue time to the target."""

    names: tuple[str, ...] = ("lead_steps",)
    lookback: timedelta = timedelta(0)

    def values(self, table: LoadTable, rows: Rows) -> tuple[KilowattArray, ...]:
        """See :class:`feature_store.features.feature.Feature`."""
        del table
        return (rows.lead.astype(np.float64),)
