"""The load that cannot be scheduled: the forecast without what the equipment usually draws."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from feature_store.time_grid import HOURS_PER_STEP, KilowattArray, TimeGrid
from models.forecasting.load_forecast import LoadForecast
from models.optimizer.scenarios import Scenarios
from models.site import Site

PEAK_QUANTILE = 0.8
"""Level of the path that peaks are judged on. A kW too little is billed for a month and from
ratchet months for up to a year, a kW too much costs one cycle of the battery, so the path lies
above the median; above about 0.8 plans begin to shave peaks that do not come (on a year of a steel
plant, 0.75 beat both the mean and 0.9)."""


@dataclass(frozen=True, kw_only=True)
class BaseLoad:
    """What remains of the forecast, arrays of shape (steps,)."""

    median_kw: KilowattArray
    """The rest of the median path, >= 0: what energy is paid for."""
    cautious_kw: KilowattArray
    """The rest of the path of ``PEAK_QUANTILE``, >= the median: what peaks are judged on."""
    undrawn_kwh: float
    """Energy of usual runs that the median forecast does not show (clipped at zero)."""
    quantiles_kw: KilowattArray | None = None
    """The rest of the quantiles of ``QUANTILES``, shape (steps, len(QUANTILES)), where the load was
    told so: what chances are judged on."""
    scenarios: Scenarios | None = None
    """Where the load is known as whole paths: costs are then those of the paths, and the two
    courses above are their mean and their quantile, for what is told."""


def base_load(site: Site, forecast: LoadForecast) -> BaseLoad:
    """Take the usual operation out of a forecast of the metered load.

    Base and metered operation together are the forecast again, except where the declared runs
    exceed it; there the base is zero and the difference is told in ``undrawn_kwh``.

    Args:
        site: As declared, whatever its state is now: the forecast knows only how it usually runs.
        forecast: Of the metered load.
    """
    metered_kw = usual_in_readings_kw(site, forecast.grid)
    median_kw = forecast.median_kw - metered_kw
    return BaseLoad(
        median_kw=np.maximum(median_kw, 0.0),
        cautious_kw=np.maximum(forecast.quantile(PEAK_QUANTILE) - metered_kw, 0.0),
        undrawn_kwh=float(np.maximum(-median_kw, 0.0).sum() * HOURS_PER_STEP),
    )


def usual_in_readings_kw(site: Site, grid: TimeGrid) -> KilowattArray:
    """Return what the equipment whose runs are in the readings usually draws, shape (steps,)."""
    return sum(
        (asset.usual_kw(grid) for asset in site.assets if asset.in_readings),
        start=np.zeros(grid.steps),
    )
