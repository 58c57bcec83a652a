"""The energy of a month by the price it is billed at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from feature_store.entities.firm import Contract
from models.tariffs.band import Band
from models.tariffs.bill.amounts import exact, half_up
from models.tariffs.bill.metered_energy import Quantities
from models.tariffs.grid_prices import GridPrices
from models.tariffs.hours import SEASONS
from models.tariffs.kepco_tables import kepco_tables
from models.tariffs.switches import Switches

MICRO_PER_KWH = 10**6
"""Readings are added as whole millionths of a kWh: meters give at most that many digits, a month of
any firm stays far below the largest whole number of a float, and no sum depends on its order."""


@dataclass(frozen=True, kw_only=True)
class EnergyPart:
    """The energy of one band while one version and season held."""

    days: tuple[date, date]
    """First and last day of the part of the month."""
    band: Band | None
    """None where every band costs the same."""
    kwh: int
    """Whole kWh; over the parts of a month they add up to the band's total, half-up to 1 kWh."""
    krw_per_kwh: Fraction
    discounts: tuple[tuple[int, Fraction], ...]
    """kWh, half-up to 1 and at most :attr:`kwh`, and won per kWh that are taken off."""


@dataclass(frozen=True)
class _Billed:
    """Energy of a band up to the end of a part."""

    micro: float
    kwh: int


def energy_parts(
    kwh: Quantities, prices: GridPrices, contract: Contract, switches: Switches
) -> tuple[EnergyPart, ...]:
    """Split a month at every change of version and season, each part into its bands.

    By the interval's own date, or, if ``switches`` say so, each band's energy by the number of
    days. A band without an hour in a part has no entry.
    """
    micro = micro_kwh(kwh)
    key = prices.rates_version * len(SEASONS) + prices.bands.season
    starts = np.flatnonzero(np.diff(key, prepend=-1))
    part = np.searchsorted(starts, np.arange(key.size), side="right") - 1
    sums = _by_part_and_band(part, prices.band, micro)
    hours = _by_part_and_band(part, prices.band, np.ones_like(micro)) > 0
    if switches.split == "by_days":
        sums = _by_days(sums, _days(part, prices))
        hours = np.broadcast_to(hours.any(axis=0), hours.shape)
    found: list[EnergyPart] = []
    billed: dict[tuple[Band, ...], _Billed] = {}
    for number, (first, end) in enumerate(pairwise([*starts.tolist(), key.size])):
        of_part = slice(first, end)
        dates = prices.bands.clock.date[of_part]
        for bands, rate in _rates(prices, first, contract):
            if any(hours[number, band] for band in bands):
                before = billed.get(bands, _Billed(micro=0.0, kwh=0))
                so_far = before.micro + sum(sums[number, band] for band in bands)
                billed[bands] = _Billed(micro=so_far, kwh=rounded_kwh(so_far))
                kwh_of_part = billed[bands].kwh - before.kwh
                found.append(
                    EnergyPart(
                        days=(dates[0].item(), dates[-1].item()),
                        band=bands[0] if len(bands) == 1 else None,
                        kwh=kwh_of_part,
                        krw_per_kwh=rate,
                        discounts=tuple(_discounts(of_part, bands, micro, prices, kwh_of_part)),
                    )
                )
    return tuple(found)


def _rates(
    prices: GridPrices, step: int, contract: Contract
) -> tuple[tuple[tuple[Band, ...], Fraction], ...]:
    """Bands and their price at one step, all bands together where the class has one price."""
    table = kepco_tables().classes[contract.tariff_class]
    rates = table.rates[prices.rates_version[step]]
    price = rates.prices[f"{contract.voltage}/{contract.option}"]
    by_band = price.energy_krw_per_kwh[prices.bands.season[step]].tolist()
    if len(set(by_band)) == 1:
        return ((tuple(Band), exact(by_band[0])),)
    return tuple(((band,), exact(by_band[band])) for band in Band)


def micro_kwh(kwh: Quantities) -> npt.NDArray[np.float64]:
    """Return readings as whole millionths of a kWh, which floats add without error."""
    return np.rint(kwh * MICRO_PER_KWH)


def rounded_kwh(micro: float) -> int:
    """Return a sum of millionths half-up to 1 kWh."""
    return half_up(Fraction(int(micro), MICRO_PER_KWH))


def _by_part_and_band(
    part: npt.NDArray[np.intp], band: npt.NDArray[np.int8], weights: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Sums of shape (parts, bands)."""
    shape = (int(part[-1]) + 1, len(Band))
    group = part * len(Band) + band
    return np.bincount(group, weights, shape[0] * shape[1]).astype(np.float64).reshape(shape)


def _days(part: npt.NDArray[np.intp], prices: GridPrices) -> npt.NDArray[np.int64]:
    """Number of days of each part, shape (parts,)."""
    dates = prices.bands.clock.date
    return np.bincount(part[np.flatnonzero(dates != np.roll(dates, 1))])


def _by_days(sums: npt.NDArray[np.float64], days: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Spread each band's energy over the parts by their days; the last part takes the rest."""
    spread = np.floor(sums.sum(axis=0) * days[:, None] / days.sum())
    spread[-1] += sums.sum(axis=0) - spread.sum(axis=0)
    return spread


def _discounts(
    of_part: slice,
    bands: Sequence[Band],
    micro: npt.NDArray[np.float64],
    prices: GridPrices,
    most_kwh: int,
) -> Iterator[tuple[int, Fraction]]:
    off = prices.discount_krw_per_kwh[of_part]
    if not off.any():
        return
    hit = (off > 0) & np.isin(prices.band[of_part], bands)
    for rate in np.unique(off[hit]):
        kwh = min(rounded_kwh(micro[of_part][hit & (off == rate)].sum()), most_kwh)
        most_kwh -= kwh
        if kwh:
            yield kwh, exact(rate)
