"""What the month's peak and the charge will cost, seen from the start of each day left of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.dispatch.load_chain import LoadChain, start_of_day
from models.dispatch.storage_value import DayPrices, StateGrid, Values, day_value
from models.dispatch.store import Store


@dataclass(frozen=True, kw_only=True)
class ExpectedPart:
    """One way a day may be: light, heavy or between."""

    probability: float
    chain: LoadChain


@dataclass(frozen=True, kw_only=True)
class ExpectedDay:
    """A day to come: what its intervals cost, and what its load may be."""

    prices: DayPrices
    parts: tuple[ExpectedPart, ...]
    """What the day may be; their probabilities add up to 1."""


def month_values(
    days: Sequence[ExpectedDay], end_krw: Values, store: Store, grid: StateGrid
) -> tuple[Values, ...]:
    """Return the expected cost from each day's start on, and from the end of the last one.

    One value function a day, chained backwards: with few days left a peak so far is what will be
    billed, with many it is a floor that some day will pass anyway.

    Args:
        days: Consecutive, to the end of the billing month.
        end_krw: After the last one, shape (socs, peaks).
        store: The battery.
        grid: Of the values.

    Returns:
        As many as days, and one; each of shape (socs, peaks).
    """
    values = [end_krw]
    for day in reversed(days):
        values.append(_start_krw(values[-1], day, store, grid))
    return tuple(reversed(values))


def _start_krw(end_krw: Values, day: ExpectedDay, store: Store, grid: StateGrid) -> Values:
    """Return what a day and what follows it are expected to cost, shape (socs, peaks)."""
    start_krw = np.zeros_like(end_krw)
    for part in day.parts:
        value = day_value(end_krw, part.chain, day.prices, store, grid)
        before = start_of_day(part.chain.means)
        start_krw += part.probability * np.tensordot(before, value.start_krw, axes=1)
    return start_krw


def end_of_month_krw(
    peak_cost_krw: npt.NDArray[np.float64], *, krw_per_kwh: float, store: Store, grid: StateGrid
) -> Values:
    """Return what the month's peak costs, less what the charge that is left is worth after it.

    Charge left is worth what it saves elsewhere; charge that is missing has to be bought with its
    losses, so an empty battery is not handed to the next month for nothing.

    Args:
        peak_cost_krw: At each peak of the grid, shape (peaks,).
        krw_per_kwh: Usual price of energy.
        store: The battery.
        grid: Of the values.
    """
    missing_kwh = store.start_kwh - grid.soc_kwh
    worth = np.where(missing_kwh > 0, krw_per_kwh / store.charge_efficiency, krw_per_kwh)
    worth = np.where(missing_kwh > 0, worth, krw_per_kwh * store.discharge_efficiency)
    return peak_cost_krw[None, :] + (missing_kwh * worth)[:, None]
