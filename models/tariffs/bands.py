"""The band of each interval, and whether its demand counts for the bill."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from feature_store.calendar.off_peak_days import off_peak_days
from feature_store.entities.firm import Contract
from feature_store.time_grid import SATURDAY, Instants, LocalClock, local_clock
from models.tariffs.band import Band
from models.tariffs.dated import LocalDates, dates_in_force, version_of
from models.tariffs.kepco_tables import KepcoTables, kepco_tables
from models.tariffs.switches import USUAL, Switches


@dataclass(frozen=True, kw_only=True)
class IntervalBands:
    """What the hour tables and the calendar say of each of many intervals, arrays of shape (n,)."""

    clock: LocalClock
    season: npt.NDArray[np.int8]
    """Index into ``hours.SEASONS``."""
    band: npt.NDArray[np.int8]
    """Band that the energy is billed in, as in :class:`Band`."""
    counted: npt.NDArray[np.bool_]
    """Whether the demand counts for the billed demand."""
    off_peak_day: npt.NDArray[np.bool_]
    """Sunday or public holiday."""

    @property
    def weekend(self) -> npt.NDArray[np.bool_]:
        """Saturday, Sunday or public holiday."""
        return self.off_peak_day | (self.clock.weekday == SATURDAY)


def interval_bands(
    contract: Contract, instants: Instants, zone: ZoneInfo, switches: Switches = USUAL
) -> IntervalBands:
    """Read the hour tables at UTC ``instants``, shape (n,).

    On a Sunday or public holiday all is off-peak and no demand counts. On another Saturday the
    energy of peak hours is billed as mid, while the demand counts in its own band. Without a
    demand meter no demand counts.

    Source: KEPCO terms of supply, 기본공급약관 annex 3 and 제68조.
    """
    tables = kepco_tables()
    clock = local_clock(instants, zone)
    season = tables.season_by_month[clock.month]
    hour_band = _hour_band(contract, clock, season, tables)
    off_peak_day = _by_date(clock.date, switches)
    saturday = clock.weekday == SATURDAY
    band = np.where(saturday & (hour_band == Band.PEAK), Band.MID, hour_band)
    metered = tables.classes[contract.tariff_class].demand_metered
    return IntervalBands(
        clock=clock,
        season=season,
        band=np.where(off_peak_day, Band.OFF_PEAK, band).astype(np.int8),
        counted=(hour_band != Band.OFF_PEAK) & ~off_peak_day & metered,
        off_peak_day=off_peak_day,
    )


def _hour_band(
    contract: Contract, clock: LocalClock, season: npt.NDArray[np.int8], tables: KepcoTables
) -> npt.NDArray[np.int8]:
    """Band by season and hour alone, whatever day it is, shape (n,)."""
    table = tables.classes[contract.tariff_class]
    dates = dates_in_force(contract, clock.date)
    rules = table.rules_date(dates, deferred=contract.reform_deferred)
    version = version_of(rules, table.hours, f"hours of {contract.tariff_class}")
    by_version = np.stack([tables.band_by_season_and_hour[hours.table] for hours in table.hours])
    return by_version[version, season, clock.hour]


def _by_date(dates: LocalDates, switches: Switches) -> npt.NDArray[np.bool_]:
    """Ask the calendar once a date instead of once an interval."""
    days, position = np.unique(dates, return_inverse=True)
    exclude = switches.unconfirmed_holidays == "ordinary"
    return off_peak_days(days, exclude_unconfirmed=exclude)[position]
