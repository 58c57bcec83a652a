"""All batteries of a firm as one store, for what is valued and not for what is run."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.assets.battery import Battery
from models.dispatch.store import Store

NO_STORE = Store(
    least_kwh=0.0,
    most_kwh=1.0,
    charge_kw=0.0,
    discharge_kw=0.0,
    charge_efficiency=1.0,
    discharge_efficiency=1.0,
    wear_krw_per_kwh=0.0,
    start_kwh=0.0,
)
"""That of a firm without a battery: it has no power, so every peak comes as the load makes it."""


def pooled_store(batteries: Sequence[Battery]) -> Store:
    """Return one store with the energy and the power of all batteries together.

    Efficiencies and wear are means, weighted by power. One store can give all its energy through
    all its power, which several cannot once one of them is empty: it promises a little too much.
    """
    stores = [Store.of(battery) for battery in batteries]
    if not stores:
        return NO_STORE
    charge_kw = np.array([store.charge_kw for store in stores])
    discharge_kw = np.array([store.discharge_kw for store in stores])
    taken = charge_kw / charge_kw.sum()
    given = discharge_kw / discharge_kw.sum()
    return Store(
        least_kwh=sum(store.least_kwh for store in stores),
        most_kwh=sum(store.most_kwh for store in stores),
        charge_kw=float(charge_kw.sum()),
        discharge_kw=float(discharge_kw.sum()),
        charge_efficiency=float(taken @ [store.charge_efficiency for store in stores]),
        discharge_efficiency=float(given @ [store.discharge_efficiency for store in stores]),
        wear_krw_per_kwh=float(given @ [store.wear_krw_per_kwh for store in stores]),
        start_kwh=min(
            max(sum(store.start_kwh for store in stores), sum(store.least_kwh for store in stores)),
            sum(store.most_kwh for store in stores),
        ),
    )
