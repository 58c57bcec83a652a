"""A meter's readings with named rules in place of what is missing or not believed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.quality.catalogue import CATALOGUE, check_of
from feature_store.quality.filling_rule import FillingRule
from feature_store.quality.finding import Finding
from feature_store.quality.meter_record import MeterRecord, record_of
from feature_store.time_grid import KilowattArray, utc_instant


@dataclass(frozen=True, kw_only=True)
class FilledHistory:
    """Readings as received, and beside them what is to be reckoned with."""

    raw: LoadHistory
    """As received and known; nothing in it is changed."""
    demand_kw: KilowattArray
    """Shape (raw.grid.steps,): the reading, or what a rule says; NaN where nothing can be said."""
    rule: npt.NDArray[np.int8]
    """:class:`FillingRule` of each interval, shape (raw.grid.steps,)."""

    @property
    def filled(self) -> npt.NDArray[np.bool_]:
        """Whether each interval is no reading as received, shape (raw.grid.steps,)."""
        return self.rule != FillingRule.MEASURED


def filled(history: LoadHistory, firm: Firm, found: Sequence[Finding]) -> FilledHistory:
    """Fill what was found to be missing or wrong, by the rule of each check.

    Where findings overlap, the check that stands first in the catalogue has its way. A check may
    leave readings as they are (a displaced clock may be changed working hours).
    """
    demand_kw = history.demand_kw.copy()
    rule = np.full(history.grid.steps, FillingRule.MEASURED, dtype=np.int8)
    received = record_of(history, firm)
    if received is None:
        return FilledHistory(raw=history, demand_kw=demand_kw, rule=rule)
    origin = int(np.searchsorted(history.grid.starts, utc_instant(received.grid.start)))
    trusted = _trusted(received, found)
    for one in sorted(found, key=_place, reverse=True):  # the first in the catalogue comes last
        run = received.run_of(one.start, one.end)
        filling = check_of(one.kind).replacement(received, trusted, run)
        if filling is None:
            continue
        at = slice(origin + run.first, origin + run.after)
        demand_kw[at] = filling.kw
        rule[at] = np.where(np.isfinite(filling.kw), filling.rule, FillingRule.UNKNOWN)
    return FilledHistory(raw=history, demand_kw=demand_kw, rule=rule)


def _place(one: Finding) -> int:
    return [check.kind for check in CATALOGUE].index(one.kind)


def _trusted(received: MeterRecord, found: Sequence[Finding]) -> MeterRecord:
    """The record without the readings that are to be replaced."""
    kw = received.kw.copy()
    for one in found:
        run = received.run_of(one.start, one.end)
        if check_of(one.kind).replacement(received, received, run) is not None:
            kw[run.slice] = np.nan
    return replace(received, kw=kw)
