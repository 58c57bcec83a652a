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
    days: LocalDates
    """Every calendar day from the first to the last touched, shape (days,)."""
    day: npt.NDArray[np.intp]
    """Index into ``days``: what holds for a day is looked up once a day, not once an interval."""
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
    days, day = _days(clock.date)
    season_of_day = tables.season_by_month[days.astype("datetime64[M]").astype(np.int64) % 12 + 1]
    hour_band = _hour_bands(contract, days, season_of_day, tables)[day, clock.hour]
    exclude = switches.unconfirmed_holidays == "ordinary"
    off_peak_day = off_peak_days(days, exclude_unconfirmed=exclude)[day]
    saturday = clock.weekday == SATURDAY
    band = np.where(saturday & (hour_band == Band.PEAK), Band.MID, hour_band)
    metered = tables.classes[contract.tariff_class].demand_metered
    return IntervalBands(
        clock=clock,
        days=days,
        day=day,
        season=season_of_day[day],
        band=np.where(off_peak_day, Band.OFF_PEAK, band).astype(np.int8),
        counted=(hour_band != Band.OFF_PEAK) & ~off_peak_day & metered,
        off_peak_day=off_peak_day,
    )


def _days(dates: LocalDates) -> tuple[LocalDates, npt.NDArray[np.intp]]:
    """Return the calendar days that ``dates`` span, and the position of each among them."""
    if not dates.size:
        return dates, np.zeros(0, dtype=np.intp)
    first = dates.min()
    return np.arange(first, dates.max() + 1), (dates - first).astype(np.intp)


def _hour_bands(
    contract: Contract, days: LocalDates, season: npt.NDArray[np.int8], tables: KepcoTables
) -> npt.NDArray[np.int8]:
    """Band by season and hour alone, whatever day of the week it is, shape (days, 24)."""
    table = tables.classes[contract.tariff_class]
    dates = dates_in_force(contract, days)
    rules = table.rules_date(dates, deferred=contract.reform_deferred)
    version = version_of(rules, table.hours, f"hours of {contract.tariff_class}")
    by_version = np.stack([tables.band_by_season_and_hour[hours.table] for hours in table.hours])
    return by_version[version, season]
