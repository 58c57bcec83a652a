"""Discharge above a threshold, charge below it: the rule of most batteries that shave peaks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from feature_store.time_grid import STEPS_PER_DAY, KilowattArray
from models.dispatch.known_load import KnownLoad
from models.dispatch.live import live
from models.dispatch.policy import Month, Morning, Move, Now
from models.dispatch.storage_value import DayPrices
from models.dispatch.store import Store

TUNED_DAYS = 42
"""Past days that the rule is tuned on."""
THRESHOLDS = tuple(np.linspace(0.5, 1.0, 16).tolist())
"""Shares of the highest demand of those days."""
RESERVES = (1.0, 0.5, 0.0)
"""Shares of the charge that are kept for the threshold in the dear hours; all of it is no trade."""


@dataclass(frozen=True, kw_only=True)
class ThresholdRule:
    """A threshold and a reserve, tuned before each month on the days before it.

    The battery is charged in the cheapest hours, as far as the threshold allows; in the dearest it
    sells what is above its reserve; above the threshold it gives what it can.
    """

    reads_forecasts: ClassVar[bool] = False

    name: str = "threshold"

    def start(self, month: Month, known: KnownLoad) -> ThresholdDispatcher:
        """Begin a month with the rule that would have been cheapest before it."""
        first = max(month.first - TUNED_DAYS * STEPS_PER_DAY, 0)
        past = _past_month(month, known, first)
        if past is None:
            return ThresholdDispatcher.of(month, threshold_kw=np.inf, reserve_share=1.0)
        known = _with_usual_runs(known, month, first)
        load_kw = known.before(month.first)[first:]
        highest_kw = float(np.nanmax(load_kw[past.prices.counted], initial=0.0))
        tried = [
            ThresholdDispatcher.of(past, threshold_kw=share * highest_kw, reserve_share=reserve)
            for share, reserve in product(THRESHOLDS, RESERVES)
        ]
        best = min(tried, key=lambda rule: live(_Fixed(rule), past, known).bill_krw)
        return ThresholdDispatcher.of(
            month, threshold_kw=best.threshold_kw, reserve_share=best.reserve_share
        )


@dataclass(frozen=True, kw_only=True)
class ThresholdDispatcher:
    """One month's rule. It plans nothing, so it moves no job and gives nothing up."""

    month: Month
    store: Store
    counted: npt.NDArray[np.bool_]
    cheap: npt.NDArray[np.bool_]
    """Whether no hour around is cheaper, shape (steps,)."""
    dear: npt.NDArray[np.bool_]
    """Whether no hour around is dearer, and some is cheaper."""
    threshold_kw: float
    reserve_share: float

    @classmethod
    def of(cls, month: Month, *, threshold_kw: float, reserve_share: float) -> Self:
        """Return a rule at the prices of a month."""
        price = month.prices.krw_per_kwh
        half = STEPS_PER_DAY // 2
        around = sliding_window_view(np.pad(price, half, mode="edge"), 2 * half + 1)
        lowest, highest = around.min(axis=1), around.max(axis=1)
        return cls(
            month=month,
            store=month.store,
            counted=month.prices.counted,
            cheap=price <= lowest,
            dear=(price >= highest) & (price > lowest),
            threshold_kw=threshold_kw,
            reserve_share=reserve_share,
        )

    def place(self, morning: Morning) -> KilowattArray:
        """Leave every run at its usual place."""
        return self.month.usual_runs_kw(morning)

    def move(self, now: Now) -> Move:
        """Do what the rule asks for."""
        return Move(power_kw=self._power_kw(now))

    def _power_kw(self, now: Now) -> float:
        store, counted = self.store, self.counted[now.step]
        allowed_kw = self.threshold_kw - now.load_kw
        if counted and allowed_kw < 0:
            return allowed_kw
        if self.cheap[now.step]:
            return min(store.charge_kw, allowed_kw) if counted else store.charge_kw
        reserve_kwh = store.least_kwh + self.reserve_share * (store.most_kwh - store.least_kwh)
        if self.dear[now.step] and now.soc_kwh > reserve_kwh:
            return -store.discharge_kw
        return 0.0


@dataclass(frozen=True)
class _Fixed:
    """A rule that is not tuned any more."""

    reads_forecasts: ClassVar[bool] = False

    dispatcher: ThresholdDispatcher
    name: str = "fixed"

    def start(self, month: Month, known: KnownLoad) -> ThresholdDispatcher:  # noqa: ARG002
        return self.dispatcher


def _past_month(month: Month, known: KnownLoad, first: int) -> Month | None:
    """The days before a month, at the prices that the month's hours have."""
    steps = month.first - first
    if steps < STEPS_PER_DAY or np.isnan(known.before(month.first)[first:]).any():
        return None
    table = known.table
    kind, step_of_day = table.kind_of_day[table.day], table.step_of_day
    now = np.arange(month.first, month.first + month.steps)
    krw_per_kwh, counted = np.zeros(steps), np.zeros(steps, dtype=bool)
    for of in range(first, month.first):
        alike = np.flatnonzero((kind[now] == kind[of]) & (step_of_day[now] == step_of_day[of]))
        if not len(alike):  # no day of the month is of that kind: the hours are the same
            alike = np.flatnonzero(step_of_day[now] == step_of_day[of])
        krw_per_kwh[of - first] = month.prices.krw_per_kwh[alike[0]]
        counted[of - first] = month.prices.counted[alike[0]]
    return replace(
        month,
        first=first,
        prices=DayPrices(krw_per_kwh=krw_per_kwh, counted=counted),
        flexible=None,
    )


def _with_usual_runs(known: KnownLoad, month: Month, first: int) -> KnownLoad:
    """The load before a month from a position on as it was drawn: the rule moves no job."""
    if month.flexible is None:
        return known
    past = month.flexible.over(first - month.first, month.first - first)
    demand_kw = known.table.demand_kw.copy()
    demand_kw[first : month.first] += past.usual_kw().sum(axis=0)
    return replace(known, table=replace(known.table, demand_kw=demand_kw))
