"""Which weeks are held back, and from which moments they are forecast."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt

from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.errors import NotEnoughReadingsError
from feature_store.features.recent_range import LEVEL_STEPS
from feature_store.time_grid import STEP, STEPS_PER_DAY, Instants, utc_instant

MIN_TEST_DAYS = 14
"""Least held-back period: two of each weekday. At most a quarter is held back, so six weeks of
history are left to train on at the least."""

MIN_TRAINING_DAYS = 3 * MIN_TEST_DAYS
"""Least history before a firm's own test period, by the same measure."""


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
        """Issue times in the test period after which every step has passed.

        Only those at which some reading of the last four weeks was known: before, and after a
        longer silence, there is nothing to forecast from.
        """
        instants = history.grid.starts
        clock = history.grid.clock(firm.zone)
        on_hour = np.isin(clock.step_of_day, np.array(self.issue_hours) * STEPS_PER_DAY // 24)
        last = min(utc_instant(self.end), instants[-1] + STEP) - self.steps * STEP
        inside = (instants >= utc_instant(self.start)) & (instants <= last)
        return instants[on_hour & inside & _heard_of_lately(history)]


def _heard_of_lately(history: LoadHistory) -> npt.NDArray[np.bool_]:
    """Whether, at the start of each interval, a reading that came in time was four weeks old."""
    in_time = history.first_known_at <= history.grid.starts + STEP  # NaT compares False
    count = np.concatenate([[0], np.cumsum(in_time)])
    position = np.arange(history.grid.steps)
    return count[position] > count[np.maximum(position - LEVEL_STEPS, 0)]


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
    if days < MIN_TEST_DAYS:
        raise NotEnoughReadingsError(
            f"training needs at least {4 * MIN_TEST_DAYS} days of readings, {known_days} are "
            f"known as of {as_of.isoformat()}; import more"
        )
    return HeldBack(start=end - timedelta(days=days), end=end, issue_hours=issue_hours, steps=steps)


def hold_back_of(
    history: LoadHistory, *, test_days: int, issue_hours: tuple[int, ...], steps: int
) -> HeldBack:
    """Hold back the last ``test_days`` of one firm's own series, wherever in time it ends.

    A series with less than ``MIN_TRAINING_DAYS`` of readings known before them is a
    :class:`NotEnoughReadingsError`.
    """
    end = history.end.astimezone(UTC)
    start = end - timedelta(days=test_days)
    known = np.isfinite(history.as_of(start).demand_kw).sum()
    if known < MIN_TRAINING_DAYS * STEPS_PER_DAY:
        raise NotEnoughReadingsError(
            f"{history.firm_id}: {known // STEPS_PER_DAY} days of readings lie before the last "
            f"{test_days}, {MIN_TRAINING_DAYS} are needed to train on; give a longer series or "
            "test fewer days"
        )
    return HeldBack(start=start, end=end, issue_hours=issue_hours, steps=steps)
