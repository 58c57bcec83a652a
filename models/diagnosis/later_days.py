"""What past days tell of the peaks of days beyond the forecast."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

import numpy as np
import numpy.typing as npt

from feature_store.entities.firm import Firm
from feature_store.errors import NotEnoughReadingsError
from feature_store.features.load_table import kinds_of_days
from feature_store.time_grid import INTERVAL, STEPS_PER_DAY, KilowattArray
from models.forecasting.day_deviation import LEAST_KNOWN_SHARE
from models.forecasting.monthly_maximum import fading_weights, past_maximum_quantiles_kw
from models.forecasting.past_days import PastDays

LEAST_OF_A_KIND = 3
"""Past days of a kind that suffice to foretell another; with fewer, days of all kinds do."""
KNOWN_SHARES = (LEAST_KNOWN_SHARE, 0.5)
"""How much of a past day has to be known: where gaps leave too few nearly whole ones, half will
do. A gap can hide a peak, so less tells nothing."""

ClockSteps = npt.NDArray[np.int64]
"""Quarter hours since local midnight, 0 to 95."""


@dataclass(frozen=True, kw_only=True)
class LaterDay:
    """The largest demand of a day beyond the forecast, as past days of its kind had it."""

    day: date
    quantiles_kw: KilowattArray
    """Shape (len(QUANTILES),)."""
    likeliest_at: datetime
    """Start of the interval in which most of the past peaks lay."""


def later_days(
    firm: Firm, past: PastDays, days: Sequence[date], steps: Sequence[ClockSteps]
) -> tuple[LaterDay, ...]:
    """Return the peaks of ``days`` over each one's clock ``steps``.

    Past days that are nearly whole tell, else those that are half known. Where there are fewer than
    ``LEAST_OF_A_KIND`` of a kind, the newest of all kinds do; without any it is a
    :class:`NotEnoughReadingsError`.
    """
    kinds, _ = kinds_of_days(firm, np.array(days, dtype="datetime64[D]"))
    told: dict[tuple[int, bytes], tuple[KilowattArray, int]] = {}
    peaks = []
    for day, kind, looked_at in zip(days, kinds.tolist(), steps, strict=True):
        asked = (kind, looked_at.tobytes())
        if asked not in told:
            told[asked] = _of_kind(firm, past, kind, looked_at)
        quantiles_kw, step = told[asked]
        midnight = datetime.combine(day, time(), firm.zone)
        peaks.append(
            LaterDay(day=day, quantiles_kw=quantiles_kw, likeliest_at=midnight + step * INTERVAL)
        )
    return tuple(peaks)


def _of_kind(firm: Firm, past: PastDays, kind: int, steps: ClockSteps) -> tuple[KilowattArray, int]:
    """Quantiles of the peak of a day of ``kind``, and the clock step it most often had."""
    demand_kw = past.demand_kw[:, steps]
    known = np.isfinite(demand_kw)
    days = _telling(known.mean(axis=1), past.kind == kind)[::-1]
    if not days.size:
        raise NotEnoughReadingsError(
            f"{firm.firm_id}: no day is half known before the issue time; import older readings "
            "or ask for a later issue time"
        )
    among_kw = np.where(known, demand_kw, -np.inf)[days]
    at = among_kw.argmax(axis=1)
    often = np.zeros(STEPS_PER_DAY)
    weight = fading_weights(len(days))
    np.add.at(often, steps[at[: len(weight)]], weight)
    return past_maximum_quantiles_kw(among_kw.max(axis=1)), int(often.argmax())


def _telling(
    known_share: npt.NDArray[np.float64], alike: npt.NDArray[np.bool_]
) -> npt.NDArray[np.intp]:
    """Days that tell of a later one, in order: the best known that there are enough of."""
    for least in KNOWN_SHARES:
        known = known_share >= least
        for among in (known & alike, known):
            if among.sum() >= LEAST_OF_A_KIND:
                return np.flatnonzero(among)
    return np.flatnonzero(known_share >= KNOWN_SHARES[-1])
