"""Which band each clock hour of a season belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict

from models.tariffs.band import Band
from models.tariffs.errors import TariffTableError

SeasonName = Literal["summer", "spring_autumn", "winter"]
SEASONS: tuple[SeasonName, ...] = ("summer", "spring_autumn", "winter")
"""Order of the seasons in every array and in the price rows of the files."""

HOURS_PER_DAY = 24


class HoursOfBands(BaseModel):
    """Clock hours ``[from, to)`` of each band in one season."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    off_peak: tuple[tuple[int, int], ...]
    mid: tuple[tuple[int, int], ...]
    peak: tuple[tuple[int, int], ...]

    def band_by_hour(self, what: str) -> npt.NDArray[np.int8]:
        """Return the band of each hour, shape (24,); every hour is in exactly one."""
        owners: list[list[Band]] = [[] for _ in range(HOURS_PER_DAY)]
        for band, spans in zip(Band, (self.off_peak, self.mid, self.peak), strict=True):
            for first, end in spans:
                for hour in range(first, end):
                    owners[hour].append(band)
        for hour, bands in enumerate(owners):
            if len(bands) != 1:
                names = " and ".join(band.name for band in bands) or "no band"
                raise TariffTableError(
                    f"{what}: hour {hour} is in {names}; put it into exactly one"
                )
        return np.array([bands[0] for bands in owners], dtype=np.int8)


class HoursFile(BaseModel):
    """The file of seasons and tables of hours."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seasons: Mapping[SeasonName, tuple[int, ...]]
    tables: Mapping[str, Mapping[SeasonName, HoursOfBands]]

    def season_by_month(self) -> npt.NDArray[np.int8]:
        """Return the index into ``SEASONS`` of each month; index 0 is unused, shape (13,)."""
        months = [(month, name) for name, group in self.seasons.items() for month in group]
        if sorted(month for month, _ in months) != list(range(1, 13)):
            raise TariffTableError("seasons: every month must be in exactly one season; mend them")
        season = np.full(13, -1, dtype=np.int8)
        for month, name in months:
            season[month] = SEASONS.index(name)
        return season

    def band_tables(self) -> dict[str, npt.NDArray[np.int8]]:
        """Return each table as the band by season and hour, shape (3, 24)."""
        return {
            name: np.stack(
                [seasons[season].band_by_hour(f"{name}, {season}") for season in SEASONS]
            )
            for name, seasons in self.tables.items()
        }
