"""One meter's readings as they were known at one moment: how good each is and where it is from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from feature_store.entities.meter import Meter
from feature_store.time_grid import Instants, TimeGrid


class ReadingQuality(StrEnum):
    """How a reading came about, as whoever delivered it says."""

    MEASURED = "measured"
    """Read from the meter."""
    ESTIMATED = "estimated"
    """Put in by the utility or the collecting system where the meter was not read."""
    SUSPECT = "suspect"
    """Read, but marked as doubtful."""


@dataclass(frozen=True, kw_only=True)
class ReadingSource:
    """The delivery that brought a reading."""

    import_id: int
    name: str
    """File name, or what a client calls its delivery."""
    format: str
    """Name of the reader."""
    content_sha256: str
    """Hash of what was delivered."""


@dataclass(frozen=True, kw_only=True)
class MeterReadings:
    """A meter's readings on a gapless grid, whether its firm's load counts them or not."""

    meter: Meter
    grid: TimeGrid
    kwh: npt.NDArray[np.float64]
    """Energy of each interval, shape (grid.steps,); NaN where no reading is known."""
    known_at: Instants
    """Since when the value and its quality are known, shape (grid.steps,); NaT where unknown."""
    quality: npt.NDArray[np.str_]
    """A :class:`ReadingQuality` of each interval, shape (grid.steps,); empty where unknown."""
    source: npt.NDArray[np.int64]
    """Position in ``sources`` for each interval, shape (grid.steps,); -1 where unknown."""
    sources: tuple[ReadingSource, ...]
    """The deliveries that the readings are from, oldest first."""
