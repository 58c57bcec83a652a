"""What is lived again: a firm with one battery, and the load that was measured."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.errors import SandanError
from feature_store.time_grid import STEPS_PER_WEEK, KilowattArray
from models.assets.battery import Battery
from models.dispatch.store import Store
from models.site import site_of


class NotReplayableError(SandanError):
    """A site or a stretch of time cannot be lived again."""


@dataclass(frozen=True, kw_only=True)
class ReplaySite:
    """A firm, its battery and its load."""

    name: str
    """In files and reports; firms may take part with several batteries."""
    firm: Firm
    history: LoadHistory
    """As measured, gaps filled."""
    store: Store
    filled: int
    """Intervals that were not measured."""


def replay_site(firm: Firm, history: LoadHistory, *, name: str | None = None) -> ReplaySite:
    """Return a firm as a site that can be lived again.

    Gaps are filled with the load a week before, or, in the first week, with its mean.

    Raises:
        NotReplayableError: The firm does not declare exactly one battery.
    """
    batteries = [asset for asset in site_of(firm).assets if isinstance(asset, Battery)]
    if len(batteries) != 1:
        raise NotReplayableError(
            f"{firm.firm_id}: declares {len(batteries)} batteries; declare exactly one, it is what "
            "the policies run"
        )
    demand_kw = _filled(history.demand_kw)
    return ReplaySite(
        name=name or firm.firm_id,
        firm=firm,
        history=replace(history, demand_kw=demand_kw),
        store=Store.of(batteries[0]),
        filled=int(np.isnan(history.demand_kw).sum()),
    )


def _filled(demand_kw: KilowattArray) -> KilowattArray:
    """Fill gaps from what lies before them; those of the first week by its mean."""
    filled = demand_kw.copy()
    first_week = filled[:STEPS_PER_WEEK]
    first_week[np.isnan(first_week)] = np.nanmean(first_week)
    for step in np.flatnonzero(np.isnan(filled)):
        filled[step] = filled[step - STEPS_PER_WEEK]
    return filled
