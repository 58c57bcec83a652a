"""The load to come of a whole complex, and of each of its feeders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

from feature_store.time_grid import KilowattArray, TimeGrid
from models.diagnosis.firm_outlook import FirmOutlook
from models.forecasting.day_deviation import day_deviations_kw
from models.forecasting.scenario_paths import path_seed
from models.forecasting.totals import aligned_paths_kw, total_quantiles_kw


@dataclass(frozen=True, kw_only=True)
class TotalLoad:
    """The load of some firms together."""

    firm_ids: tuple[str, ...]
    quantiles_kw: KilowattArray
    """Shape (steps, len(QUANTILES))."""
    mean_kw: KilowattArray
    """Shape (steps,). Means add up: that of the complex is the sum of those of its firms."""
    peak_kw: KilowattArray
    """Quantiles of the largest of all steps, shape (len(QUANTILES),)."""


@dataclass(frozen=True, kw_only=True)
class ComplexOutlook:
    """What is to be expected of many firms together."""

    issue_time: datetime
    grid: TimeGrid
    total: TotalLoad
    by_feeder: dict[str, TotalLoad]
    """Of the firms that declare a feeder, by its name in order."""


def complex_outlook(firms: Sequence[FirmOutlook]) -> ComplexOutlook:
    """Add up firms whose outlooks were issued at one time over as many steps.

    Feeders and the complex are sums of the same paths, so they agree in every path.

    Args:
        firms: At least one.
    """
    forecast = firms[0].outlook.forecast
    issued = {one.outlook.forecast.issue_time for one in firms}
    steps = {one.outlook.forecast.grid.steps for one in firms}
    if len(issued) != 1 or len(steps) != 1:
        raise ValueError(f"forecasts of {len(issued)} issue times, {len(steps)} lengths")
    paths_kw = np.stack([one.paths_kw for one in firms])
    seed = path_seed(" ".join(one.firm.firm_id for one in firms), forecast.issue_time)
    aligned_kw = aligned_paths_kw(paths_kw, _common_deviations(firms), seed=seed)
    feeders = sorted({one.firm.feeder for one in firms if one.firm.feeder is not None})
    return ComplexOutlook(
        issue_time=forecast.issue_time,
        grid=forecast.grid,
        total=_total(firms, aligned_kw, list(range(len(firms)))),
        by_feeder={
            feeder: _total(
                firms, aligned_kw, [at for at, one in enumerate(firms) if one.firm.feeder == feeder]
            )
            for feeder in feeders
        },
    )


def _total(firms: Sequence[FirmOutlook], aligned_kw: KilowattArray, chosen: list[int]) -> TotalLoad:
    of_them_kw = aligned_kw[chosen]
    peaks_kw = of_them_kw.sum(axis=0).max(axis=1)
    return TotalLoad(
        firm_ids=tuple(firms[at].firm.firm_id for at in chosen),
        quantiles_kw=total_quantiles_kw(of_them_kw),
        mean_kw=of_them_kw.mean(axis=1).sum(axis=0),
        peak_kw=total_quantiles_kw(peaks_kw[None, :, None])[0],
    )


def _common_deviations(firms: Sequence[FirmOutlook]) -> npt.NDArray[np.float64]:
    """Deviations of the newest dates that can be compared for every firm, (firms, dates)."""
    by_date = []
    for one in firms:
        deviation_kw = day_deviations_kw(one.past)
        known = np.isfinite(deviation_kw)
        by_date.append(dict(zip(one.past.date[known].tolist(), deviation_kw[known], strict=True)))
    common = sorted(set.intersection(*(set(one) for one in by_date)), reverse=True)
    return np.array([[one[day] for day in common] for one in by_date]).reshape(len(firms), -1)
