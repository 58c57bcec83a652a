"""The demand that is held against the contract power."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from feature_store.entities.firm import Contract
from feature_store.time_grid import KilowattArray
from models.tariffs.bill.amounts import exact, whole
from models.tariffs.kepco_tables import kepco_tables
from models.tariffs.switches import USUAL, Switches


def largest_kw(
    demand_kw: KilowattArray, counted: npt.NDArray[np.bool_], switches: Switches = USUAL
) -> float:
    """Return the largest measured demand in the hours that ``switches`` name, 0 without any.

    Both arrays have shape (n,); NaN is not measured.
    """
    looked_at = counted if switches.excess_hours == "counted" else np.True_
    return float(demand_kw[looked_at & ~np.isnan(demand_kw)].max(initial=0.0))


def exceeds(contract: Contract, demand_kw: float) -> bool:
    """Say whether a demand, in whole kW as it is billed, lies above the contract power.

    Never without a demand meter.
    """
    metered = kepco_tables().classes[contract.tariff_class].demand_metered
    return metered and whole(demand_kw) > exact(contract.power_kw)
