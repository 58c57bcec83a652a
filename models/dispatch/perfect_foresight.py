"""The cheapest months for one who knew every load: what no policy can beat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cvxpy as cp
import numpy as np

from feature_store.time_grid import HOURS_PER_STEP, KilowattArray
from models.dispatch.known_load import KnownLoad
from models.dispatch.live import billed, missing_krw_per_kwh
from models.dispatch.policy import LivedMonth, Month
from models.dispatch.storage_plan import NoStoragePlanError, StoragePlan

NAME = "perfect-foresight"


@dataclass(frozen=True, kw_only=True)
class RatchetMonth:
    """A month of a stretch whose peaks are remembered."""

    month: Month
    krw_per_kw: float
    """Demand charge."""
    floor_kw: float
    """Billed whatever happens in the stretch."""
    remembers: tuple[int, ...]
    """Earlier months of the stretch whose peaks it is billed for."""


def perfect_foresight(month: Month, known: KnownLoad) -> LivedMonth:
    """Return the month with the lowest bill, charge missing at its end bought as for everybody."""
    plan = StoragePlan.of(
        month.store,
        month.steps,
        month.peak_cost,
        missing_krw_per_kwh=missing_krw_per_kwh(month),
    )
    power_kw, _ = plan.solve(
        _load_kw(month, known), month.prices, soc_kwh=month.store.start_kwh, held_kw=0.0
    )
    return foreseen(month, known, power_kw)


def foreseen(month: Month, known: KnownLoad, power_kw: KilowattArray) -> LivedMonth:
    """Return a month operated as was decided with foresight."""
    return billed(NAME, month, _load_kw(month, known), power_kw)


def foreseen_stretch_kw(months: Sequence[RatchetMonth], known: KnownLoad) -> list[KilowattArray]:
    """Return the battery's power in each month that makes all their bills together lowest.

    Each month's billed demand is the largest of its floor, its own counted peak, and those of the
    months that it remembers; charge missing at the end of a month is bought. One linear problem.

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
        missing_kwh = cp.Variable(nonneg=True)
        load_kw, power_kw = _load_kw(month, known), charge_kw - discharge_kw
        stored_kw = store.charge_efficiency * charge_kw - discharge_kw / store.discharge_efficiency
        counted = np.flatnonzero(month.prices.counted)
        constraints += [
            soc_kwh[0] == store.start_kwh,
            soc_kwh[1:] == soc_kwh[:-1] + HOURS_PER_STEP * stored_kw,
            soc_kwh[month.steps] + missing_kwh >= store.start_kwh,
            power_kw >= -load_kw,
            peak_kw[number] >= load_kw[counted] + power_kw[counted],
            billed_kw[number] >= one.floor_kw,
            *(billed_kw[number] >= peak_kw[of] for of in (*one.remembers, number)),
        ]
        cost_krw.append(
            HOURS_PER_STEP * (month.prices.krw_per_kwh @ power_kw)
            + store.wear_krw_per_kwh * HOURS_PER_STEP * cp.sum(discharge_kw)
            + missing_krw_per_kwh(month) * missing_kwh
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


def _load_kw(month: Month, known: KnownLoad) -> KilowattArray:
    return known.table.demand_kw[month.first : month.first + month.steps]
