"""The bill of a month that was lived, with the battery's charge followed through it."""

from __future__ import annotations

import numpy as np

from feature_store.time_grid import HOURS_PER_STEP, KilowattArray
from models.dispatch.policy import LivedMonth, Month


def billed(
    policy: str,
    month: Month,
    load_kw: KilowattArray,
    power_kw: KilowattArray,
    given_up_kw: KilowattArray | None = None,
) -> LivedMonth:
    """Price a month's operation, following the battery's charge through it.

    Args:
        policy: Its name.
        month: What was lived.
        load_kw: Without the battery, with the jobs where they were placed, shape (steps,).
        power_kw: Of the battery, shape (steps,).
        given_up_kw: By how much the load was reduced, shape (steps,); nowhere if left out.
    """
    prices, store = month.prices, month.store
    soc_kwh = store.charge_kwh(power_kw)
    given_up_kw = np.zeros(len(load_kw)) if given_up_kw is None else given_up_kw
    import_kw = load_kw + power_kw - given_up_kw
    energy_krw = float(prices.krw_per_kwh @ import_kw) * HOURS_PER_STEP
    missing_kwh = max(store.start_kwh - soc_kwh[-1], 0.0)
    energy_krw += missing_kwh / store.charge_efficiency * float(prices.krw_per_kwh.mean())
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
        given_up_krw=month.flexible.given_up_krw(given_up_kw) if month.flexible else 0.0,
        given_up_kw=given_up_kw,
    )
