"""A made load with a shape to learn: working hours, a lunch dip, quiet weekends, a little noise."""

from __future__ import annotations

from datetime import datetime

import numpy as np

from feature_store.entities.load_history import LoadHistory
from feature_store.time_grid import STEPS_PER_DAY, TimeGrid
from tests.builders import MONDAY, SEOUL, a_history


def a_made_load(
    days: int, *, firm_id: str = "kiln_works", start: datetime = MONDAY, seed: int = 0
) -> LoadHistory:
    """``days`` of a plant that works 08-18 h on weekdays at about 200 kW above 50 kW standby."""
    random = np.random.default_rng(seed)
    clock = TimeGrid(start, days * STEPS_PER_DAY).clock(SEOUL)
    working = (clock.weekday < 5) & (clock.hour >= 8) & (clock.hour < 18) & (clock.hour != 12)
    level = 1 + 0.1 * np.repeat(random.standard_normal(days), STEPS_PER_DAY)  # good and bad days
    demand_kw = 50 + 200 * working * level + 5 * random.standard_normal(len(working))
    return a_history(np.maximum(demand_kw, 0).tolist(), firm_id=firm_id, start=start)
