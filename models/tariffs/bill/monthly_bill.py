"""From readings and a contract to the bill of a billing month, or of many."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from feature_store.entities.firm import Contract
from feature_store.time_grid import HOURS_PER_STEP, utc_instant
from models.tariffs.bands import interval_bands
from models.tariffs.bill.certainty import less_certain
from models.tariffs.bill.errors import ReadingsOutsideMonthError
from models.tariffs.bill.known_months import KnownMonths, months_seen
from models.tariffs.bill.largest_demand import exceeds
from models.tariffs.bill.metered_energy import MeteredEnergy
from models.tariffs.bill.missing import filled
from models.tariffs.bill.month_grid import month_grid, prices_of_month
from models.tariffs.bill.month_lines import MeteredMonth, month_lines
from models.tariffs.bill.ratchet import billed_demand
from models.tariffs.bill.statement import NOTHING_PAST, Bill, Formula, PastMonths
from models.tariffs.billed_demand import billed_demand_rule
from models.tariffs.billing_month import BillingMonth, billing_month_numbers
from models.tariffs.demand_charge import demand_cost_krw
from models.tariffs.grid_prices import GridPrices, grid_prices
from models.tariffs.kepco_tables import kepco_tables
from models.tariffs.switches import USUAL, Switches
from models.tariffs.time_of_use import energy_cost_krw


def bill(
    contract: Contract,
    readings: MeteredEnergy,
    month: BillingMonth,
    *,
    past: PastMonths = NOTHING_PAST,
    switches: Switches = USUAL,
) -> Bill:
    """Bill one month from its own readings.

    ``readings`` lie inside the billing month; what they do not cover of it is missing.

    Raises:
        ReadingsOutsideMonthError: Some readings are of another month; :func:`bills` takes many.
        TooManyMissingReadingsError: More is missing than may be filled.
        NoTariffError: No table covers the month, or the class has no such voltage and option.
    """
    grid = month_grid(month, contract.meter_reading_day, readings.zone)
    begin, end = (utc_instant(edge) for edge in (grid.start, grid.end))
    if utc_instant(readings.grid.start) < begin or utc_instant(readings.grid.end) > end:
        raise ReadingsOutsideMonthError(
            f"readings {_extent(readings)} do not all lie in the billing month {month} "
            f"({grid.start:%Y-%m-%d %H:%M} to {grid.end:%Y-%m-%d %H:%M}, meter read on day "
            f"{contract.meter_reading_day}); pass that month's readings alone, or bill them by "
            "bills(), which takes many months"
        )
    prices = grid_prices(contract, grid, readings.zone, switches)
    metered = readings.on(grid)
    seen = _seen_in(contract, metered, prices, switches)
    return _bill(contract, metered, prices, seen.with_(_told(contract, past)), switches)


def bills(
    contract: Contract,
    readings: MeteredEnergy,
    *,
    months: Sequence[BillingMonth] = (),
    past: PastMonths = NOTHING_PAST,
    switches: Switches = USUAL,
) -> tuple[Bill, ...]:
    """Bill many months, each remembering the peaks of the readings before it.

    By default every billing month that lies wholly inside ``readings``. Of earlier readings only
    the peaks are looked at, so they may be older than the first table of rates.

    Raises:
        ReadingsOutsideMonthError: No whole billing month lies inside ``readings``.
        TooManyMissingReadingsError: A month has more gaps than may be filled; nothing is billed.
        NoTariffError: No table covers a month, or the class has no such voltage and option.
    """
    wanted = sorted(months) or _whole_months(contract, readings)
    count = wanted[-1].number - wanted[0].number + 1
    span = month_grid(wanted[0], contract.meter_reading_day, readings.zone, months=count)
    prices = grid_prices(contract, span, readings.zone, switches)
    inside = readings.on(span)
    known = _before(contract, readings, wanted[0], switches)
    told = _told(contract, past)
    made = []
    for position, billed in enumerate(prices.months):
        of_month = prices_of_month(prices, position)
        metered = inside.on(of_month.grid)
        known = known.with_(_seen_in(contract, metered, of_month, switches))
        if billed.month in wanted:
            made.append(_bill(contract, metered, of_month, known.with_(told), switches))
    return tuple(made)


def _bill(
    contract: Contract,
    readings: MeteredEnergy,
    prices: GridPrices,
    known: KnownMonths,
    switches: Switches,
) -> Bill:
    """Bill one month whose readings and prices lie on the month's grid; ``known`` has it too."""
    billed = prices.months[0].month
    kwh, missing = filled(readings, prices.bands, switches)
    month = MeteredMonth(
        contract=contract,
        readings=readings,
        kwh=kwh,
        prices=prices,
        demand=billed_demand(contract, billed, known.peaks_kw, known.partly_read),
        entered_kw=known.told_kw.get(billed, 0.0),
        excess_noticed=known.excess_noticed(contract, billed, switches),
        switches=switches,
    )
    dates = prices.bands.clock.date
    return Bill(
        contract=contract,
        month=billed,
        first_day=dates[0].item(),
        last_day=dates[-1].item(),
        lines=month_lines(month),
        demand=month.demand,
        missing=missing,
        switches=switches,
        less_certain=less_certain(month),
        formula=_formula(month, known.told_kw.get(billed)),
    )


