"""What a peak is expected to cost while days of its month are left: convex cuts for the optimizer.

A plan of two days that pays the full price for its peak acts as if the month ended with it. With
many days left some later day may pass a low peak anyway, and a kW shaved off it saves nothing. What
a peak is expected to cost in the end bends upward: flat where a later day is sure to pass it, as
steep as the bill where none will.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from feature_store.errors import SandanError
from models.optimizer.lower_hull import lower_hull
from models.tariffs.later_demand import DemandCuts
from models.tariffs.value_of_kw import ValueOfKw

PEAK_VALUE_LINES = 48
"""Lines of a month's value: a grid of 28 peaks and the at most 12 months that a kW is paid in bend
it at 40 places; a few more are allowed."""

Krw = npt.NDArray[np.float64]
Kw = npt.NDArray[np.float64]


class PeakValueError(SandanError):
    """What peaks are expected to cost is told in a form that no cuts can be made of."""


@dataclass(frozen=True, kw_only=True)
class PeakValue:
    """What the peak of a grid within a month is expected to cost beyond what is billed anyway.

    It is no bill: plans are chosen by it, and told by what would be billed.
    """

    cuts: DemandCuts
    """``PEAK_VALUE_LINES`` lines; below the first peak that is paid for all of them are 0."""
    days_left: int
    """Days of the month after the grid."""

    def krw(self, peak_kw: float) -> float:
        """Return what is expected of one peak."""
        lines = np.asarray(self.cuts.krw_per_kw) * peak_kw + np.asarray(self.cuts.intercept_krw)
        return max(float(lines.max()), 0.0)


def peak_value(peak_kw: Kw, value_krw: Krw, value: ValueOfKw, *, days_left: int) -> PeakValue:
    """Turn values over peaks into cuts: their lower convex hull, never steeper than the bill.

    The values may be off by what their grid allows; the cuts are convex, never fall, are nowhere
    steeper than what a kW will be billed at most, and 0 up to the first peak that is billed at all.
    So no peak is expected to cost more than its bill. Above the last peak of the grid a kW costs
    its full price.

    Args:
        peak_kw: Rising, shape (peaks,).
        value_krw: Expected cost of the month's end at each, whatever constant it contains.
        value: What a kW will be billed, seen from the same moment.
        days_left: Of the month, after what is planned.

    Raises:
        PeakValueError: There are no two finite values over rising peaks, or nothing is charged.
    """
    breakpoints_kw = value.breakpoints_kw
    _refuse(peak_kw, value_krw, breakpoints_kw)
    first_kw = float(breakpoints_kw[0])
    above = peak_kw > first_kw
    knots_kw = np.concatenate([[first_kw], peak_kw[above]])
    knots_krw = np.concatenate([np.interp([first_kw], peak_kw, value_krw), value_krw[above]])
    nodes_kw = np.unique(np.concatenate([knots_kw, breakpoints_kw]))
    price = np.array([value.krw_per_kw(node_kw) for node_kw in nodes_kw])
    slopes = np.append(_hull_slopes(knots_kw, knots_krw, nodes_kw), price[-1])
    slopes = np.clip(slopes, 0.0, price)
    nodes_krw = np.concatenate([[0.0], np.cumsum(slopes[:-1] * np.diff(nodes_kw))])
    return PeakValue(cuts=_lines(slopes, nodes_kw, nodes_krw), days_left=days_left)


def _refuse(peak_kw: Kw, value_krw: Krw, breakpoints_kw: Kw) -> None:
    if not breakpoints_kw.size:
        raise PeakValueError("no month charges for the peak; plan by the energy price alone")
    told = peak_kw.shape == value_krw.shape and peak_kw.ndim == 1 and peak_kw.size > 1
    if not (told and np.isfinite(value_krw).all() and (np.diff(peak_kw) > 0).all()):
        raise PeakValueError(
            "the values over peaks are not finite numbers over at least two rising peaks; price "
            "the peak by its bill"
        )


def _hull_slopes(knots_kw: Kw, knots_krw: Krw, nodes_kw: Kw) -> Krw:
    """Slopes of the lower convex hull of the knots between neighbouring nodes, (nodes - 1,)."""
    hull = lower_hull(knots_kw, knots_krw)
    hull_krw = np.interp(nodes_kw, knots_kw[hull], knots_krw[hull])
    slopes = np.diff(hull_krw) / np.diff(nodes_kw)
    slopes[nodes_kw[:-1] >= knots_kw[-1]] = np.inf  # beyond the grid nothing says less than a bill
    return np.maximum.accumulate(slopes)  # rounding alone can bend a straight line down


def _lines(slopes: Krw, nodes_kw: Kw, nodes_krw: Krw) -> DemandCuts:
    """One line for each different slope, and lines that say nothing up to the fixed number."""
    different = np.flatnonzero(np.diff(slopes, prepend=-1.0) > 0)
    if different.size > PEAK_VALUE_LINES:
        raise PeakValueError(
            f"the values bend at {different.size} peaks, {PEAK_VALUE_LINES} are allowed; tell them "
            "on a coarser grid of peaks"
        )
    krw_per_kw, intercept_krw = np.zeros((2, PEAK_VALUE_LINES))
    krw_per_kw[: different.size] = slopes[different]
    intercept_krw[: different.size] = (nodes_krw - slopes * nodes_kw)[different]
    return DemandCuts(krw_per_kw=krw_per_kw, intercept_krw=intercept_krw)
