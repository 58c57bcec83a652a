"""The value of charge and of the month's peak so far, from the end of a day backwards.

A stochastic dynamic program. State: the charge of the battery, the month's counted peak so far and
the state of the load; decision: the battery's power in an interval, made when its load is known, as
the controller sees it while the interval runs. What it returns is the cost that is to be expected
from then on: energy, wear, and what the month's peak will cost in the end.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

from feature_store.time_grid import HOURS_PER_STEP
from models.dispatch.load_chain import LoadChain
from models.dispatch.store import Store

SHARES = np.linspace(-1.0, 1.0, 9)
"""Powers that are tried in every state, as shares of what the battery can reach; the powers that
hold the peak exactly are tried besides."""
WATCHED_POWERS = 97
"""Powers that are tried when an interval is run: 1 % of a battery's reach apart."""
REDUCTIONS = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Reductions of a load that are tried when an interval is run, as shares of the largest."""
LEAST_PROBABILITY = 1e-6
"""Rarer moves are left out: they weigh less than a won."""
REST_KRW_PER_KW = 1e-6
"""Preference for rest among equally cheap powers."""
LEAST_GAIN_KRW = 1e-6
"""A reduction must be cheaper by more than one tried before it: of those that cost the same, but
for rounding, the first stays, and none is tried first."""

Values = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class StateGrid:
    """Where values are kept; between them they are read off straight lines."""

    soc_kwh: npt.NDArray[np.float64]
    """Even, from the empty to the full battery."""
    peak_kw: npt.NDArray[np.float64]
    """Even, from 0 to above any peak that is expected."""

    def reachable_from(self, peak_kw: float) -> int:
        """Return the place of the first peak that may still be that of the month.

        Lower ones than the one just below the month's so far cannot come about any more.
        """
        place = int(np.searchsorted(self.peak_kw, peak_kw, side="right")) - 1
        return min(max(place, 0), len(self.peak_kw) - 2)

    def from_place(self, place: int) -> StateGrid:
        """Return the grid without the peaks before a place."""
        return StateGrid(soc_kwh=self.soc_kwh, peak_kw=self.peak_kw[place:])


@dataclass(frozen=True, kw_only=True)
class DayPrices:
    """What the intervals of a day, or of the rest of it, cost; arrays of shape (steps,)."""

    krw_per_kwh: npt.NDArray[np.float64]
    counted: npt.NDArray[np.bool_]
    """Whether the interval's demand counts for the billed demand."""

    def from_step(self, step: int) -> DayPrices:
        """Return the rest of the day."""
        return DayPrices(krw_per_kwh=self.krw_per_kwh[step:], counted=self.counted[step:])


@dataclass(frozen=True, kw_only=True)
class DayValue:
    """Expected cost of a day and of what comes after it."""

    after_krw: Values
    """After the interval is run, by state of its load, shape (steps, states, socs, peaks)."""
    start_krw: Values
    """Before the first interval, by state of its load, shape (states, socs, peaks)."""


@dataclass(frozen=True, kw_only=True)
class ReductionNow:
    """How far a load may be reduced in an interval."""

    most_kw: float
    """What its limits allow."""
    planned_kw: float
    """What the values suppose."""
    held_kw: float
    """Peak that is held in any case: the month's so far, or the day's as it is planned."""
    krw_per_kwh: float


NO_REDUCTION = ReductionNow(most_kw=0.0, planned_kw=0.0, held_kw=0.0, krw_per_kwh=0.0)


def day_value(
    end_krw: Values, chain: LoadChain, prices: DayPrices, store: Store, grid: StateGrid
) -> DayValue:
    """Return the values of a day backwards from what its end is worth.

    Args:
        end_krw: Expected cost after the day, shape (socs, peaks).
        chain: The day's load, or the rest of it.
        prices: Of the same intervals.
        store: The battery.
        grid: Of the values.
    """
    after_krw, start_krw = _backwards(
        end_krw,
        chain.state_kw,
        chain.moves,
        prices.krw_per_kwh,
        prices.counted,
        grid.soc_kwh,
        grid.peak_kw,
        _limits(store),
        SHARES,
    )
    return DayValue(after_krw=after_krw, start_krw=start_krw)


