"""Everything that is watched about meters, beside what they tell."""

from __future__ import annotations

from dataclasses import dataclass

from feature_store.storage.daily_loads import DailyLoadStore
from feature_store.storage.findings import FindingStore
from feature_store.storage.ledger_store import LedgerStore
from feature_store.storage.meter_freshness import MeterFreshness


@dataclass(frozen=True, kw_only=True)
class MeterWatch:
    """What pages and the API show of a firm's data."""

    freshness: MeterFreshness
    findings: FindingStore
    daily_loads: DailyLoadStore

    @classmethod
    def of(cls, ledger: LedgerStore) -> MeterWatch:
        """Watch the meters of a ledger."""
        return cls(
            freshness=MeterFreshness(engine=ledger.engine),
            findings=FindingStore(engine=ledger.engine),
            daily_loads=DailyLoadStore(ledger=ledger),
        )
