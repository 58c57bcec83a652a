"""A works with a made load, looked at from one moment, for tests of what its peaks will be."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np

from feature_store.entities.firm import Contract, Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.time_grid import STEPS_PER_DAY
from models.diagnosis.firm_outlook import FirmOutlook
from models.forecasting.outlook import outlook_of
from models.forecasting.similar_day import SimilarDay
from tests.builders import MONDAY, a_firm
from tests.fakes.made_load import a_made_load

DAYS = 140
HISTORY = a_made_load(DAYS)
"""From Monday 2 March to Sunday 19 July 2026; about 250 kW in working hours."""
THURSDAY = MONDAY + timedelta(days=129)
"""9 July 2026."""


def works(power_kw: float = 500, **declared) -> Firm:
    """A works under a contract of ``power_kw``; ``declared`` are fields of its contract."""
    return a_firm(holiday_country=None, contract=Contract(power_kw=power_kw, **declared))


def seen(
    issue_time: datetime = THURSDAY,
    *,
    firm: Firm | None = None,
    history: LoadHistory = HISTORY,
    steps: int = 2 * STEPS_PER_DAY,
) -> FirmOutlook:
    """The works from ``issue_time``, forecast by similar days."""
    firm = firm or works()
    expected = outlook_of(SimilarDay(), firm, history, issue_time, steps)
    return FirmOutlook(firm=firm, history=history, outlook=expected)


def with_load(history: LoadHistory, at: datetime, kw: float) -> LoadHistory:
    """The same history with another demand in one interval."""
    demand_kw = history.demand_kw.copy()
    demand_kw[int((at - history.grid.start) / timedelta(minutes=15))] = kw
    return LoadHistory(
        firm_id=history.firm_id,
        grid=history.grid,
        demand_kw=np.asarray(demand_kw),
        known_at=history.known_at,
    )
