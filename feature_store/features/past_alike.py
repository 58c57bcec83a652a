"""What past days alike did at the target's clock time, lifted to the present level."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from feature_store.features.analogues import a_few_at_once, find_analogues
from feature_store.features.feature import Column
from feature_store.features.loops import add_members
from feature_store.features.sight import LONGEST_LOOKBACK, Sight

_SCALE = 2.0**500
"""Weights of far days are tiny; their squares would vanish, and so scaled none is too large."""
_TINY = np.finfo(np.float64).tiny
"""Where the squares vanish even so, one day is as many as there are at least."""


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
        found = sight.once(find_analogues)
        totals = np.empty((4, *sight.lead.shape))
        for issues in a_few_at_once(sight):
            weight, demand_kw = found.members(sight, issues)
            members = weight.shape[-1]
            of_issues = np.empty((4, weight[..., 0].size))
            add_members(
                weight.reshape(-1, members), demand_kw.reshape(-1, members), _SCALE, of_issues
            )
            totals[:, issues] = of_issues.reshape(totals[:, issues].shape)
        total, squared, total_kw, squares = totals
        some = np.where(total > 0, total, np.nan)
        mean_kw = total_kw / some
        variance = squares / some - np.square(mean_kw)
        near_kw = found.near_kw.take(sight.target_place)
        return (
            mean_kw,
            mean_kw - sight.profile_kw,
            np.sqrt(np.maximum(variance, 0.0)),
            np.where(total > 0, near_kw, np.nan),
            np.maximum(some / np.maximum(squared, _TINY) * some, 1.0),
        )
