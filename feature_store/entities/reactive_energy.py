"""A firm's measured reactive energy as it was known at one moment: what its power factor is of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from feature_store.time_grid import TimeGrid

KilovarHourArray = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class ReactiveEnergy:
    """Reactive energy of each interval on a gapless grid; what is not known is NaN, never zero.

    It is for the bill alone. It is measured in the same interval as the load, so a forecast that
    read it would be told the answer: no :class:`LoadHistory` and no feature holds it.
    """

    firm_id: str
    grid: TimeGrid
    lagging_kvarh: KilovarHourArray
    """Lagging reactive energy 지상무효전력량 of each interval, shape (grid.steps,)."""
    leading_kvarh: KilovarHourArray
    """Leading reactive energy 진상무효전력량 of each interval, shape (grid.steps,)."""

    def __post_init__(self) -> None:
        """Refuse arrays that do not lie on the grid."""
        expected = (self.grid.steps,)
        if self.lagging_kvarh.shape != expected or self.leading_kvarh.shape != expected:
            raise ValueError(
                f"{self.firm_id}: lagging_kvarh {self.lagging_kvarh.shape} and leading_kvarh "
                f"{self.leading_kvarh.shape} must both have shape {expected}"
            )

    @property
    def measured(self) -> bool:
        """Whether any of it is known: many meters tell active energy alone."""
        known = np.isfinite(self.lagging_kvarh) | np.isfinite(self.leading_kvarh)
        return bool(known.any())