def cheapest_move_kw(  # noqa: PLR0913  what an interval is decided on
    after_krw: Values,
    weight: npt.NDArray[np.float64],
    *,
    load_kw: float,
    soc_kwh: float,
    peak_kw: float,
    krw_per_kwh: float,
    counted: bool,
    store: Store,
    grid: StateGrid,
    reduction: ReductionNow = NO_REDUCTION,
) -> tuple[float, float]:
    """Return the battery's power and the reduction of the load that are cheapest together.

    The values do not tell what energy given up now would be worth later on the day. So no more is
    given up than is planned, or than holds the peak that is planned.

    Args:
        after_krw: Of the interval, shape (states, socs, peaks).
        weight: Of each state, shape (states,).
        load_kw: Of the interval, unreduced.
        soc_kwh: At its start.
        peak_kw: The month's counted peak so far.
        krw_per_kwh: Of the interval.
        counted: Whether its demand counts.
        store: The battery.
        grid: Of the values.
        reduction: How far the load may be reduced; left out, not at all.
    """
    limits = _limits(store)
    best_krw, power_kw, given_up_kw = np.inf, 0.0, 0.0
    for reduction_kw in _tried_kw(load_kw, soc_kwh, reduction, store):
        left_kw = load_kw - reduction_kw
        least_kw, most_kw = store.reach_kw(soc_kwh, left_kw)
        cost_krw, best_kw = _cheapest(
            after_krw,
            weight,
            left_kw,
            soc_kwh,
            peak_kw,
            krw_per_kwh,
            counted,
            least_kw,
            most_kw,
            grid.soc_kwh,
            grid.peak_kw,
            limits,
        )
        cost_krw += HOURS_PER_STEP * reduction.krw_per_kwh * reduction_kw
        if cost_krw < best_krw - LEAST_GAIN_KRW:
            best_krw, power_kw, given_up_kw = cost_krw, float(best_kw), reduction_kw
    return power_kw, given_up_kw


def _tried_kw(load_kw: float, soc_kwh: float, reduction: ReductionNow, store: Store) -> list[float]:
    """Return the reductions that are tried, none first."""
    if reduction.most_kw <= 0:
        return [0.0]
    least_kw, _ = store.reach_kw(soc_kwh, load_kw)
    holding_kw = load_kw + least_kw - reduction.held_kw
    most_kw = min(max(reduction.planned_kw, holding_kw), reduction.most_kw)
    return [*(most_kw * share for share in REDUCTIONS), min(reduction.planned_kw, most_kw)]


def _limits(store: Store) -> npt.NDArray[np.float64]:
    return np.array(
        [
            store.charge_kw,
            store.discharge_kw,
            store.charge_efficiency,
            store.discharge_efficiency,
            store.wear_krw_per_kwh,
        ]
    )


