"""One site's problem as a value: everything that its cheapest schedule depends on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

from feature_store.time_grid import KilowattArray
from models.optimizer.base_load import BaseLoad
from models.optimizer.grid_terms import USUAL_TERMS, GridTerms
from models.optimizer.peak_value import PeakValue
from models.site import Site
from models.tariffs.later_demand import DemandCuts
from models.tariffs.priced_grid import PricedGrid
from models.tariffs.value_of_kw import ValueOfKw


@dataclass(frozen=True, kw_only=True)
class PreviousPlan:
    """A plan made before, which is kept unless a new one saves enough."""

    equipment_kw: dict[str, KilowattArray]
    """By name; the first intervals of the grid, shape (n,), the same n for all."""
    keep_unless_saves_krw: float
    """The new plan must save more than this against the old one, carried on as well as it can."""


@dataclass(frozen=True, kw_only=True)
class SiteProblem:
    """Equipment, prices, load and state, whether a ledger or a stranger told them."""

    site: Site
    issue_time: datetime
    """When the load was foreseen."""
    prices: PricedGrid
    base: BaseLoad
    demand_floor_kw: npt.NDArray[np.float64]
    """What each peak of ``prices.months`` is billed for whatever happens, shape (peaks,)."""
    later_cuts: tuple[DemandCuts, ...] = ()
    """What the peak costs in the months after the grid, in the order of
    :func:`models.tariffs.later_demand.later_months`; none of stated prices."""
    value: ValueOfKw | None = None
    """What one more kW costs over all months, where a table of KEPCO's applies."""
    terms: GridTerms = USUAL_TERMS
    previous: PreviousPlan | None = None
    peak_value: PeakValue | None = None
    """What the peak is expected to cost in the end: what plans are chosen by, where it is known.
    What they are told to cost is always what would be billed."""
