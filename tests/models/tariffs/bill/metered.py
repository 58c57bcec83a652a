"""Readings of one meter for tests of the bill: flat loads and single pulses."""

from datetime import datetime, timedelta

import numpy as np

from feature_store.time_grid import HOURS_PER_STEP, STEP, utc_instant
from models.tariffs.bill.line import LineKind
from models.tariffs.bill.metered_energy import MeteredEnergy
from models.tariffs.bill.month_grid import month_grid
from models.tariffs.bill.statement import Bill
from models.tariffs.billing_month import BillingMonth
from tests.builders import SEOUL


def month_of(text: str) -> BillingMonth:
    year, month = map(int, text.split("-"))
    return BillingMonth(year, month)


def flat(month: str, kw: float, *, reading_day: int = 1, months: int = 1) -> MeteredEnergy:
    """Every interval of one or more billing months at the same demand."""
    grid = month_grid(month_of(month), reading_day, SEOUL, months=months)
    return MeteredEnergy(grid=grid, zone=SEOUL, kwh=np.full(grid.steps, kw * HOURS_PER_STEP))


def pulses(
    month: str, *spans: tuple[str, float], kw: float = 100, months: int = 1
) -> MeteredEnergy:
    """Nothing but ``kw`` for some hours from each given local time on."""
    readings = flat(month, 0, months=months)
    kwh = readings.kwh.copy()
    for start, hours in spans:
        begin = datetime.fromisoformat(start).replace(tzinfo=SEOUL)
        first, end = (
            int((utc_instant(moment) - readings.grid.starts[0]) // STEP)
            for moment in (begin, begin + timedelta(hours=hours))
        )
        kwh[first:end] = kw * HOURS_PER_STEP
    return MeteredEnergy(grid=readings.grid, zone=SEOUL, kwh=kwh)


def printed(bill: Bill) -> list[tuple[str, int]]:
    """The lines as name and won, the names shortened to what tells them apart."""
    return [
        (" ".join(filter(None, [line.kind.value, _band(line)])), line.amount_krw)
        for line in bill.lines
    ]


def _band(line) -> str:
    return "" if line.band is None else line.band.name.lower()


def kwh_of(bill: Bill, kind: LineKind) -> dict[str, int]:
    """Billed kWh by band, bands without any left out."""
    found: dict[str, int] = {}
    for line in bill.lines:
        if line.kind is kind and line.quantity:
            found[_band(line)] = found.get(_band(line), 0) + int(line.quantity)
    return found
