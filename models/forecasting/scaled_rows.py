"""Rows of features scaled to the size of their firm, so that one model serves small and large."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from feature_store.features.catalogue import NAMES
from feature_store.time_grid import KilowattArray

FeatureValues = npt.NDArray[np.float32]
"""Rows of features in the order of the catalogue, shape (rows, len(NAMES))."""

SCALED = np.array([name.endswith("_kw") for name in NAMES])
"""Columns in kW: divided by the firm's level."""
LEAST_LEVEL_KW = 1.0
"""Level of a firm that stands still."""


@dataclass(frozen=True, kw_only=True)
class ScaledRows:
    """What a model sees of rows of features."""

    values: FeatureValues
    """As the catalogue makes them, in kW where they are loads."""

    @cached_property
    def level_kw(self) -> KilowattArray:
        """Size of the firm as of each row, shape (rows,), never zero; NaN where unknown."""
        return np.maximum(self._raw("level_kw"), LEAST_LEVEL_KW)

    @cached_property
    def profile_kw(self) -> KilowattArray:
        """The day's profile; where no such day is known yet, the newest value at that clock step.

        Without that, the level; shape (rows,).
        """
        profile_kw = self._raw("profile_kw")
        for name in ("same_time_newest_kw", "level_kw"):
            profile_kw = np.where(np.isfinite(profile_kw), profile_kw, self._raw(name))
        return profile_kw

    @cached_property
    def scaled(self) -> FeatureValues:
        """Loads as shares of the level, the rest as it is."""
        scale = np.where(SCALED, self.level_kw[:, None], 1.0).astype(np.float32)
        return (self.values / scale).astype(np.float32)

    @cached_property
    def profile(self) -> npt.NDArray[np.float64]:
        """The profile as a share of the level."""
        return self.profile_kw / self.level_kw

    def column(self, name: str) -> npt.NDArray[np.float64]:
        """One feature of all rows, scaled."""
        return self.scaled[:, NAMES.index(name)].astype(np.float64)

    def _raw(self, name: str) -> KilowattArray:
        return self.values[:, NAMES.index(name)].astype(np.float64)
