"""Live a month of a site with jobs, or with a load that may be reduced, beside its battery."""

from __future__ import annotations

import numpy as np

from feature_store.errors import SandanError
from feature_store.time_grid import HOURS_PER_STEP, KilowattArray
from models.dispatch.flexible_load import FlexibleLoad
from models.dispatch.known_load import KnownLoad, days_of_positions
from models.dispatch.lived_bill import billed
from models.dispatch.policy import (
    LivedMonth,
    Month,
    Morning,
    Now,
    Policy,
    SiteDispatcher,
)

SHOWN_LIMITS = 3


class BatteryAloneError(SandanError):
    """A policy that runs a battery alone is asked to run jobs."""


class BrokenLimitsError(SandanError):
    """A policy did what the equipment cannot do."""


def live_with_jobs(
    policy: Policy, month: Month, flexible: FlexibleLoad, known: KnownLoad
) -> LivedMonth:
    """Return what becomes of a month under a policy.

    Jobs are placed when a day begins, and kept. The battery is held back to its reach; jobs and
    reductions that break a limit are the policy's mistake.

    Args:
        policy: What decides.
        month: What is lived.
        flexible: Its jobs, and the load that may be reduced.
        known: The base load: without the jobs.

    Raises:
        BatteryAloneError: The policy places no jobs.
        BrokenLimitsError: A run is missing, torn or out of its window, or too much was given up.
    """
    dispatcher = policy.start(month, known)
    if not isinstance(dispatcher, SiteDispatcher):
        raise BatteryAloneError(
            f"{policy.name} runs a battery alone; live this site with a policy that places jobs"
        )
    site = _Site(month, flexible, known)
    for positions in days_of_positions(known.table, month.first, month.steps):
        first = int(positions[0]) - month.first
        morning = Morning(
            step=first,
            steps=len(positions),
            soc_kwh=site.soc_kwh,
            peak_kw=site.peak_kw,
        )
        site.begin_day(first, dispatcher.place(morning))
        for step in range(first, first + len(positions)):
            now = site.now(step)
            move = dispatcher.move(now)
            site.run(now, move.power_kw, move.given_up_kw)
    _check(policy.name, month, flexible, site)
    return billed(policy.name, month, site.load_kw, site.power_kw, site.given_up_kw)


class _Site:
    """The site while it is lived."""

    def __init__(self, month: Month, flexible: FlexibleLoad, known: KnownLoad) -> None:
        self.month, self.flexible = month, flexible
        self.load_kw = known.table.demand_kw[month.first : month.first + month.steps].copy()
        self.runs_kw = np.zeros((len(flexible.jobs), month.steps))
        self.power_kw = np.zeros(month.steps)
        self.given_up_kw = np.zeros(month.steps)
        self.limit_kw = flexible.limit_kw()
        self.soc_kwh = month.store.start_kwh
        self.peak_kw = 0.0
        self.left_kwh = flexible.kwh_per_day

    def begin_day(self, first: int, runs_kw: KilowattArray) -> None:
        self.left_kwh = self.flexible.kwh_per_day
        self.runs_kw[:, first : first + runs_kw.shape[1]] = runs_kw
        self.load_kw[first : first + runs_kw.shape[1]] += runs_kw.sum(axis=0)

    def now(self, step: int) -> Now:
        load_kw = float(self.load_kw[step])
        reducible_kw = min(self.limit_kw[step], self.left_kwh / HOURS_PER_STEP, load_kw)
        return Now(
            step=step,
            load_kw=load_kw,
            soc_kwh=self.soc_kwh,
            peak_kw=self.peak_kw,
            reducible_kw=max(float(reducible_kw), 0.0),
            reducible_kwh=self.left_kwh,
        )

    def run(self, now: Now, power_kw: float, given_up_kw: float) -> None:
        store, step = self.month.store, now.step
        left_kw = now.load_kw - given_up_kw
        least_kw, most_kw = store.reach_kw(self.soc_kwh, left_kw)
        power_kw = min(max(power_kw, least_kw), most_kw)
        self.power_kw[step], self.given_up_kw[step] = power_kw, given_up_kw
        self.soc_kwh = store.after_kwh(self.soc_kwh, power_kw)
        self.left_kwh = max(self.left_kwh - given_up_kw * HOURS_PER_STEP, 0.0)
        if self.month.prices.counted[step]:
            self.peak_kw = max(self.peak_kw, left_kw + power_kw)


def _check(policy: str, month: Month, flexible: FlexibleLoad, site: _Site) -> None:
    broken = flexible.violations(site.runs_kw, site.given_up_kw)
    if broken:
        shown = "; ".join(broken[:SHOWN_LIMITS])
        raise BrokenLimitsError(
            f"{policy} broke {len(broken)} limits in {month.name}: {shown}; its figures would be "
            "of equipment that does not exist, mend the policy"
        )
