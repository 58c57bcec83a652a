"""How far ahead the target lies, and from which hour it is looked at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from feature_store.features.feature import Column
from feature_store.features.sight import Sight


@dataclass(frozen=True)
class LeadTime:
    """Steps and days from the issue time to the target, and the issue time's own clock step."""

    names: tuple[str, ...] = ("lead_steps", "lead_days", "issue_step")
    lookback: timedelta = timedelta(0)

    def values(self, sight: Sight) -> tuple[Column, ...]:
        """See :class:`feature_store.features.feature.Feature`."""
        return sight.lead, sight.target_day - sight.issue_day, sight.issue_step
