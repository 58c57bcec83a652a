"""Which intervals a question about peaks looks at: those that count for the bill, or all."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from feature_store.entities.firm import Firm
from feature_store.time_grid import Instants
from models.tariffs.bands import interval_bands

Hours = Literal["counted", "all"]
"""``counted``: whose demand counts for the billed demand. ``all``: held against the contract
power, as ``models.tariffs.switches`` has it."""


def looked_at(firm: Firm, instants: Instants, hours: Hours) -> npt.NDArray[np.bool_]:
    """Say of UTC instants, shape (n,), whether their demand is looked at."""
    if hours == "all":
        return np.ones(len(instants), dtype=np.bool_)
    return interval_bands(firm.contract, instants, firm.zone).counted
