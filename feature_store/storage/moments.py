"""Moments as the ledger counts them: whole UTC seconds."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from feature_store.time_grid import utc_instant


def epoch_seconds(moment: datetime) -> int:
    """Return the whole UTC second of ``moment``; a naive one is refused."""
    return int(utc_instant(moment).astype(np.int64))


def moment_of_seconds(seconds: int) -> datetime:
    """Return the moment that begins a UTC epoch second."""
    return datetime.fromtimestamp(seconds, UTC)