@numba.njit(cache=True, fastmath={"contract", "reassoc", "nsz", "arcp"}, error_model="numpy")
def _backwards(end, load, moves, price, counted, socs, peaks, limits, shares):  # noqa: ANN001, ANN202, C901, PLR0912, PLR0913, PLR0917  compiled as one loop
    steps, states = load.shape
    n, m = len(socs), len(peaks)
    soc_step, peak_step = socs[1] - socs[0], peaks[1] - peaks[0]
    most_charge, most_discharge, eta_in, eta_out, wear = limits
    after = np.empty((steps, states, n, m))
    start = np.empty((states, n, m))
    best = np.empty(m)
    after[steps - 1] = end
    for t in range(steps - 1, -1, -1):
        if t < steps - 1:
            for s in range(states):
                after[t, s] = 0.0
                for following in range(states):
                    p = moves[t, s, following]
                    if p > LEAST_PROBABILITY:
                        for i in range(n):
                            for j in range(m):
                                after[t, s, i, j] += p * start[following, i, j]
        for s in range(states):
            demand = load[t, s]
            for i in range(n):
                room, held = socs[n - 1] - socs[i], socs[i] - socs[0]
                most = min(most_charge, room / (eta_in * HOURS_PER_STEP))
                least = min(most_discharge, held * eta_out / HOURS_PER_STEP)
                least = -min(least, max(demand, 0.0))
                best[:] = np.inf
                for share in shares:
                    power = most * share if share >= 0 else -least * share
                    drawn = demand + power
                    stored = power * eta_in if power > 0 else power / eta_out
                    cost = HOURS_PER_STEP * (price[t] * drawn + wear * max(-power, 0.0))
                    x = (socs[i] + stored * HOURS_PER_STEP - socs[0]) / soc_step
                    at = min(max(int(x), 0), n - 2)
                    up = x - at
                    low, high = after[t, s, at], after[t, s, at + 1]
                    first = 0
                    if counted[t] and drawn > peaks[0]:
                        y = (drawn - peaks[0]) / peak_step
                        of = min(int(y), m - 2)
                        over = y - of
                        raised = (
                            (1 - up) * ((1 - over) * low[of] + over * low[of + 1])
                            + up * ((1 - over) * high[of] + over * high[of + 1])
                            + cost
                        )
                        first = min(int(np.ceil(y)), m)
                        for j in range(first):
                            best[j] = min(best[j], raised)
                    for j in range(first, m):
                        best[j] = min(best[j], cost + (1 - up) * low[j] + up * high[j])
                if counted[t]:
                    for j in range(m):
                        power = peaks[j] - demand
                        if least < power < most:
                            stored = power * eta_in if power > 0 else power / eta_out
                            cost = HOURS_PER_STEP * (price[t] * peaks[j] + wear * max(-power, 0.0))
                            x = (socs[i] + stored * HOURS_PER_STEP - socs[0]) / soc_step
                            at = min(max(int(x), 0), n - 2)
                            up = x - at
                            held_at = (
                                cost + (1 - up) * after[t, s, at, j] + up * after[t, s, at + 1, j]
                            )
                            for below in range(max(j - 4, 0), j + 1):
                                best[below] = min(best[below], held_at)
                start[s, i] = best
    return after, start


@numba.njit(cache=True, error_model="numpy")
def _cheapest(after, weight, load, soc, peak, price, counted, least, most, socs, peaks, limits):  # noqa: ANN001, ANN202, PLR0913, PLR0917  compiled as one loop
    n, m = len(socs), len(peaks)
    soc_step, peak_step = socs[1] - socs[0], peaks[1] - peaks[0]
    _, _, eta_in, eta_out, wear = limits
    lowest, chosen = np.inf, 0.0
    for tried in range(WATCHED_POWERS + 3):
        if tried < WATCHED_POWERS:
            power = least + (most - least) * tried / (WATCHED_POWERS - 1)
        elif tried == WATCHED_POWERS:
            power = 0.0
        else:  # what holds the peak, and a little above it
            held = peak - load + (tried - WATCHED_POWERS - 1) * peak_step / 2
            power = min(max(held, least), most)
        drawn = load + power
        stored = power * eta_in if power > 0 else power / eta_out
        x = (soc + stored * HOURS_PER_STEP - socs[0]) / soc_step
        at = min(max(int(x), 0), n - 2)
        up = min(max(x - at, 0.0), 1.0)
        y = (max(peak, drawn) if counted else peak) / peak_step - peaks[0] / peak_step
        of = min(max(int(y), 0), m - 2)
        over = y - of
        cost = HOURS_PER_STEP * (price * drawn + wear * max(-power, 0.0))
        cost += REST_KRW_PER_KW * abs(power)
        for s in range(len(weight)):
            if weight[s] > 0:
                cost += weight[s] * (
                    (1 - up) * ((1 - over) * after[s, at, of] + over * after[s, at, of + 1])
                    + up * ((1 - over) * after[s, at + 1, of] + over * after[s, at + 1, of + 1])
                )
        if cost < lowest:
            lowest, chosen = cost, power
    return lowest, chosen
