"""What was known of an interval before a correction: the versions that no longer hold."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

import numpy as np
import numpy.typing as npt

from feature_store.time_grid import Instants, KilowattArray


def _no_instants() -> Instants:
    return np.empty(0, dtype="datetime64[s]")


@dataclass(frozen=True, kw_only=True)
class Superseded:
    """Earlier versions of readings, by interval and then by time; made without any by default.

    The versions of one interval follow each other without a gap: one is known until the next is,
    the last of them until the one that holds.
    """

    start: Instants = field(default_factory=_no_instants)
    """Start of the interval that each version is about, shape (versions,)."""
    known_from: Instants = field(default_factory=_no_instants)
    """When each could first be read, likewise."""
    known_until: Instants = field(default_factory=_no_instants)
    """When the next one could, from which on this one is no longer what is known; likewise."""
    demand_kw: KilowattArray = field(default_factory=lambda: np.empty(0))
    """What it told, likewise."""

    def __post_init__(self) -> None:
        """Refuse columns of different lengths."""
        lengths = {getattr(self, column.name).shape for column in fields(self)}
        if len(lengths) > 1:
            raise ValueError(f"columns of superseded readings differ in length: {lengths}")

    def where(self, keep: npt.NDArray[np.bool_]) -> Superseded:
        """Only the versions where ``keep`` is true."""
        return Superseded(
            start=self.start[keep],
            known_from=self.known_from[keep],
            known_until=self.known_until[keep],
            demand_kw=self.demand_kw[keep],
        )

    def held_at(self, instant: np.datetime64) -> Superseded:
        """The versions that were what was known at ``instant``."""
        return self.where((self.known_from <= instant) & (instant < self.known_until))

    def superseded_by(self, instant: np.datetime64) -> Superseded:
        """The versions that were superseded at ``instant`` already."""
        return self.where(self.known_until <= instant)
