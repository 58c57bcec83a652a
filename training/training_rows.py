"""Which moments and lead times a model learns from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.errors import NotEnoughReadingsError
from feature_store.features.load_table import IntArray
from feature_store.time_grid import STEPS_PER_DAY, STEPS_PER_HOUR, Instants
from feature_store.views import Frame, feature_frame, stack

LEAD_EDGES_HOURS = (0, 1, 4, 8, 12, 16, 20, 24, 48, 168)
"""One lead time is drawn from each range: short leads change fastest and serve the next peak."""


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """How rows are drawn."""

    issues_per_day: int = 3
    """Issue times drawn a day and firm."""
    issue_hours: tuple[int, ...] = (0, 12)
    """Local hours at which half of them lie, as far as there are so many; the others lie at any
    quarter hour."""
    first_day: int = 28
    """Days at the start of a history without rows: their profiles are still young."""
    seed: int = 0


def training_rows(
    firms: Sequence[Firm], histories: Sequence[LoadHistory], sampling: Sampling
) -> Frame:
    """Draw rows of every firm, each from its history as known when the model is fitted.

    Neither a feature nor a target lies after what a history holds; rows without a measured target
    are left out. A firm's rows depend on its own history and place alone.
    """
    frames = []
    for number, (firm, history) in enumerate(zip(firms, histories, strict=True)):
        random = np.random.default_rng([sampling.seed, number])
        issue_times = _issue_times(firm, history, sampling, random)
        if not len(issue_times):
            continue
        frame = feature_frame(firm, history, issue_times, _leads(len(issue_times), random))
        frames.append(frame.where(np.isfinite(frame.target_kw)))
    if not frames:
        raise NotEnoughReadingsError(
            f"no firm has {sampling.first_day} days of readings to train on; import more"
        )
    return stack(frames)


def _issue_times(
    firm: Firm, history: LoadHistory, sampling: Sampling, random: np.random.Generator
) -> Instants:
    begin = sampling.first_day * STEPS_PER_DAY
    known = int(np.isfinite(history.demand_kw).nonzero()[0].max(initial=-1)) + 1
    possible = history.grid.starts[begin:known]
    wanted = len(possible) * sampling.issues_per_day // STEPS_PER_DAY
    step = history.grid.clock(firm.zone).step_of_day[begin:known]
    on_hour = possible[np.isin(step, np.array(sampling.issue_hours) * STEPS_PER_HOUR)]
    half = min(wanted // 2, len(on_hour))
    drawn = (
        random.choice(on_hour, size=half, replace=False),
        random.choice(possible, size=wanted - half, replace=False),
    )
    issue_times: Instants = np.sort(np.concatenate(drawn))
    return issue_times


def _leads(issues: int, random: np.random.Generator) -> IntArray:
    edges = np.array(LEAD_EDGES_HOURS) * STEPS_PER_HOUR
    low, high = edges[:-1], edges[1:]
    leads: IntArray = random.integers(low, high, (issues, len(low)))
    return leads
