"""How fresh a meter is whose readings are one history: what the ledger's look-up says of them."""

from __future__ import annotations

from datetime import datetime

import numpy as np

from feature_store.entities.load_history import LoadHistory
from feature_store.quality.freshness import Freshness, freshness, learnt_cadence
from feature_store.time_grid import STEP, to_datetime, utc_instant


def fresh(history: LoadHistory, *, moment: datetime) -> Freshness:
    """Learn from all that was known at ``moment``, and say how old the newest of it is."""
    ends = history.grid.starts + STEP
    arrived = history.first_known_at
    known = ends[arrived <= utc_instant(moment)]  # NaT compares False
    newest = to_datetime(np.max(known), history.grid.start.tzinfo) if known.size else None
    return freshness(newest, learnt_cadence(ends, arrived, moment=moment), moment=moment)
