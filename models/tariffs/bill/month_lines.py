"""The lines of one month, from its readings, prices and billed demand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from feature_store.entities.firm import Contract
from models.tariffs.bill.amounts import exact, shown, whole
from models.tariffs.bill.charges import charge_krw, excess_krw, excess_multiple, totals
from models.tariffs.bill.energy_parts import EnergyPart, energy_parts, micro_kwh, rounded_kwh
from models.tariffs.bill.largest_demand import largest_kw
from models.tariffs.bill.line import Line, LineKind, Note
from models.tariffs.bill.metered_energy import MeteredEnergy, Quantities
from models.tariffs.bill.power_factor import PowerFactor, power_factor
from models.tariffs.bill.ratchet import BilledDemand
from models.tariffs.dated import LocalDates, dates_in_force, version_of
from models.tariffs.grid_prices import GridPrices, basic_krw_per_kw
from models.tariffs.kepco_tables import Levy, kepco_tables
from models.tariffs.switches import Switches


@dataclass(frozen=True, kw_only=True)
class MeteredMonth:
    """One billing month ready to be billed; everything lies on the month's own grid."""

    contract: Contract
    readings: MeteredEnergy
    kwh: Quantities
    """Without gaps."""
    prices: GridPrices
    demand: BilledDemand
    entered_kw: float
    """The month's counted peak as its statement prints it; 0 if none was entered."""
    excess_noticed: bool
    switches: Switches

    @cached_property
    def days(self) -> LocalDates:
        """Every day of the month, in order, shape (days,)."""
        dates = self.prices.bands.clock.date
        return np.arange(dates[0], dates[-1] + 1)

    @cached_property
    def in_force(self) -> LocalDates:
        """The day whose tables bill each of ``days``."""
        return dates_in_force(self.contract, self.days)

    @cached_property
    def excess_kw(self) -> Fraction:
        """The maximum, measured or entered, above the contract power, 0 without a demand meter."""
        if not kepco_tables().classes[self.contract.tariff_class].demand_metered:
            return Fraction(0)
        peak_kw = max(
            whole(largest_kw(self.readings.demand_kw, self.prices.counted, self.switches)),
            whole(self.entered_kw),
        )
        return max(peak_kw - exact(self.contract.power_kw), Fraction(0))

    @cached_property
    def basic_rates(self) -> npt.NDArray[np.float64]:
        """Demand charge per kW by the rates of each of ``days``."""
        return basic_krw_per_kw(self.contract, self.days)

    @property
    def basic_krw_per_kw(self) -> Fraction:
        """Demand charge per kW, weighted by days if it changed in the month."""
        rates, days = np.unique(self.basic_rates, return_counts=True)
        weighted = sum(exact(rate) * int(count) for rate, count in zip(rates, days, strict=True))
        return Fraction(weighted) / self.days.size


def month_lines(month: MeteredMonth) -> tuple[Line, ...]:
    """Return every line of the paper, charges first, then the sums."""
    parts = energy_parts(month.kwh, month.prices, month.contract, month.switches)
    basic = tuple(_basic(month))
    basic_krw = sum(line.amount_krw for line in basic)
    charges = (
        *basic,
        *_energy(parts),
        *_additions(month, LineKind.CLIMATE, month.prices.climate_krw_per_kwh, parts),
        *_additions(month, LineKind.FUEL, month.prices.fuel_krw_per_kwh, parts),
        *_power_factor(month, basic_krw),
        *_excess(month),
    )
    return (*charges, *_sums(month, charges))


def _basic(month: MeteredMonth) -> Iterator[Line]:
    """One line a rate, each for its share of the days."""
    kw, rates = Fraction(month.demand.kw), month.basic_rates
    starts = np.flatnonzero(np.diff(rates, prepend=np.nan) != 0).tolist()
    for first, end in pairwise([*starts, rates.size]):
        days = month.days[first:end]
        rate = exact(rates[first])
        yield Line(
            kind=LineKind.BASIC,
            days=_part(month, days),
            quantity=shown(kw),
            rate=shown(rate),
            amount_krw=charge_krw(kw * Fraction(days.size, month.days.size), rate),
        )


def _energy(parts: Sequence[EnergyPart]) -> Iterator[Line]:
    one_part = len({part.days for part in parts}) == 1
    for part in parts:
        rows = [(LineKind.ENERGY, part.kwh, part.krw_per_kwh)]
        rows += [(LineKind.WEEKEND_DISCOUNT, kwh, -rate) for kwh, rate in part.discounts]
        for kind, kwh, rate in rows:
            yield Line(
                kind=kind,
                band=part.band,
                days=None if one_part else part.days,
                quantity=shown(Fraction(kwh)),
                rate=shown(rate),
                amount_krw=charge_krw(Fraction(kwh), rate),
            )


