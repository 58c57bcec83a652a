"""What a contract pays in each interval of a grid."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from feature_store.entities.firm import Contract
from feature_store.time_grid import TimeGrid
from models.tariffs.bands import IntervalBands, interval_bands
from models.tariffs.billing_month import BillingMonth, billing_month_numbers
from models.tariffs.dated import LocalDates, dates_in_force, version_of
from models.tariffs.errors import NoTariffError
from models.tariffs.kepco_tables import Addition, ClassTable, Price, kepco_tables
from models.tariffs.switches import USUAL, Switches

Steps = npt.NDArray[np.intp]
"""Indices of intervals on a grid."""


@dataclass(frozen=True, kw_only=True)
class BilledMonth:
    """One billing month that a grid touches."""

    month: BillingMonth
    basic_krw_per_kw: float
    """Demand charge per kW: the mean over the days of the month that the grid touches."""
    excess_krw_per_kw: float
    """What each kW above the contract power costs."""
    steps: Steps
    """The intervals of the grid in this month."""
    counted_steps: Steps
    """The intervals whose demand this month's bill looks at: its own counted ones, and those of
    earlier months of the grid that its ratchet remembers."""

    @property
    def name(self) -> str:
        """The month as it is written."""
        return str(self.month)


@dataclass(frozen=True, kw_only=True)
class GridPrices:
    """Prices before VAT and electricity fund; arrays have shape (grid.steps,)."""

    grid: TimeGrid
    bands: IntervalBands
    rates_version: npt.NDArray[np.intp]
    """Index of the class's rates in force."""
    listed_krw_per_kwh: npt.NDArray[np.float64]
    """Energy price of the band as the table lists it."""
    discount_krw_per_kwh: npt.NDArray[np.float64]
    """Weekend discount, >= 0."""
    climate_krw_per_kwh: npt.NDArray[np.float64]
    fuel_krw_per_kwh: npt.NDArray[np.float64]
    months: tuple[BilledMonth, ...]
    """The billing months touched, in order."""

    @property
    def band(self) -> npt.NDArray[np.int8]:
        """Band that the energy is billed in, as in :class:`models.tariffs.band.Band`."""
        return self.bands.band

    @property
    def counted(self) -> npt.NDArray[np.bool_]:
        """Whether the interval's demand counts for the billed demand."""
        return self.bands.counted

    @property
    def energy_krw_per_kwh(self) -> npt.NDArray[np.float64]:
        """Energy price of the band, weekend discount taken off."""
        return self.listed_krw_per_kwh - self.discount_krw_per_kwh

    @property
    def addition_krw_per_kwh(self) -> npt.NDArray[np.float64]:
        """Climate charge and fuel adjustment."""
        return self.climate_krw_per_kwh + self.fuel_krw_per_kwh

    @property
    def krw_per_kwh(self) -> npt.NDArray[np.float64]:
        """All that a kWh costs."""
        return self.energy_krw_per_kwh + self.addition_krw_per_kwh


def grid_prices(
    contract: Contract, grid: TimeGrid, zone: ZoneInfo, switches: Switches = USUAL
) -> GridPrices:
    """Price every interval of ``grid`` for ``contract``; days begin in ``zone``.

    A day before the first version, or a voltage and option that the class does not have, is a
    :class:`NoTariffError`.

    Example:
        >>> from datetime import datetime
        >>> seoul = ZoneInfo("Asia/Seoul")
        >>> grid = TimeGrid(datetime(2026, 7, 1, 14, tzinfo=seoul), steps=8)
        >>> prices = grid_prices(Contract(power_kw=500), grid, seoul)
        >>> prices.energy_krw_per_kwh.tolist()
        [163.8, 163.8, 163.8, 163.8, 229.0, 229.0, 229.0, 229.0]
        >>> prices.months[0].basic_krw_per_kw
        8320.0
    """
    tables = kepco_tables()
    table = tables.classes[contract.tariff_class]
    bands = interval_bands(contract, grid.starts, zone, switches)
    day = bands.day
    dates = dates_in_force(contract, bands.days)
    rules = table.rules_date(dates, deferred=contract.reform_deferred)
    version = version_of(rules, table.rates, f"rates of {contract.tariff_class}")[day]
    used, position = np.unique(version, return_inverse=True)
    prices = np.stack([_price(contract, table, index).energy_krw_per_kwh for index in used])
    energy = prices[position, bands.season, bands.band]
    return GridPrices(
        grid=grid,
        bands=bands,
        rates_version=version,
        listed_krw_per_kwh=energy,
        discount_krw_per_kwh=_weekend_discount(table, rules, bands, energy, switches),
        climate_krw_per_kwh=_addition(dates, tables.climate, "climate", switches)[day],
        fuel_krw_per_kwh=_addition(dates, tables.fuel, "fuel", switches)[day],
        months=_billed_months(contract, bands, basic_krw_per_kw(contract, bands.days)),
    )


