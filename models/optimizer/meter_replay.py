"""What the meter would count of an operation, interval by interval, in plain numbers."""

from __future__ import annotations

import numpy as np

from feature_store.time_grid import HOURS_PER_STEP, KilowattArray
from models.optimizer.grid_terms import GridTerms


def metered_again(terms: GridTerms, bus_kw: KilowattArray) -> KilowattArray:
    """Return the mean that the meter shows for draws of the bus, both of shape (steps,).

    Surplus is held back where nothing may be fed back. Of the running interval only what is left
    can still be drawn; what it has had is in the mean already.
    """
    net_kw = np.array(bus_kw, dtype=np.float64)
    if terms.export is None:
        net_kw[net_kw < 0] = 0.0
    if terms.running is not None:
        rest_kwh = net_kw[0] * HOURS_PER_STEP * (1.0 - terms.running.elapsed_share)
        net_kw[0] = (terms.running.drawn_kwh + rest_kwh) / HOURS_PER_STEP
    return net_kw
