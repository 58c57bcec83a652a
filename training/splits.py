"""Which weeks are held back, and from which moments they are forecast."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.errors import NotEnoughReadingsError
from feature_store.time_grid import STEP, STEPS_PER_DAY, Instants, utc_instant

MIN_TRAINING_DAYS = 28
"""Least history before the held-back weeks: four of each weekday make a profile."""
MIN_TEST_DAYS = 14
"""Least held-back period: two of each weekday."""


@dataclass(frozen=True, kw_only=True)
class HeldBack:
    """The last days before ``end``: no training row may look at or beyond ``start``."""

    start: datetime
    end: datetime
    issue_hours: tuple[int, ...]
    """Local clock hours at which the test forecasts are issued."""
    steps: int
    """Steps forecast from each issue time."""

    def issue_times(self, firm: Firm, history: LoadHistory) -> Instants:
        """Issue times within the test period after which every step was measured or passed."""
        instants = history.grid.starts
        clock = history.grid.clock(firm.zone)
        on_hour = np.isin(clock.step_of_day, np.array(self.issue_hours) * STEPS_PER_DAY // 24)
        last = min(utc_instant(self.end), instants[-1] + STEP) - self.steps * STEP
        return instants[on_hour & (instants >= utc_instant(self.start)) & (instants <= last)]


def hold_back(
    histories: dict[str, LoadHistory],
    *,
    as_of: datetime,
    test_days: int,
    issue_hours: tuple[int, ...],
    steps: int,
) -> HeldBack:
    """Hold back the last ``test_days``, or a quarter of a shorter history, of all firms alike.

    One cut for all firms: a firm whose weeks are tested must not be foretold by what another
    firm did in those very weeks.
    """
    end = min(as_of, max(history.end for history in histories.values()))
    first = min(history.grid.start for history in histories.values())
    known_days = (end - first) // timedelta(days=1)
    days = min(test_days, known_days // 4)
    if days < MIN_TEST_DAYS or known_days - days < MIN_TRAINING_DAYS:
        raise NotEnoughReadingsError(
            f"training needs at least {4 * MIN_TEST_DAYS} days of readings, {known_days} are "
            f"known as of {as_of.isoformat()}; import more"
        )
    return HeldBack(start=end - timedelta(days=days), end=end, issue_hours=issue_hours, steps=steps)
