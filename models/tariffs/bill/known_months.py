"""What is known of the months beside the one that is billed, measured or told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from feature_store.entities.firm import Contract
from feature_store.time_grid import KilowattArray
from models.tariffs.bill.largest_demand import exceeds, largest_kw
from models.tariffs.billed_demand import billed_demand_rule
from models.tariffs.billing_month import BillingMonth
from models.tariffs.monthly_peaks import counted_peaks_kw
from models.tariffs.switches import Switches


def _nothing() -> Mapping[BillingMonth, float]:
    return MappingProxyType({})


@dataclass(frozen=True, kw_only=True)
class KnownMonths:
    """Peaks and excesses by billing month."""

    peaks_kw: Mapping[BillingMonth, float] = field(default_factory=_nothing)
    """Counted peaks, measured or told."""
    told_kw: Mapping[BillingMonth, float] = field(default_factory=_nothing)
    """Those among them that a statement printed."""
    partly_read: frozenset[BillingMonth] = frozenset()
    """Months of which a counted interval was not read and no peak was told."""
    exceeded: frozenset[BillingMonth] = frozenset()
    """Months whose demand exceeded the contract power."""
    told_of_excess: bool = False
    """Whether an excess was told of, without its month."""

    def with_(self, other: KnownMonths) -> KnownMonths:
        """Return both together; of a month in both, ``other`` holds, but what was told first."""
        told_kw = {**self.told_kw, **other.told_kw}
        return KnownMonths(
            peaks_kw={**self.peaks_kw, **other.peaks_kw, **told_kw},
            told_kw=told_kw,
            partly_read=(self.partly_read | other.partly_read) - told_kw.keys(),
            exceeded=self.exceeded | other.exceeded,
            told_of_excess=self.told_of_excess or other.told_of_excess,
        )

    def excess_noticed(self, contract: Contract, month: BillingMonth, switches: Switches) -> bool:
        """Say whether an excess was announced before ``month``, so that it is charged.

        Looked for in as many months before it as the ratchet remembers, whatever is billed
        beside it.
        """
        window = billed_demand_rule(contract, month).window_months
        before = {month.earlier(back) for back in range(1, window)}
        given = switches.excess_notice == "given"
        return given or self.told_of_excess or not before.isdisjoint(self.exceeded)


def months_seen(
    contract: Contract,
    numbers: npt.NDArray[np.int64],
    counted: npt.NDArray[np.bool_],
    demand_kw: KilowattArray,
    switches: Switches,
) -> KnownMonths:
    """Return what measured demand says of the months that it lies in.

    ``numbers`` are the months of the intervals, never falling; all arrays have shape (n,), NaN is
    not measured. A month without any measured counted interval has no peak.
    """
    peaks_kw = counted_peaks_kw(numbers, counted, demand_kw)
    unread = np.unique(numbers[counted & np.isnan(demand_kw)]).tolist()
    starts = np.flatnonzero(np.diff(numbers, prepend=-1))
    ends = [*starts[1:].tolist(), numbers.size]
    parts = [slice(first, end) for first, end in zip(starts.tolist(), ends, strict=True)]
    return KnownMonths(
        peaks_kw=peaks_kw,
        partly_read=frozenset(BillingMonth.of_number(number) for number in unread),
        exceeded=frozenset(
            BillingMonth.of_number(int(numbers[part.start]))
            for part in parts
            if exceeds(contract, largest_kw(demand_kw[part], counted[part], switches))
        ),
    )