def basic_krw_per_kw(contract: Contract, dates: LocalDates) -> npt.NDArray[np.float64]:
    """Return the demand charge per kW and month 기본요금 by the rates of each date, same shape."""
    table = kepco_tables().classes[contract.tariff_class]
    rules = table.rules_date(dates_in_force(contract, dates), deferred=contract.reform_deferred)
    version = version_of(rules, table.rates, f"rates of {contract.tariff_class}")
    used, position = np.unique(version, return_inverse=True)
    prices = [_price(contract, table, index).basic_krw_per_kw for index in used]
    return np.array(prices)[position]


def _price(contract: Contract, table: ClassTable, version: int) -> Price:
    """Return what the contract pays in one version."""
    prices = table.rates[version].prices
    key = f"{contract.voltage}/{contract.option}"
    if key not in prices:
        raise NoTariffError(
            f"{contract.tariff_class} from {table.rates[version].from_day} has no voltage/option "
            f"{key}; "
            f"declare one of {', '.join(prices)}"
        )
    return prices[key]


def _weekend_discount(
    table: ClassTable,
    rules: LocalDates,
    bands: IntervalBands,
    energy_krw_per_kwh: npt.NDArray[np.float64],
    switches: Switches,
) -> npt.NDArray[np.float64]:
    """Won per kWh off each interval, cut to 0.1 won as on the bill (121.5 / 2 -> 60.7)."""
    discount = np.zeros_like(energy_krw_per_kwh)
    month = bands.days.astype("datetime64[M]").astype(np.int64) % 12 + 1
    for rule in table.weekend_discounts:
        first, end = rule.hours
        day_hit = rule.covers(rules) & np.isin(month, rule.months)
        if not day_hit.any():
            continue
        hour = bands.clock.hour
        hit = day_hit[bands.day] & bands.weekend & (hour >= first) & (hour < end)
        tenths = np.round(energy_krw_per_kwh[hit] * 10)  # one decimal: exact as integers
        off_tenths = tenths * rule.share
        if switches.weekend_discount == "rate_cut":
            off_tenths = np.floor(off_tenths)
        discount[hit] = off_tenths / 10
    return discount


def _addition(
    dates: LocalDates, versions: tuple[Addition, ...], what: str, switches: Switches
) -> npt.NDArray[np.float64]:
    instead = switches.assumed_fuel_krw_per_kwh
    figures = np.array(
        [
            version.krw_per_kwh if instead is None or version.confidence != "assumed" else instead
            for version in versions
        ]
    )
    return figures[version_of(dates, versions, what)]


def _billed_months(
    contract: Contract, bands: IntervalBands, basic_krw_per_kw: npt.NDArray[np.float64]
) -> tuple[BilledMonth, ...]:
    tables = kepco_tables()
    numbers = billing_month_numbers(bands.days, contract.meter_reading_day)[bands.day]
    starts = np.flatnonzero(np.diff(numbers, prepend=-1))
    touched = numbers[starts]
    steps_of = [np.arange(*edges) for edges in pairwise([*starts.tolist(), numbers.size])]
    counted_of = [
        steps[0] + np.flatnonzero(bands.counted[steps[0] : steps[-1] + 1]) for steps in steps_of
    ]
    months = []
    for position, steps in enumerate(steps_of):
        first_date = dates_in_force(contract, bands.clock.date[steps[:1]])
        rule = tables.billed_demand[version_of(first_date, tables.billed_demand, "demand")[0]]
        excess = tables.excess[version_of(first_date, tables.excess, "excess")[0]]
        age = touched[position] - touched
        looked_at = np.isin(touched % 12 + 1, rule.ratchet_months) & (age < rule.window_months)
        looked_at = (looked_at & (age > 0)) | (age == 0)
        basic = float(basic_krw_per_kw[bands.day[steps[0]] : bands.day[steps[-1]] + 1].mean())
        months.append(
            BilledMonth(
                month=BillingMonth.of_number(int(touched[position])),
                basic_krw_per_kw=basic,
                excess_krw_per_kw=excess.basic_multiple * basic,
                steps=steps,
                counted_steps=np.concatenate(
                    [counted for counted, at in zip(counted_of, looked_at, strict=True) if at]
                ),
            )
        )
    return tuple(months)
