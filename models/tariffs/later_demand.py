"""What the demand of a grid will cost in the months after it, through the ratchet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cvxpy as cp
import numpy as np
import numpy.typing as npt

from feature_store.entities.firm import Contract
from feature_store.time_grid import KilowattArray
from models.tariffs.billed_demand import billed_demand_rule, remembered_months
from models.tariffs.billing_month import BillingMonth
from models.tariffs.grid_prices import GridPrices, Steps
from models.tariffs.value_of_kw import ChargedMonth, months_that_remember


@dataclass(frozen=True, kw_only=True)
class LaterMonths:
    """Months after those of a grid whose bills remember the same of its intervals."""

    months: tuple[BillingMonth, ...]
    counted_steps: Steps
    """The intervals of the grid whose demand they look at."""


@dataclass(frozen=True, kw_only=True)
class DemandCuts:
    """A convex cost of a peak, as the largest of 0 and of lines: slope x peak + intercept.

    As many lines as months; lines that say nothing are 0.
    """

    krw_per_kw: cp.Parameter | npt.NDArray[np.float64]
    """Slopes, >= 0, shape (months,)."""
    intercept_krw: cp.Parameter | npt.NDArray[np.float64]
    """Shape (months,)."""


def later_months(contract: Contract, prices: GridPrices) -> tuple[LaterMonths, ...]:
    """Return the months after the grid that remember its demand, by what they remember of it.

    It depends on dates and rules alone, not on what was measured.
    """
    counted = {
        billed.month: steps
        for billed in prices.months
        if (steps := billed.steps[prices.counted[billed.steps]]).size
    }
    touched = [billed.month for billed in prices.months]
    remembered_by: dict[tuple[BillingMonth, ...], list[BillingMonth]] = {}
    for later in months_that_remember(contract, touched):
        looked_at = remembered_months(billed_demand_rule(contract, later), later)
        seen = tuple(month for month in looked_at if month in counted)
        if seen:
            remembered_by.setdefault(seen, []).append(later)
    return tuple(
        LaterMonths(
            months=tuple(months),
            counted_steps=np.concatenate([counted[month] for month in seen]),
        )
        for seen, months in remembered_by.items()
    )


def demand_cuts(later: LaterMonths, charges: Sequence[ChargedMonth]) -> DemandCuts:
    """Return what the peak costs in ``later`` above what they are charged anyway.

    The lines are those of the sum over the months of basic x (peak - billed anyway), kept where
    positive: taken in the order of what is billed anyway, each line adds one month. ``charges``
    may hold other months too; a month that is missing there costs nothing.
    """
    paying = sorted(
        (charge for charge in charges if charge.month in later.months),
        key=lambda charge: charge.anyway_kw,
    )
    slopes, intercepts = np.zeros((2, len(later.months)))
    basic = np.array([charge.basic_krw_per_kw for charge in paying])
    anyway_kw = np.array([charge.anyway_kw for charge in paying])
    slopes[: len(paying)] = np.cumsum(basic)
    intercepts[: len(paying)] = -np.cumsum(basic * anyway_kw)
    return DemandCuts(krw_per_kw=slopes, intercept_krw=intercepts)


def later_demand_cost_krw(
    peaks_kw: Sequence[cp.Expression | KilowattArray], cuts: Sequence[DemandCuts]
) -> cp.Expression:
    """Return what months after the grid will be charged for its demand beyond what is certain.

    ``peaks_kw`` holds, for each of :func:`later_months`, the largest demand that they look at: a
    decision, scalar, or numbers, shape (paths,). The result is convex, before VAT and fund, a
    scalar or one value a path.

    Source: KEPCO terms of supply, 기본공급약관 제68조①.
    """
    cost_krw = cp.Constant(0)
    for peak_kw, lines in zip(peaks_kw, cuts, strict=True):
        costs_krw = (
            lines.krw_per_kw[number] * peak_kw + lines.intercept_krw[number]
            for number in range(lines.krw_per_kw.size)
        )
        cost_krw = cost_krw + cp.maximum(0, *costs_krw)
    return cost_krw
