"""A forecast without a model: the firm's own alike days, filled up with how typical firms draw."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.features.load_table import DAY_KINDS, IntArray, LoadTable, load_table
from feature_store.features.local_days import PROFILE_DAYS
from feature_store.features.sight import PROFILE_WEIGHTS
from feature_store.time_grid import STEP, STEPS_PER_DAY, KilowattArray, TimeGrid, utc_instant
from feature_store.weighted_quantiles import weighted_quantiles
from models.forecasting.load_forecast import QUANTILES
from models.forecasting.typical_firm import OwnReadings, TypicalFirms

TYPICAL_AS_DAYS = 0.5
"""Own days of a kind that weigh as much as all typical firms do. On the sample's firms with 2 to
14 days of readings, 1 is up to 2 % worse and 2 up to 8 %; beyond, it hardly matters."""
FEW_DAYS_WIDEN = 0.4
"""Share by which the spread is widened, over the root of one more than the days known: a few days
never show all that there is. On the sample, with a week or two of readings, the band of 80 % holds
0.72 to 0.76 of what was measured and not 0.64 to 0.68, at the same quantile loss."""
SIZE_DAYS = 28
"""Newest days that tell how large the firm is now, and which of the typical firms it is like."""
KNOWN_SHARE = 0.5
"""Of a day's intervals that must be known for it to count as one."""


@dataclass(frozen=True, kw_only=True)
class AlikeDays:
    """What alike days say of the intervals to come."""

    demand_kw: KilowattArray
    """Shape (steps, len(QUANTILES)); finite, never crossing."""
    days: IntArray
    """How many own days of the kind of each interval were known, up to ``PROFILE_DAYS``, shape
    (steps,)."""


def alike_days(firm: Firm, known: LoadHistory, grid: TimeGrid, typical: TypicalFirms) -> AlikeDays:
    """Forecast the intervals of ``grid`` from ``known``, all of which lies before it.

    Each quantile is the mean of that of the newest own days of the kind, however old, and that of
    the typical firms, which count as ``TYPICAL_AS_DAYS`` days. Where no day of the kind is known,
    they stand alone, at the size of the firm's own readings; without any, at that of its contract.
    """
    beyond = int((utc_instant(grid.start) - known.grid.starts[-1]) // STEP) + grid.steps
    table = load_table(firm, known, beyond)
    own_kw, days = _own_days(table)
    typical_kw = typical.quantiles_kw(firm.contract, _own_readings(table))
    trust = (days / (days + TYPICAL_AS_DAYS))[:, None, None]
    mixed_kw = trust * own_kw + (1 - trust) * typical_kw
    by_kind_kw = np.where(np.isfinite(own_kw), mixed_kw, typical_kw)
    if typical.shapes and np.isfinite(known.demand_kw).any():  # the plain band is wide as it is
        by_kind_kw = _widened(by_kind_kw, 1 + FEW_DAYS_WIDEN / np.sqrt(1 + days))
    target = table.position(grid.starts)
    kind, step = table.kind_of_day[table.day[target]], table.step_of_day[target]
    return AlikeDays(demand_kw=by_kind_kw[kind, step], days=days[kind])


def _widened(by_kind_kw: KilowattArray, factors: KilowattArray) -> KilowattArray:
    """Spread quantiles about their median, by a factor for each kind of day."""
    median_kw = by_kind_kw[..., [QUANTILES.index(0.5)]]
    return median_kw + factors[:, None, None] * (by_kind_kw - median_kw)


def _own_days(table: LoadTable) -> tuple[KilowattArray, IntArray]:
    """Quantiles of the newest days of each kind, up to ``PROFILE_DAYS``, and how many there are.

    Shapes (kinds, steps of a day, quantiles), NaN where a step is known of none, and (kinds,).
    """
    quantiles_kw = np.full((len(DAY_KINDS), STEPS_PER_DAY, len(QUANTILES)), np.nan)
    days = np.zeros(len(DAY_KINDS), dtype=np.int64)
    weight_of = np.append(PROFILE_WEIGHTS, 0.0)  # of older days none
    known_days = np.isfinite(table.by_day_kw).any(axis=1)
    for kind in DAY_KINDS:
        newest_first_kw = table.by_day_kw[known_days & (table.kind_of_day == kind)][::-1].T
        if newest_first_kw.size:
            known = np.isfinite(newest_first_kw)
            number = np.cumsum(known, axis=1) - 1
            weights = weight_of[np.minimum(number, PROFILE_DAYS)]
            quantiles_kw[kind] = weighted_quantiles(newest_first_kw, weights, QUANTILES)
            days[kind] = min((known.mean(axis=0) >= KNOWN_SHARE).sum(), PROFILE_DAYS)
    return quantiles_kw, days


def _own_readings(table: LoadTable) -> OwnReadings:
    known = np.flatnonzero(np.isfinite(table.demand_kw))
    newest = known[known > known.max(initial=0) - SIZE_DAYS * STEPS_PER_DAY]
    return OwnReadings(
        kind=table.kind_of_day[table.day[newest]],
        step_of_day=table.step_of_day[newest],
        demand_kw=table.demand_kw[newest],
    )
