"""The days of a test that a report shows: typical ones, and those that went worst."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from feature_store.calendar.closed_days import closed_days
from feature_store.entities.firm import Firm
from feature_store.time_grid import (
    SATURDAY,
    STEPS_PER_DAY,
    KilowattArray,
    local_clock,
)
from training.backtest import FirmBacktest
from training.metrics import decile_loss_kw

MOST_WORST = 5
"""Worst days kept of a firm: as many as are shown of all firms together."""


@dataclass(frozen=True, kw_only=True)
class ShownDay:
    """One day's forecast beside what was measured."""

    firm_id: str
    title: str
    """The local date, and what kind of day it is."""
    first_hour: float
    """Local clock hour of the issue time."""
    demand_kw: KilowattArray
    """Quantiles, shape (steps of the day, len(QUANTILES))."""
    actual_kw: KilowattArray
    """Shape (steps of the day,)."""
    loss: float
    """Quantile loss of the day over the firm's mean load in the whole test."""


@dataclass(frozen=True, kw_only=True)
class ShownDays:
    """Days of one firm."""

    typical: tuple[ShownDay, ...]
    """The working day and the rest day of median loss, as far as there are any."""
    worst: tuple[ShownDay, ...]
    """Largest loss first."""


def shown_days(firm: Firm, test: FirmBacktest, forecaster: str) -> ShownDays:
    """Choose days among the issue times at the earliest local hour, each so measured at all."""
    clock = local_clock(test.issue_times, firm.zone)
    actual_kw = test.actual_kw[:, :STEPS_PER_DAY]
    demand_kw = test.demand_kw[forecaster][:, :STEPS_PER_DAY]
    first_step = int(clock.step_of_day.min())
    chosen = np.flatnonzero(clock.step_of_day == first_step)
    rest = closed_days(firm, clock.date) | (clock.weekday >= SATURDAY)
    mean_kw = np.nanmean(np.abs(actual_kw))
    loss = np.nanmean(decile_loss_kw(actual_kw, demand_kw), axis=1) / mean_kw

    def day(at: int) -> ShownDay:
        kind = "rest day" if rest[at] else "working day"
        return ShownDay(
            firm_id=firm.firm_id,
            title=f"{clock.date[at].item():%a %Y-%m-%d}, {kind}",
            first_hour=float(clock.step_of_day[at]) * 24 / STEPS_PER_DAY,
            demand_kw=demand_kw[at],
            actual_kw=actual_kw[at],
            loss=float(loss[at]),
        )

    by_loss = chosen[np.argsort(loss[chosen])]
    typical = [_middle(by_loss[rest[by_loss] == of_rest]) for of_rest in (False, True)]
    return ShownDays(
        typical=tuple(day(at) for at in typical if at is not None),
        worst=tuple(day(int(at)) for at in by_loss[::-1][:MOST_WORST]),
    )


def _middle(places: npt.NDArray[np.int64]) -> int | None:
    return int(places[len(places) // 2]) if places.size else None
