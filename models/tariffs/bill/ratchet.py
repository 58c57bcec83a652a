"""The billed demand 요금적용전력 of a month, and where it came from."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from feature_store.entities.firm import Contract
from models.tariffs.bill.amounts import exact, half_up, measured, whole
from models.tariffs.billed_demand import billed_demand_rule, remembered_months
from models.tariffs.billing_month import BillingMonth
from models.tariffs.kepco_tables import kepco_tables


class Origin(StrEnum):
    """What decided the billed demand."""

    THIS_MONTH = "this_month"
    EARLIER_MONTH = "earlier_month"
    FLOOR = "floor"
    """The least share of the contract power."""
    CONTRACT_POWER = "contract_power"
    """There is no demand meter."""


@dataclass(frozen=True, kw_only=True)
class BilledDemand:
    """The demand that a month pays for."""

    kw: int
    """Half-up to 1 kW."""
    origin: Origin
    month: BillingMonth | None
    """Whose peak it is; None for floor and contract power."""
    looked_at_kw: Mapping[BillingMonth, int]
    """Counted peaks that the rule looked at, in order, half-up to 1 kW."""
    unknown: tuple[BillingMonth, ...]
    """Months that the rule looks at and of which no peak is known: the real bill may be higher."""
    partly_read: tuple[BillingMonth, ...]
    """Months looked at whose counted hours were not all read: their peak may have been higher."""
    otherwise_kw: float
    """What would be billed had nothing been measured in the month, not rounded."""


def billed_demand(
    contract: Contract,
    month: BillingMonth,
    peaks_kw: Mapping[BillingMonth, float],
    partly_read: Collection[BillingMonth] = (),
) -> BilledDemand:
    """Return the billed demand from counted peaks by billing month, that of ``month`` included.

    The larger of the peak of ``month``, those of December, January, February, July, August and
    September within the last 12 billing months, and 30 % of the contract power. Months that the
    rule does not look at may be among ``peaks_kw`` and ``partly_read``.

    Source: KEPCO terms of supply, 기본공급약관 제68조.

    Example:
        >>> may = BillingMonth(2026, 5)
        >>> peaks_kw = {BillingMonth(2025, 8): 255.0, BillingMonth(2026, 3): 320.0, may: 200.0}
        >>> billed_demand(Contract(power_kw=1000), may, peaks_kw).kw
        300
    """
    if not kepco_tables().classes[contract.tariff_class].demand_metered:
        return BilledDemand(
            kw=half_up(exact(contract.power_kw)),
            origin=Origin.CONTRACT_POWER,
            month=None,
            looked_at_kw={},
            unknown=(),
            partly_read=(),
            otherwise_kw=contract.power_kw,
        )
    rule = billed_demand_rule(contract, month)
    earlier = remembered_months(rule, month)
    known_kw = {at: peaks_kw[at] for at in (*earlier, month) if at in peaks_kw}
    floor_kw = exact(rule.minimum_share) * exact(contract.power_kw)
    largest = max(known_kw, key=lambda at: (known_kw[at], at == month), default=None)
    above = largest is not None and measured(known_kw[largest]) > floor_kw
    origin = Origin.EARLIER_MONTH if above else Origin.FLOOR
    return BilledDemand(
        kw=half_up(measured(known_kw[largest]) if largest is not None and above else floor_kw),
        origin=Origin.THIS_MONTH if above and largest == month else origin,
        month=largest if above else None,
        looked_at_kw={at: whole(peak_kw) for at, peak_kw in known_kw.items()},
        unknown=tuple(at for at in earlier if at not in known_kw),
        partly_read=tuple(at for at in (*earlier, month) if at in partly_read),
        otherwise_kw=max(float(floor_kw), *(known_kw.get(at, 0.0) for at in earlier), 0.0),
    )
