"""Whether a firm's plans should price their peak by its bill, or by what is expected of it."""

from __future__ import annotations

from dataclasses import dataclass

from feature_store.entities.firm import PeakPricing
from training.replay.lived_site import LivedSite
from training.replay.plan import BY_BILL, BY_VALUE
from training.replay.run import ReplayedSite

LEAST_MONTHS = 3
"""Of fewer months lived again one lucky day would decide."""


@dataclass(frozen=True, kw_only=True)
class PeakPricingChoice:
    """What months lived again say of one site."""

    pricing: PeakPricing
    """What to declare as ``peak_pricing`` of the firm."""
    months: int
    by_bill_krw: float
    """Bills of all months under the plan that prices its peak by its bill."""
    by_value_krw: float
    """The same with the value, all else equal."""
    months_better: int
    """Months whose bill the value made lower."""


def peak_pricing_choice(one: ReplayedSite) -> PeakPricingChoice | None:
    """Return what pays on a site's own months; None where not both plans were lived.

    Each month is lived with what was known in it. The value is chosen where it lowers the bills of
    at least ``LEAST_MONTHS`` months together, and those of more than half of them.
    """
    if not {BY_BILL, BY_VALUE} <= one.lived.keys():
        return None
    by_bill, by_value = _bills(one.lived[BY_BILL]), _bills(one.lived[BY_VALUE])
    better = sum(value < bill for value, bill in zip(by_value, by_bill, strict=True))
    months = len(by_bill)
    pays = months >= LEAST_MONTHS and sum(by_value) < sum(by_bill) and 2 * better > months
    return PeakPricingChoice(
        pricing="month_value" if pays else "bill",
        months=months,
        by_bill_krw=sum(by_bill),
        by_value_krw=sum(by_value),
        months_better=better,
    )


def _bills(lived: LivedSite) -> list[float]:
    return [month.bill_krw for month in lived.months]
