"""A made year of a works that runs from Monday to Friday, 8 to 17 h, at one level."""

from datetime import datetime

import numpy as np

from feature_store.time_grid import HOURS_PER_STEP, TimeGrid
from models.tariffs.bill.metered_energy import MeteredEnergy
from tests.builders import SEOUL

START = datetime(2024, 11, 1, tzinfo=SEOUL)
"""Two years up to 1 November 2026: the year that is billed and the one that it remembers."""
GRID = TimeGrid(START, steps=730 * 96)


def metered(
    *,
    working_kw: float,
    resting_kw: float = 0.0,
    night_peak_kw: float | None = None,
    days: int = 730,
    lagging_share: float | None = None,
) -> MeteredEnergy:
    """The last ``days`` of the two years; reactive energy as a share of the active one, if any.

    ``night_peak_kw`` is reached in one quarter of an hour of each first of a month, at 3 h.
    """
    skipped = (730 - days) * 96
    grid = TimeGrid(GRID.at(skipped), steps=days * 96)
    clock = grid.clock(SEOUL)
    working = (clock.weekday < 5) & (clock.hour >= 8) & (clock.hour < 17)
    kw = np.where(working, working_kw, resting_kw)
    if night_peak_kw is not None:
        first_of_month = clock.date == clock.date.astype("datetime64[M]").astype("datetime64[D]")
        kw[first_of_month & (clock.step_of_day == 12)] = night_peak_kw
    kwh = kw * HOURS_PER_STEP
    day = (clock.hour >= 8) & (clock.hour < 22)
    lagging_share = lagging_share or 0.0
    told = lagging_share > 0
    return MeteredEnergy(
        grid=grid,
        zone=SEOUL,
        kwh=kwh,
        lagging_kvarh=np.where(day, kwh * lagging_share, 0.0) if told else None,
        leading_kvarh=np.zeros_like(kwh) if told else None,
    )
