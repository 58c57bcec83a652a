"""The list of features, in the order of their columns."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import numpy as np
import numpy.typing as npt

from feature_store.features.clock import Clock
from feature_store.features.day_profile import DayProfile
from feature_store.features.feature import Feature
from feature_store.features.lead_time import LeadTime
from feature_store.features.load_table import LoadTable, Rows
from feature_store.features.present_level import PresentLevel
from feature_store.features.recent_range import RecentRange
from feature_store.features.same_time import SameTime

CATALOGUE: tuple[Feature, ...] = (
    LeadTime(),
    Clock(),
    SameTime(),
    DayProfile(),
    PresentLevel(),
    RecentRange(),
)

NAMES = tuple(name for feature in CATALOGUE for name in feature.names)
LOOKBACK: timedelta = max(feature.lookback for feature in CATALOGUE)
"""History that a serving frame needs to equal the training frame."""


def catalogue_hash() -> str:
    """Hash of the columns and lookbacks, kept with a model: another catalogue needs a new one."""
    described = ";".join(
        f"{feature.lookback.total_seconds():.0f}:{','.join(feature.names)}" for feature in CATALOGUE
    )
    return hashlib.sha256(described.encode()).hexdigest()[:16]


def feature_values(table: LoadTable, rows: Rows) -> npt.NDArray[np.float32]:
    """All features of all rows, shape (rows, len(NAMES))."""
    columns = [column for feature in CATALOGUE for column in feature.values(table, rows)]
    return np.stack(columns, axis=1).astype(np.float32)
