"""All batteries of a firm as one store: valued as one, and its power given out to each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

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
    What a battery keeps in reserve is no part of it.
    """
    stores = [usable_store(battery) for battery in batteries]
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


def usable_store(battery: Battery) -> Store:
    """Return what may be used of one battery: its window above what it keeps in reserve."""
    store = Store.of(battery)
    reserve_share = battery.parameters.reserve_share
    if reserve_share is None:
        return store
    reserve_kwh = reserve_share * battery.parameters.capacity_kwh
    return replace(store, least_kwh=max(store.least_kwh, reserve_kwh))


def split_kw(power_kw: float, reach_kw: Sequence[tuple[float, float]]) -> tuple[float, ...]:
    """Give out a power to batteries, in proportion to what each can reach in the interval.

    Whatever all of them reach together each then reaches alone, and an empty or a full one is left
    out; those with more power or more charge left take more of it.

    Args:
        power_kw: Of all; what they do not reach together is held back.
        reach_kw: The least (not above 0) and the most (not below 0) power of each.

    Example:
        >>> split_kw(-90.0, [(-100.0, 50.0), (-50.0, 50.0), (0.0, 50.0)])
        (-60.0, -30.0, 0.0)
    """
    ends_kw = [most if power_kw > 0 else least for least, most in reach_kw]
    together_kw = sum(ends_kw)
    if not together_kw:
        return (0.0,) * len(ends_kw)
    share = min(power_kw / together_kw, 1.0)
    return tuple(share * end_kw for end_kw in ends_kw)


def moved_kw(
    powers_kw: Sequence[float], by_kw: float, reach_kw: Sequence[tuple[float, float]]
) -> tuple[float, ...]:
    """Change the powers of batteries together by some power, and each by as little as can be.

    Those that run the other way are brought towards rest first, in proportion to their power, so
    that none charges what another gives. What is then left is shared out in proportion to what
    each still reaches.

    Args:
        powers_kw: Of each, within what it reaches.
        by_kw: Of all; what they do not reach together is held back.
        reach_kw: As in :func:`split_kw`.

    Example:
        >>> moved_kw([10.0, 0.0], -40.0, [(-20.0, 50.0), (-40.0, 50.0)])
        (-10.0, -20.0)
    """
    to_rest_kw = [(-max(power, 0.0), max(-power, 0.0)) for power in powers_kw]
    rested_kw = split_kw(by_kw, to_rest_kw)
    brought_kw = [power + part for power, part in zip(powers_kw, rested_kw, strict=True)]
    left_kw = [
        (least - power, most - power)
        for power, (least, most) in zip(brought_kw, reach_kw, strict=True)
    ]
    further_kw = split_kw(by_kw - sum(rested_kw), left_kw)
    return tuple(power + part for power, part in zip(brought_kw, further_kw, strict=True))