def _formula(month: MeteredMonth, entered_kw: float | None) -> Formula:
    """Price the month by the functions that price a plan; a filled reading makes no peak."""
    measured_kw = np.nan_to_num(month.readings.demand_kw)
    floor_kw = month.demand.otherwise_kw
    if entered_kw is not None:
        measured_kw, floor_kw = np.zeros_like(measured_kw), max(floor_kw, entered_kw)
    energy = energy_cost_krw(month.kwh / HOURS_PER_STEP, month.prices)
    demand = demand_cost_krw(measured_kw, np.array([floor_kw]), month.prices)
    return Formula(energy_krw=float(energy.value), demand_krw=float(demand.value))


def _seen_in(
    contract: Contract, readings: MeteredEnergy, prices: GridPrices, switches: Switches
) -> KnownMonths:
    """What the readings say of the one month of ``prices``; all lie on its grid."""
    numbers = np.full(readings.kwh.size, prices.months[0].month.number)
    return months_seen(contract, numbers, prices.counted, readings.demand_kw, switches)


def _told(contract: Contract, past: PastMonths) -> KnownMonths:
    """What was told of other months."""
    return KnownMonths(
        peaks_kw=past.peaks_kw,
        told_kw=past.peaks_kw,
        exceeded=frozenset(at for at, kw in past.peaks_kw.items() if exceeds(contract, kw)),
        told_of_excess=past.excess_noticed,
    )


def _before(
    contract: Contract, readings: MeteredEnergy, first: BillingMonth, switches: Switches
) -> KnownMonths:
    """What the readings say of the months before ``first``, as far back as the ratchet looks."""
    window = billed_demand_rule(contract, first).window_months - 1
    span = month_grid(
        first.earlier(window), contract.meter_reading_day, readings.zone, months=window
    )
    metered = kepco_tables().classes[contract.tariff_class].demand_metered
    if not metered or utc_instant(readings.grid.start) >= utc_instant(span.end):
        return KnownMonths()
    bands = interval_bands(contract, span.starts, readings.zone, switches)
    numbers = billing_month_numbers(bands.clock.date, contract.meter_reading_day)
    demand_kw = readings.on(span).demand_kw
    return months_seen(contract, numbers, bands.counted, demand_kw, switches)


def _whole_months(contract: Contract, readings: MeteredEnergy) -> list[BillingMonth]:
    """Billing months of which no interval lies outside the grid of ``readings``."""
    day, zone = contract.meter_reading_day, readings.zone
    begin, end = readings.grid.start.astimezone(zone), readings.grid.end.astimezone(zone)
    first, last = BillingMonth.of(begin.date(), day), BillingMonth.of(end.date(), day)
    months = [BillingMonth.of_number(number) for number in range(first.number, last.number + 1)]
    grids = [(month, month_grid(month, day, zone)) for month in months]
    whole = [month for month, grid in grids if begin <= grid.start and grid.end <= end]
    if not whole:
        raise ReadingsOutsideMonthError(
            f"readings {_extent(readings)} contain no whole billing month (meter read on day "
            f"{day}); name the months to bill, or pass more readings"
        )
    return whole


def _extent(readings: MeteredEnergy) -> str:
    edges = (readings.grid.start, readings.grid.end)
    return " to ".join(f"{edge.astimezone(readings.zone):%Y-%m-%d %H:%M}" for edge in edges)
