"""What days of the target's kind have looked like at its clock step."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from feature_store.features.feature import Column
from feature_store.features.local_days import PROFILE_REACH_DAYS
from feature_store.features.sight import Sight


@dataclass(frozen=True)
class DayProfile:
    """Mean, lower and upper reach and the newest of the last days of the target's kind."""

    names: tuple[str, ...] = ("profile_kw", "profile_low_kw", "profile_high_kw", "profile_last_kw")
    lookback: timedelta = timedelta(days=PROFILE_REACH_DAYS)

    def values(self, sight: Sight) -> tuple[Column, ...]:
        """See :class:`feature_store.features.feature.Feature`."""
        profile = sight.profile
        return profile.mean_kw, profile.low_kw, profile.high_kw, profile.last_kw
