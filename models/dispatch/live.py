"""Live a month with a policy: interval by interval, within the equipment's limits, and bill it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from feature_store.errors import SandanError
from feature_store.time_grid import HOURS_PER_STEP, KilowattArray
from models.dispatch.flexible_load import FlexibleLoad
from models.dispatch.known_load import KnownLoad, days_of_positions
from models.dispatch.policy import LivedMonth, Month, Morning, Move, Now, Operation, Policy
from models.dispatch.running_batteries import RunningBatteries
from models.dispatch.store import Store

SHOWN_LIMITS = 3


class BrokenLimitsError(SandanError):
    """A policy did what the equipment cannot do."""


def live(policy: Policy, month: Month, known: KnownLoad) -> LivedMonth:
    """Return what becomes of a month under a policy.

    Jobs are placed when a day begins, and kept. Batteries start as declared. What a policy asks
    beyond their reach is held back, as a battery itself would, and what is left given out to them;
    jobs and reductions that break a limit are the policy's mistake. Charge that is missing at the
    end is bought at the month's mean price with its losses; charge that is left over is a gift to
    the month after it.

    Args:
        policy: What decides.
        month: What is lived.
        known: The base load: without the jobs.

    Raises:
        BrokenLimitsError: A run is missing, torn or out of its window, or too much was given up.
    """
    dispatcher = policy.start(month, known)
    load_kw = base_load_kw(month, known)
    running = _RunningMonth(month, load_kw)
    for positions in days_of_positions(known.table, month.first, month.steps):
        first, steps = int(positions[0]) - month.first, len(positions)
        morning = Morning(step=first, steps=steps, soc_kwh=running.soc_kwh, peak_kw=running.peak_kw)
        running.begin_day(first, dispatcher.place(morning))
        for step in range(first, first + steps):
            now = running.now(step)
            running.run(now, dispatcher.move(now))
    operation = running.operation()
    if month.flexible is not None:
        _check(policy.name, month, month.flexible, operation)
    return billed(policy.name, month, load_kw, operation)


def billed(policy: str, month: Month, base_kw: KilowattArray, done: Operation) -> LivedMonth:
    """Price a month's operation, following the battery's charge through it.

    Args:
        policy: Its name.
        month: What was lived.
        base_kw: The load without jobs and battery, shape (steps,).
        done: What the equipment did.
    """
    prices, power_kw = month.prices, done.battery_kw
    stores = [battery.store for battery in month.batteries] or [month.store]
    by_store = list(zip(stores, done.by_battery_kw, strict=True))
    charges_kwh = [store.charge_kwh(of_store_kw) for store, of_store_kw in by_store]
    load_kw = base_kw + done.runs_kw.sum(axis=0)
    import_kw = load_kw + power_kw - done.given_up_kw
    energy_krw = float(prices.krw_per_kwh @ import_kw) * HOURS_PER_STEP
    energy_krw += sum(
        max(store.start_kwh - float(charge_kwh[-1]), 0.0) * missing_krw_per_kwh(month, store)
        for store, charge_kwh in zip(stores, charges_kwh, strict=True)
    )
    peak_kw = float(import_kw[prices.counted].max(initial=0.0))
    return LivedMonth(
        policy=policy,
        month=month.name,
        operation=done,
        soc_kwh=sum(charges_kwh, start=np.zeros(month.steps + 1)),
        load_kw=load_kw,
        energy_krw=energy_krw,
        peak_krw=float(month.peak_cost.krw(peak_kw)),
        wear_krw=sum(
            store.wear_krw_per_kwh * _discharged_kwh(of_store_kw) for store, of_store_kw in by_store
        ),
        given_up_krw=month.flexible.given_up_krw(done.given_up_kw) if month.flexible else 0.0,
        peak_kw=peak_kw,
    )


def missing_krw_per_kwh(month: Month, store: Store) -> float:
    """Return what a kWh of charge missing at the end of a month costs: bought at the mean price."""
    return float(month.prices.krw_per_kwh.mean()) / store.charge_efficiency


def base_load_kw(month: Month, known: KnownLoad) -> KilowattArray:
    """Return what a month draws without its jobs and its battery, shape (steps,)."""
    return known.table.demand_kw[month.first : month.first + month.steps]


def _discharged_kwh(power_kw: KilowattArray) -> float:
    return float(np.maximum(-power_kw, 0.0).sum()) * HOURS_PER_STEP


class _RunningMonth:
    """A month while it is lived."""

    def __init__(self, month: Month, load_kw: KilowattArray) -> None:
        self.month, self.store = month, month.store
        self.load_kw: list[float] = load_kw.tolist()  # read one by one: a list is faster
        self.counted: list[bool] = month.prices.counted.tolist()
        self.soc_kwh, self.peak_kw = month.store.start_kwh, 0.0
        self.batteries: RunningBatteries | None = None
        if month.batteries:
            self.batteries = RunningBatteries(
                store=month.store, declared=month.batteries, steps=month.steps
            )
            self.soc_kwh = self.batteries.charge_kwh
        self.power_kw = np.zeros(month.steps)
        self.given_up_kw = np.zeros(month.steps)
        flexible = month.flexible
        self.runs_kw = np.zeros((len(flexible.jobs) if flexible else 0, month.steps))
        self.limit_kw: list[float] | None = None
        if flexible is not None and flexible.curtailable is not None:
            self.limit_kw = flexible.limit_kw().tolist()
        self.kwh_per_day = flexible.kwh_per_day if flexible else 0.0
        self.left_kwh = self.kwh_per_day

    def begin_day(self, first: int, runs_kw: KilowattArray) -> None:
        self.left_kwh = self.kwh_per_day
        if self.batteries is not None:
            self.batteries.begin_day()
        if not len(self.runs_kw):
            return
        within = slice(first, first + runs_kw.shape[1])
        self.runs_kw[:, within] = runs_kw
        self.load_kw[within] = (self.load_kw[within] + runs_kw.sum(axis=0)).tolist()

    def now(self, step: int) -> Now:
        load_kw = self.load_kw[step]
        now = Now(step=step, load_kw=load_kw, soc_kwh=self.soc_kwh, peak_kw=self.peak_kw)
        if self.batteries is not None:
            reached, left_kwh = self.batteries.reached(), self.batteries.left_today_kwh
            now = replace(now, reached=reached, dischargeable_kwh=left_kwh)
        if self.limit_kw is None:
            return now
        reducible_kw = min(self.limit_kw[step], self.left_kwh / HOURS_PER_STEP, load_kw)
        return replace(now, reducible_kw=max(reducible_kw, 0.0), reducible_kwh=self.left_kwh)

    def run(self, now: Now, move: Move) -> None:
        step, left_kw = now.step, now.load_kw - move.given_up_kw
        if self.batteries is None:
            least_kw, most_kw = self.store.reach_kw(now.soc_kwh, left_kw)
            power_kw = min(max(move.power_kw, least_kw), most_kw)
            self.soc_kwh = self.store.after_kwh(now.soc_kwh, power_kw)
        else:
            power_kw = self.batteries.run(step, move.power_kw, left_kw)
            self.soc_kwh = self.batteries.charge_kwh
        self.power_kw[step], self.given_up_kw[step] = power_kw, move.given_up_kw
        self.left_kwh = max(self.left_kwh - move.given_up_kw * HOURS_PER_STEP, 0.0)
        if self.counted[step]:
            self.peak_kw = max(self.peak_kw, left_kw + power_kw)

    def operation(self) -> Operation:
        return Operation(
            battery_kw=self.power_kw,
            runs_kw=self.runs_kw,
            given_up_kw=self.given_up_kw,
            batteries_kw=None if self.batteries is None else self.batteries.powers_kw,
        )


def _check(policy: str, month: Month, flexible: FlexibleLoad, done: Operation) -> None:
    broken = flexible.violations(done.runs_kw, done.given_up_kw)
    if broken:
        shown = "; ".join(broken[:SHOWN_LIMITS])
        raise BrokenLimitsError(
            f"{policy} broke {len(broken)} limits in {month.name}: {shown}; its figures would be "
            "of equipment that does not exist, mend the policy"
        )
