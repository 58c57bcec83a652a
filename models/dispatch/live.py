"""Live a month with a policy: interval by interval, with the battery's own physics and the bill."""

from __future__ import annotations

import numpy as np

from feature_store.time_grid import HOURS_PER_STEP, KilowattArray
from models.dispatch.known_load import KnownLoad
from models.dispatch.policy import LivedMonth, Month, Now, Policy


def live(policy: Policy, month: Month, known: KnownLoad) -> LivedMonth:
    """Return what becomes of a month under a policy.

    The battery starts as declared. What a policy asks beyond the battery's reach is held back, as
    the battery itself would. Charge that is missing at the end is bought at the month's mean price
    with its losses; charge that is left over is a gift to the month after it.
    """
    dispatcher = policy.start(month, known)
    load_kw = known.table.demand_kw[month.first : month.first + month.steps]
    power_kw = np.zeros(month.steps)
    soc_kwh = np.full(month.steps + 1, month.store.start_kwh)
    peak_kw = 0.0
    for step in range(month.steps):
        now = Now(
            step=step, load_kw=float(load_kw[step]), soc_kwh=float(soc_kwh[step]), peak_kw=peak_kw
        )
        least_kw, most_kw = month.store.reach_kw(now.soc_kwh, now.load_kw)
        power_kw[step] = min(max(dispatcher.power_kw(now), least_kw), most_kw)
        soc_kwh[step + 1] = month.store.after_kwh(now.soc_kwh, power_kw[step])
        if month.prices.counted[step]:
            peak_kw = max(peak_kw, now.load_kw + power_kw[step])
    return billed(policy.name, month, load_kw, power_kw)


def billed(
    policy: str, month: Month, load_kw: KilowattArray, power_kw: KilowattArray
) -> LivedMonth:
    """Price a month's operation, following the battery's charge through it."""
    prices, store = month.prices, month.store
    soc_kwh = store.charge_kwh(power_kw)
    import_kw = load_kw + power_kw
    energy_krw = float(prices.krw_per_kwh @ import_kw) * HOURS_PER_STEP
    missing_kwh = max(store.start_kwh - soc_kwh[-1], 0.0)
    energy_krw += missing_kwh * missing_krw_per_kwh(month)
    peak_kw = float(import_kw[prices.counted].max(initial=0.0))
    discharged_kwh = float(np.maximum(-power_kw, 0.0).sum()) * HOURS_PER_STEP
    return LivedMonth(
        policy=policy,
        month=month.name,
        power_kw=power_kw,
        soc_kwh=soc_kwh,
        load_kw=load_kw,
        energy_krw=energy_krw,
        peak_krw=float(month.peak_cost.krw(peak_kw)),
        wear_krw=store.wear_krw_per_kwh * discharged_kwh,
        peak_kw=peak_kw,
    )


def missing_krw_per_kwh(month: Month) -> float:
    """Return what a kWh of charge missing at the end of a month costs: bought at the mean price."""
    return float(month.prices.krw_per_kwh.mean()) / month.store.charge_efficiency
