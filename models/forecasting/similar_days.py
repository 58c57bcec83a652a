"""The newest days of each target day's kind, as members that tell how a day's steps go together."""

from __future__ import annotations

from datetime import datetime

import numpy as np

from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.features.load_table import load_table
from feature_store.features.local_days import PROFILE_DAYS
from feature_store.features.sight import PROFILE_WEIGHTS
from feature_store.time_grid import STEP, utc_instant
from models.forecasting.analogue_loads import NO_DAY, AnalogueLoads


def similar_days(
    firm: Firm, history: LoadHistory, issue_time: datetime, steps: int
) -> AnalogueLoads:
    """Return the newest whole days of each target day's kind, without any search for likeness.

    They are not lifted to the present level, so they serve for the order of paths alone, not for
    sizes. A day's number is that of the day which stands as far before it as the target day stands
    after the issue day: consecutive past days go on into one another.

    Args:
        firm: Whose kinds of day count.
        history: Of it what was known at the issue time.
        issue_time: On a quarter hour.
        steps: Of the forecast.
    """
    issue = utc_instant(issue_time)
    first = int((issue - history.grid.starts[0]) // STEP)
    ahead = max(first + steps - history.grid.steps, 0)
    table = load_table(firm, history.as_of(issue_time), ahead)
    position = first + np.arange(steps)
    day, step = table.day[position], table.step_of_day[position]
    demand_kw = np.full((steps, PROFILE_DAYS), np.nan)
    number = np.full((steps, PROFILE_DAYS), NO_DAY)
    kind_before = table.kind_of_day[: day[0]]
    for target in np.unique(day):
        alike = np.flatnonzero(kind_before == table.kind_of_day[target])[::-1][:PROFILE_DAYS]
        at = np.flatnonzero(day == target)
        demand_kw[at, : len(alike)] = table.by_day_kw[alike[None], step[at, None]]
        number[at, : len(alike)] = alike - (target - day[0]) + steps  # positive: before day 0 too
    weight = np.where(number == NO_DAY, 0.0, PROFILE_WEIGHTS)
    return AnalogueLoads(demand_kw=demand_kw, weight=weight, day=number)
