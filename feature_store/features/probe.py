"""A made firm on which every feature shows what it does: what the catalogue's hash is taken of."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache

import numpy as np

from feature_store.entities.firm import Contract, Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.features.probe_weather import probe_weather
from feature_store.features.sight import Asked, Sight, sight
from feature_store.time_grid import STEP, STEPS_PER_DAY, STEPS_PER_HOUR, TimeGrid

_DAYS = 400
_QUIRKY_DAYS = 120
_START = datetime(2026, 1, 1, tzinfo=UTC)
_ISSUES_STEPS_APART = 5 * STEPS_PER_DAY // 4 + 1
"""Every clock step comes up, and young histories as well as full ones."""


@cache  # the made load never changes; what is computed from it does
def _asked() -> Asked:
    """A year's quirks in four months: gaps, standstill, late readings, closures, clock change.

    After them a few issue times see further back than a year.
    """
    grid = TimeGrid(_START, _DAYS * STEPS_PER_DAY)
    number = np.arange(grid.steps)
    demand_kw = (number * 7919 % 4001) / 8
    demand_kw[number % 97 == 0] = np.nan
    demand_kw[40 * STEPS_PER_DAY : 41 * STEPS_PER_DAY] = np.nan
    demand_kw[90 * STEPS_PER_DAY : 99 * STEPS_PER_DAY] = 150.0
    known_at = grid.starts + STEP
    known_at[number % 1009 < 2 * STEPS_PER_HOUR] += 30 * STEP
    known_at[60 * STEPS_PER_DAY : 62 * STEPS_PER_DAY] += 5 * STEPS_PER_DAY * STEP
    known_at[np.isnan(demand_kw)] = np.datetime64("NaT")
    closed = tuple(date(2026, 1, 9) + timedelta(days=17 * number) for number in range(7))
    firm = Firm(
        firm_id="probe",
        name_ko="시험",
        name_en="Probe",
        timezone="Europe/Berlin",  # its clock changes within the four months
        holiday_country=None,  # a new holiday is no new feature
        closure_days=closed,
        contract=Contract(power_kw=500),
    )
    quirky = np.arange(STEPS_PER_DAY, (_QUIRKY_DAYS - 2) * STEPS_PER_DAY, _ISSUES_STEPS_APART)
    late = np.arange((_DAYS - 7) * STEPS_PER_DAY, (_DAYS - 2) * STEPS_PER_DAY, _ISSUES_STEPS_APART)
    return Asked(
        firm=firm,
        history=LoadHistory(
            firm_id="probe",
            grid=grid,
            demand_kw=demand_kw,
            known_at=known_at,
            weather=probe_weather(_START, grid.end),
        ),
        issue_times=grid.starts[np.concatenate([quirky, late])],
        leads=np.arange(0, 2 * STEPS_PER_DAY, 5),
    )


def probe() -> Sight:
    """What the made firm's issue times see."""
    return sight([_asked()])
