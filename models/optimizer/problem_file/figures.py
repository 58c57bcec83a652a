"""How powers are written in an answer."""

from __future__ import annotations

import numpy as np

from feature_store.time_grid import KilowattArray

DECIMALS = 3
"""Powers are written to the watt, finer than any meter reads."""


def rounded(values: KilowattArray) -> list[float]:
    """Return the values as they are written; none is a negative zero."""
    return (np.round(values, DECIMALS) + 0.0).tolist()
