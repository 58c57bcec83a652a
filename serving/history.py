"""The readings that a forecast or a plan looks at, and the moment that it is made from."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np

from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.errors import NotEnoughReadingsError
from feature_store.point_in_time import Knowledge
from feature_store.time_grid import INTERVAL, TimeGrid, floor_to_step

LOOK_BACK_DAYS = (3, 90)
"""How far back the newest reading is looked for before all are: a weekend, then a quarter."""


def asked_from(
    firm: Firm, knowledge: Knowledge, issue_time: datetime | None, *, days: int
) -> tuple[datetime, LoadHistory]:
    """Return the issue time in the firm's zone, and the days before it."""
    issue = (issue_time or _issue_time(knowledge, firm)).astimezone(firm.zone)
    return issue, history_before(knowledge, firm, issue, days=days)


def _issue_time(knowledge: Knowledge, firm: Firm) -> datetime:
    try:
        return readings_end(knowledge, firm.firm_id)
    except NotEnoughReadingsError:
        return floor_to_step(knowledge.moment)


def history_before(
    knowledge: Knowledge, firm: Firm, issue_time: datetime, *, days: int
) -> LoadHistory:
    """Return the days before a moment; all readings if these are older, or a lone unknown."""
    age_days = (knowledge.moment - issue_time) // timedelta(days=1)
    for reach_days in (days + age_days, None):
        try:
            return knowledge.history(firm.firm_id, days=reach_days)
        except NotEnoughReadingsError:
            continue
    return LoadHistory(
        firm_id=firm.firm_id,
        grid=TimeGrid(issue_time - INTERVAL, steps=1),
        demand_kw=np.array([np.nan]),
        known_at=np.array(["NaT"], dtype="datetime64[s]"),
    )


def readings_end(knowledge: Knowledge, firm_id: str) -> datetime:
    """Return the end of a firm's newest reading known, however old it is."""
    for days in LOOK_BACK_DAYS:
        try:
            return knowledge.history(firm_id, days=days).end
        except NotEnoughReadingsError:
            continue
    return knowledge.history(firm_id).end
