"""How far ahead the target lies."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from feature_store.features.feature import Column
from feature_store.features.sight import Sight


@dataclass(frozen=True)
class LeadTime:
    """Steps from the issue time to the target."""

    names: tuple[str, ...] = ("lead_steps",)
    lookback: timedelta = timedelta(0)

    def values(self, sight: Sight) -> tuple[Column, ...]:
        """See :class:`feature_store.features.feature.Feature`."""
        return (sight.lead,)
