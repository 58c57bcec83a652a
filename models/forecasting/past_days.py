"""A firm's whole days before a moment, by clock step."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.features.load_table import load_table
from feature_store.time_grid import KilowattArray, local_clock, utc_instant


@dataclass(frozen=True, kw_only=True)
class PastDays:
    """Days in order, the newest last."""

    date: npt.NDArray[np.datetime64]
    """Local dates, consecutive, dtype ``datetime64[D]``, shape (days,)."""
    kind: npt.NDArray[np.int64]
    """One of ``feature_store.features.load_table.DAY_KINDS``, shape (days,)."""
    demand_kw: KilowattArray
    """Shape (days, 96); NaN where nothing is known."""


def past_days(firm: Firm, history: LoadHistory, before: datetime) -> PastDays:
    """Return the days before the one of ``before``, as they were known then."""
    table = load_table(firm, history.as_of(before), 0)
    ends = np.array([table.first, utc_instant(before)])
    first_date, day_of_before = local_clock(ends, firm.zone).date
    days = int((day_of_before - first_date).astype(np.int64))
    return PastDays(
        date=first_date + np.arange(days),
        kind=table.kind_of_day[:days],
        demand_kw=table.by_day_kw[:days],
    )
