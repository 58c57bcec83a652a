"""The list of features, in the order of their columns."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import numpy.typing as npt

from feature_store.features.clock import Clock
from feature_store.features.day_profile import DayProfile
from feature_store.features.feature import Feature
from feature_store.features.lead_time import LeadTime
from feature_store.features.past_alike import PastAlike
from feature_store.features.present_level import PresentLevel
from feature_store.features.probe import probe
from feature_store.features.recent_range import RecentRange
from feature_store.features.same_time import SameTime
from feature_store.features.sight import Sight
from feature_store.features.weather import Weather

CATALOGUE: tuple[Feature, ...] = (
    LeadTime(),
    Clock(),
    SameTime(),
    DayProfile(),
    PresentLevel(),
    RecentRange(),
    PastAlike(),
    Weather(),
)

NAMES = tuple(name for feature in CATALOGUE for name in feature.names)
LOOKBACK: timedelta = max(feature.lookback for feature in CATALOGUE)
"""History that a serving frame needs to equal the training frame."""
_COUNTS_PER_UNIT = 1000
_UNKNOWN = -(2.0**62)
"""What the hash takes for NaN, whose bits differ by processor."""


def fill_features(sight: Sight, values: npt.NDArray[np.float32]) -> None:
    """Write every feature of every row into ``values``, shape (issues, leads, len(NAMES))."""
    number = 0
    for feature in CATALOGUE:
        for column in feature.values(sight):
            values[:, :, number] = column
            number += 1


def catalogue_hash(catalogue: Sequence[Feature] = CATALOGUE) -> str:
    """Hash of what the features are and do, kept with a model: another catalogue needs a new one.

    It covers columns, lookbacks and parameters, and the values that the code makes of a made firm
    (:mod:`feature_store.features.probe`), so it changes with a constant or a line of code that
    changes a feature, and not with a comment. Values count to the thousandth: no processor's last
    bit makes another catalogue.
    """
    content = hashlib.sha256()
    seen = probe()
    for feature in catalogue:
        content.update(f"{feature!r};{feature.lookback.total_seconds():.0f}".encode())
        for name, column in zip(feature.names, feature.values(seen), strict=True):
            counted = np.where(np.isnan(column), _UNKNOWN, np.rint(column * _COUNTS_PER_UNIT))
            content.update(name.encode() + counted.astype("<i8").tobytes())
    return content.hexdigest()[:16]
