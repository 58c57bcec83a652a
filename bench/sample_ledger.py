"""A ledger in a folder, filled with the sample complex."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from feature_store.sample.complex import SampleComplex
from feature_store.settings import Settings
from feature_store.storage.ledger_store import LedgerStore, open_store


def sample_ledger(folder: Path, sample: SampleComplex) -> LedgerStore:
    """Store the sample's firms and readings, known from their first reading on."""
    store = open_store(Settings(home=folder))
    first: datetime = sample.batch.rows["period_start"].sort()[0]
    for firm in sample.firms:
        store.declare(firm, known_at=first)
    store.append(sample.batch, recorded_at=sample.demo_time)
    return store
