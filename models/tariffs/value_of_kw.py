"""What a kW of a month's peak costs: in that month, and in those that will remember it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from feature_store.entities.firm import Contract
from feature_store.entities.load_history import LoadHistory
from models.tariffs.billed_demand import billed_demand_rule, demand_floor_kw, remembered_months
from models.tariffs.billing_month import BillingMonth
from models.tariffs.expected_peaks import ExpectedPeak, expected_peak, months_measured_for
from models.tariffs.grid_prices import basic_krw_per_kw
from models.tariffs.kepco_tables import kepco_tables
from models.tariffs.monthly_peaks import monthly_peaks_kw


@dataclass(frozen=True, kw_only=True)
class ChargedMonth:
    """A month whose demand charge the peak raises, as far as it exceeds what is billed anyway."""

    month: BillingMonth
    basic_krw_per_kw: float
    anyway_kw: float
    """Billed in it whatever the peak is."""
    expected: ExpectedPeak | None
    """The peak of its own that it is expected to have; None for the month of the peak itself."""


@dataclass(frozen=True, kw_only=True)
class ValueOfKw:
    """The demand charges that a month's counted peak decides, before VAT and fund.

    Convex and piecewise linear: flat up to the first of ``breakpoints_kw``, then ever steeper.
    """

    month: BillingMonth
    charges: tuple[ChargedMonth, ...]
    """The month itself and those that will remember its peak, in order; none without a demand
    meter."""

    @property
    def breakpoints_kw(self) -> npt.NDArray[np.float64]:
        """Peaks from which on one month more pays for each kW, rising, shape (charges,)."""
        return np.sort([charge.anyway_kw for charge in self.charges])

    @property
    def slopes_krw_per_kw(self) -> npt.NDArray[np.float64]:
        """What one more kW costs above each breakpoint, shape (charges,)."""
        ordered = sorted(self.charges, key=lambda charge: charge.anyway_kw)
        return np.cumsum([charge.basic_krw_per_kw for charge in ordered])

    def krw_per_kw(self, peak_kw: float) -> float:
        """Return what one more kW costs in all months together, once the peak is ``peak_kw``."""
        return sum(charge.basic_krw_per_kw for charge in self.binding(peak_kw))

    def binding(self, peak_kw: float) -> tuple[ChargedMonth, ...]:
        """Return the months whose charge one more kW above ``peak_kw`` raises."""
        return tuple(charge for charge in self.charges if charge.anyway_kw <= peak_kw)

    def cost_krw(self, peak_kw: float) -> float:
        """Return what the peak adds to what all these months are charged anyway."""
        return sum(
            charge.basic_krw_per_kw * max(peak_kw - charge.anyway_kw, 0.0)
            for charge in self.charges
        )


def value_of_kw(
    contract: Contract, history: LoadHistory, month: BillingMonth, zone: ZoneInfo
) -> ValueOfKw:
    """Return what the counted peak of ``month`` costs in it and in the months that follow.

    Time runs on: a peak of July is billed in July and, through the ratchet, until it leaves the
    window of 12 months, the next June being the last; a peak of April is billed in April alone.
    A later month pays only for what exceeds its own expected peak, the measured and expected
    peaks of other months that it remembers, and 30 % of the contract power. Months of which
    nothing can be expected are taken not to pay. Basic rates are those known today.

    Args:
        contract: Whose rates and class apply.
        history: What was measured, as known at the moment asked about; the 12 billing months
            before ``month`` and ``month`` so far are looked at.
        month: The billing month that the moment lies in.
        zone: Where the firm's days begin.

    Source: KEPCO terms of supply, 기본공급약관 제68조①.
    """
    if not kepco_tables().classes[contract.tariff_class].demand_metered:
        return ValueOfKw(month=month, charges=())
    own = ChargedMonth(
        month=month,
        basic_krw_per_kw=_basic_krw_per_kw(contract, month),
        anyway_kw=demand_floor_kw(history, contract, zone, month),
        expected=None,
    )
    remembering = months_that_remember(contract, (month,))
    return ValueOfKw(
        month=month, charges=(own, *later_charges(contract, history, month, remembering, zone))
    )


def months_that_remember(
    contract: Contract, months: Sequence[BillingMonth]
) -> tuple[BillingMonth, ...]:
    """Return the months after the last of ``months`` whose ratchet looks at one of them."""
    last = max(months)
    window = billed_demand_rule(contract, last).window_months
    following = [last.earlier(-ahead) for ahead in range(1, window)]
    return tuple(
        later
        for later in following
        if set(months) & set(remembered_months(billed_demand_rule(contract, later), later))
    )


def later_charges(
    contract: Contract,
    history: LoadHistory,
    month: BillingMonth,
    later: Sequence[BillingMonth],
    zone: ZoneInfo,
) -> tuple[ChargedMonth, ...]:
    """Return what ``later`` months are billed anyway, seen from ``month``.

    Args:
        contract: As in :func:`value_of_kw`.
        history: As in :func:`value_of_kw`.
        month: The month that the moment lies in: expectations begin after it.
        later: Months after ``month``; those of which nothing can be expected are left out.
        zone: As in :func:`value_of_kw`.
    """
    first, last = months_measured_for(month)
    measured_kw = monthly_peaks_kw(history, contract, zone, first=first, last=month)
    over_kw = {known: peak_kw for known, peak_kw in measured_kw.items() if known <= last}
    charges = []
    for following in later:
        own = expected_peak(following, over_kw)
        if own is None:
            continue
        rule = billed_demand_rule(contract, following)
        remembered_kw = [
            measured_kw.get(earlier, 0.0) if earlier <= month else _expected_kw(earlier, over_kw)
            for earlier in remembered_months(rule, following)
        ]
        charges.append(
            ChargedMonth(
                month=following,
                basic_krw_per_kw=_basic_krw_per_kw(contract, following),
                anyway_kw=max(rule.minimum_share * contract.power_kw, own.peak_kw, *remembered_kw),
                expected=own,
            )
        )
    return tuple(charges)


def _expected_kw(month: BillingMonth, measured_kw: dict[BillingMonth, float]) -> float:
    expected = expected_peak(month, measured_kw)
    return expected.peak_kw if expected else 0.0


def _basic_krw_per_kw(contract: Contract, month: BillingMonth) -> float:
    first_day = np.array([month.first_day(contract.meter_reading_day)], dtype="datetime64[D]")
    return float(basic_krw_per_kw(contract, first_day)[0])
