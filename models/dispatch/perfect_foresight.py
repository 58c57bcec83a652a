"""The cheapest months for one who knew every load: what no policy can beat."""

from __future__ import annotations

from collections.abc import Sequence

import cvxpy as cp
import numpy as np

from feature_store.time_grid import HOURS_PER_STEP, KilowattArray
from models.dispatch.foresight_with_jobs import (
    ForeseenMonth,
    base_load_kw,
    foreseen_month,
    foreseen_months,
)
from models.dispatch.known_load import KnownLoad
from models.dispatch.lived_bill import billed
from models.dispatch.policy import LivedMonth, Month
from models.dispatch.ratchet_month import RatchetMonth
from models.dispatch.storage_plan import NoStoragePlanError, StoragePlan

NAME = "perfect-foresight"


def perfect_foresight(month: Month, known: KnownLoad) -> LivedMonth:
    """Return the month with the lowest bill; the battery ends as full as it started.

    With jobs it is a bound below it, see :mod:`models.dispatch.foresight_with_jobs`.
    """
    if month.flexible is not None:
        return foreseen(month, known, foreseen_month(month, month.flexible, known))
    plan = StoragePlan.of(month.store, month.steps, month.peak_cost)
    power_kw, _ = plan.solve(
        base_load_kw(month, known), month.prices, soc_kwh=month.store.start_kwh, held_kw=0.0
    )
    return foreseen(month, known, power_kw)


def foreseen(month: Month, known: KnownLoad, done: KilowattArray | ForeseenMonth) -> LivedMonth:
    """Return a month operated as was decided with foresight.

    Args:
        month: What is operated.
        known: Its load.
        done: The battery's power, shape (steps,), or that of all equipment.
    """
    load_kw = base_load_kw(month, known)
    if isinstance(done, ForeseenMonth):
        return billed(NAME, month, load_kw + done.runs_kw, done.battery_kw, done.given_up_kw)
    return billed(NAME, month, load_kw, done)


def foreseen_stretch(
    months: Sequence[RatchetMonth], known: KnownLoad
) -> Sequence[KilowattArray | ForeseenMonth]:
    """Return what is done in each month of a stretch that makes all their bills together lowest."""
    flexible = [one.month.flexible for one in months if one.month.flexible is not None]
    if flexible:
        return foreseen_months(months, flexible, known)
    return foreseen_stretch_kw(months, known)


def foreseen_stretch_kw(months: Sequence[RatchetMonth], known: KnownLoad) -> list[KilowattArray]:
    """Return the battery's power in each month that makes all their bills together lowest.

    Each month's billed demand is the largest of its floor, its own counted peak, and those of the
    months that it remembers; the battery ends every month as full as it started. One linear
    problem.

    Source: KEPCO terms of supply, 기본공급약관 제68조①.
    """
    peak_kw = cp.Variable(len(months), nonneg=True, name="site.peak_kw")
    billed_kw = cp.Variable(len(months), nonneg=True, name="site.billed_kw")
    cost_krw, constraints, powers = [], [], []
    for number, one in enumerate(months):
        month, store = one.month, one.month.store
        charge_kw = cp.Variable(month.steps, bounds=[0, store.charge_kw])
        discharge_kw = cp.Variable(month.steps, bounds=[0, store.discharge_kw])
        soc_kwh = cp.Variable(month.steps + 1, bounds=[store.least_kwh, store.most_kwh])
        load_kw, power_kw = base_load_kw(month, known), charge_kw - discharge_kw
        stored_kw = store.charge_efficiency * charge_kw - discharge_kw / store.discharge_efficiency
        counted = np.flatnonzero(month.prices.counted)
        constraints += [
            soc_kwh[0] == store.start_kwh,
            soc_kwh[1:] == soc_kwh[:-1] + HOURS_PER_STEP * stored_kw,
            soc_kwh[month.steps] >= store.start_kwh,
            power_kw >= -load_kw,
            peak_kw[number] >= load_kw[counted] + power_kw[counted],
            billed_kw[number] >= one.floor_kw,
            *(billed_kw[number] >= peak_kw[of] for of in (*one.remembers, number)),
        ]
        cost_krw.append(
            HOURS_PER_STEP * (month.prices.krw_per_kwh @ power_kw)
            + store.wear_krw_per_kwh * HOURS_PER_STEP * cp.sum(discharge_kw)
            + one.krw_per_kw * billed_kw[number]
        )
        powers.append(power_kw)
    problem = cp.Problem(cp.Minimize(sum(cost_krw, start=cp.Constant(0))), constraints)
    problem.solve(solver=cp.HIGHS, warm_start=False)
    if problem.status != cp.OPTIMAL:
        raise NoStoragePlanError(
            f"the battery's operation over {len(months)} months is {problem.status}; check its "
            "limits and its state of charge at the start"
        )
    return [np.asarray(power_kw.value, dtype=np.float64) for power_kw in powers]