def _additions(
    month: MeteredMonth,
    kind: LineKind,
    krw_per_kwh: npt.NDArray[np.float64],
    parts: Sequence[EnergyPart],
) -> Iterator[Line]:
    """One line a rate; together they are the kWh of the energy lines, the last takes the rest."""
    left_kwh = sum(part.kwh for part in parts)
    micro, dates = micro_kwh(month.kwh), month.prices.bands.clock.date
    starts = np.flatnonzero(np.diff(krw_per_kwh, prepend=np.nan) != 0)
    ends = [*starts[1:].tolist(), krw_per_kwh.size]
    for first, end in zip(starts.tolist(), ends, strict=True):
        last = end == krw_per_kwh.size
        kwh = left_kwh if last else min(rounded_kwh(micro[first:end].sum()), left_kwh)
        left_kwh -= kwh
        rate = exact(krw_per_kwh[first])
        yield Line(
            kind=kind,
            days=None if starts.size == 1 else (dates[first].item(), dates[end - 1].item()),
            quantity=shown(Fraction(kwh)),
            rate=shown(rate),
            amount_krw=charge_krw(Fraction(kwh), rate),
        )


def _power_factor(month: MeteredMonth, basic_krw: int) -> Iterator[Line]:
    """One line a version of the rule, each for its share of the days."""
    versions = kepco_tables().power_factor
    version = version_of(month.in_force, versions, "power factor")
    clock = month.prices.bands.clock
    for index in np.unique(version):
        rule, days = versions[index], month.days[version == index]
        if month.contract.voltage == "low" and month.contract.power_kw < rule.low_voltage_from_kw:
            continue
        within = (clock.date >= days[0]) & (clock.date <= days[-1])
        factor = power_factor(
            month.readings,
            clock.hour,
            within,
            rule,
            most_missing_share=month.switches.most_missing_share,
        )
        points = 0 if factor is None else factor.points_percent
        spared = points > 0 and month.switches.power_factor_notice == "first_month"
        basic_part_krw = basic_krw * Fraction(days.size, month.days.size)
        rate = exact(rule.basic_share_per_percent)
        yield Line(
            kind=LineKind.POWER_FACTOR,
            days=_part(month, days),
            quantity=shown(Fraction(points)),
            rate=shown(rate),
            amount_krw=0 if factor is None or spared else factor.charge_krw(basic_part_krw, rate),
            note=Note.NOTICE_ONLY if spared else _reading_note(factor),
            power_factor=factor,
        )


def _reading_note(factor: PowerFactor | None) -> Note | None:
    """What of the reactive readings the amount does not rest on."""
    if factor is None:
        return Note.DEEMED_STANDARD
    if factor.deemed:
        return Note.PARTLY_DEEMED
    return Note.PARTLY_READ if factor.unread else None


def _part(month: MeteredMonth, days: LocalDates) -> tuple[date, date] | None:
    """First and last of ``days``, None if they are the whole month."""
    return None if days.size == month.days.size else (days[0].item(), days[-1].item())


def _excess(month: MeteredMonth) -> Iterator[Line]:
    above_kw = month.excess_kw
    if above_kw <= 0:
        return
    versions = kepco_tables().excess
    rule = versions[int(version_of(month.in_force[:1], versions, "excess")[0])]
    rate, contract_kw = month.basic_krw_per_kw, exact(month.contract.power_kw)
    yield Line(
        kind=LineKind.EXCESS,
        quantity=shown(above_kw),
        rate=shown(rate * excess_multiple(above_kw / contract_kw, rule)),
        amount_krw=excess_krw(above_kw, contract_kw, rate, rule) if month.excess_noticed else 0,
        note=None if month.excess_noticed else Note.NOTICE_ONLY,
    )


def _sums(month: MeteredMonth, charges: Sequence[Line]) -> Iterator[Line]:
    tables, dates = kepco_tables(), month.in_force
    vat, fund = _day_weighted(dates, tables.vat, "VAT"), _day_weighted(dates, tables.fund, "fund")
    foot = totals(sum(line.amount_krw for line in charges), vat_share=vat, fund_share=fund)
    yield Line(kind=LineKind.SUBTOTAL, amount_krw=foot.subtotal)
    yield Line(kind=LineKind.VAT, rate=shown(vat), amount_krw=foot.vat)
    yield Line(kind=LineKind.FUND, rate=shown(fund), amount_krw=foot.fund)
    yield Line(kind=LineKind.CUT, amount_krw=foot.total - foot.raw_total)
    yield Line(kind=LineKind.TOTAL, amount_krw=foot.total)


def _day_weighted(dates: LocalDates, versions: tuple[Levy, ...], what: str) -> Fraction:
    version = version_of(dates, versions, what)
    shares = sum(
        exact(versions[index].share) * int((version == index).sum()) for index in np.unique(version)
    )
    return Fraction(shares) / version.size
