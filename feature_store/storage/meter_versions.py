"""The versions of one meter's readings as columns: what a firm's load is summed from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from feature_store.storage.declarations import Span

Seconds = npt.NDArray[np.int64]
"""UTC epoch seconds."""
FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class MeterVersions:
    """Versions of one meter's readings by interval, and of one interval by when they were known."""

    start: Seconds
    """Start of the interval, shape (versions,)."""
    known_at: Seconds
    """Since when the version is known, likewise."""
    values: Mapping[str, FloatArray]
    """What it tells by column, likewise; NaN where the meter does not tell."""

    def within(self, span: Span) -> MeterVersions:
        """Only the versions of intervals that start in ``span``."""
        first, last = np.searchsorted(self.start, [span.start, span.end])
        return self.rows(int(first), int(last))

    def rows(self, first: int, last: int) -> MeterVersions:
        """Only the versions from the first to before the last, as views."""
        if last - first == len(self.start):
            return self
        return MeterVersions(
            start=self.start[first:last],
            known_at=self.known_at[first:last],
            values={name: column[first:last] for name, column in self.values.items()},
        )

    def where(self, keep: npt.NDArray[np.bool_] | npt.NDArray[np.int64]) -> MeterVersions:
        """Only the versions where ``keep`` is true, or those at its positions."""
        return MeterVersions(
            start=self.start[keep],
            known_at=self.known_at[keep],
            values={name: column[keep] for name, column in self.values.items()},
        )

    @property
    def newest(self) -> npt.NDArray[np.bool_]:
        """Whether each version is the last one of its interval, shape (versions,)."""
        return np.append(self.start[1:] != self.start[:-1], np.ones(len(self.start[:1]), np.bool_))


def by_meter(versions: pl.DataFrame, columns: Sequence[str]) -> dict[str, MeterVersions]:
    """Part rows of many meters, sorted by meter, interval and belief time."""
    parted = versions.partition_by("meter_id", as_dict=True, include_key=False)
    return {
        str(meter_id): MeterVersions(
            start=rows["period_start"].to_numpy(),
            known_at=rows["known_at"].to_numpy(),
            values={name: rows[name].to_numpy() for name in columns},  # null becomes NaN
        )
        for (meter_id,), rows in parted.items()
    }
