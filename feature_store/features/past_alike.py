"""What past days alike did at the target's clock time, lifted to the present level."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from feature_store.features.analogues import analogue_sample
from feature_store.features.feature import Column
from feature_store.features.sight import LONGEST_LOOKBACK, Sight


@dataclass(frozen=True)
class PastAlike:
    """Their mean, its distance from the profile, their spread, how near and how many they are."""

    names: tuple[str, ...] = (
        "alike_kw",
        "alike_off_profile_kw",
        "alike_spread_kw",
        "alike_near_kw",
        "alike_days",
    )
    lookback: timedelta = LONGEST_LOOKBACK

    def values(self, sight: Sight) -> tuple[Column, ...]:
        """See :class:`feature_store.features.feature.Feature`."""
        sample = sight.once(analogue_sample)
        weight, demand_kw = sample.weight, sample.demand_kw
        total = weight.sum(axis=-1)
        some = np.where(total > 0, total, np.nan)
        mean_kw = np.einsum("ilm,ilm->il", weight, demand_kw) / some
        square = np.einsum("ilm,ilm,ilm->il", weight, demand_kw, demand_kw) / some
        variance = square - np.square(mean_kw)
        share = weight / some[..., None]  # squared after, or tiny weights would vanish
        effective = 1.0 / np.einsum("ilm,ilm->il", share, share)
        return (
            mean_kw,
            mean_kw - sight.profile_kw,
            np.sqrt(np.maximum(variance, 0.0)),
            sample.near_kw,
            effective,
        )
