"""Live a month with a policy: interval by interval, with the battery's own physics and the bill."""

from __future__ import annotations

import numpy as np

from models.dispatch.known_load import KnownLoad
from models.dispatch.live_with_jobs import live_with_jobs
from models.dispatch.lived_bill import billed
from models.dispatch.policy import LivedMonth, Month, Now, Policy


def live(policy: Policy, month: Month, known: KnownLoad) -> LivedMonth:
    """Return what becomes of a month under a policy.

    The battery starts as declared. What a policy asks beyond the battery's reach is held back, as
    the battery itself would. Charge that is missing at the end is bought at the month's mean price
    with its losses; charge that is left over is a gift to the month after it.
    """
    if month.flexible is not None:
        return live_with_jobs(policy, month, month.flexible, known)
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
