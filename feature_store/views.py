"""Frames of features of (issue time, lead time) pairs: training and serving take the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.features.catalogue import NAMES, fill_features
from feature_store.features.load_table import LoadTable, Rows, load_table
from feature_store.features.local_days import instants
from feature_store.features.sight import Asked, Sight, sight
from feature_store.time_grid import STEP, Instants, KilowattArray, to_datetime

ISSUES_AT_ONCE = 128
"""Issue times worked on together: enough that numpy's calls cost little, few enough that their
four weeks of readings (20 kB each) stay near the processor."""


@dataclass(frozen=True, kw_only=True)
class Frame:
    """Rows of features, each about one interval seen from one issue time."""

    firm_id: tuple[str, ...]
    """Firms by code."""
    firm_code: npt.NDArray[np.int32]
    """Position in ``firm_id`` of each row's firm."""
    issue_time: Instants
    valid_time: Instants
    values: npt.NDArray[np.float32]
    """Shape (rows, len(names))."""
    target_kw: KilowattArray
    """What was measured later, NaN where it was not (always, in serving). Never a feature."""
    names: tuple[str, ...] = NAMES

    def column(self, name: str) -> KilowattArray:
        """One feature of all rows."""
        return self.values[:, self.names.index(name)].astype(np.float64)

    def where(self, keep: npt.NDArray[np.bool_]) -> Frame:
        """Only the rows where ``keep`` is true."""
        return Frame(
            firm_id=self.firm_id,
            firm_code=self.firm_code[keep],
            issue_time=self.issue_time[keep],
            valid_time=self.valid_time[keep],
            values=self.values[keep],
            target_kw=self.target_kw[keep],
            names=self.names,
        )


def feature_frame(
    firm: Firm, history: LoadHistory, issue_times: Instants, leads: npt.NDArray[np.int64]
) -> Frame:
    """Features and targets of one firm: :func:`features_of` of it alone.

    Args:
        firm: Whose calendar applies.
        history: Everything known now; each issue time sees of it only what was known then.
        issue_times: UTC instants on the quarter hour, shape (issues,).
        leads: Steps ahead, either shape (leads,) for all issue times alike or (issues, leads).
    """
    return features_of([Asked(firm=firm, history=history, issue_times=issue_times, leads=leads)])


def features_of(asked: Sequence[Asked]) -> Frame:
    """Features and targets of many firms' issue times, for training and serving alike.

    A serving frame is a training frame with one issue time a firm: each row is made of its own
    firm and issue time alone, bit for bit. Rows stand in the order asked: firms slowest, then issue
    times, leads fastest. Work is done ``ISSUES_AT_ONCE`` at a time, in memory that does not grow.
    """
    leads = {one.leads.shape[-1] for one in asked}
    if len(leads) != 1:
        raise ValueError(f"every firm is asked for as many leads, got {sorted(leads)}")
    issues = np.array([len(one.issue_times) for one in asked])
    shape = (int(issues.sum()), leads.pop())
    values = np.empty((*shape, len(NAMES)), dtype=np.float32)
    valid_time = np.empty(shape, dtype="datetime64[s]")
    target_kw = np.empty(shape)
    at_once = np.empty((min(ISSUES_AT_ONCE, shape[0]), len(NAMES), shape[1]), dtype=np.float32)
    for rows, seen in sights(asked):
        by_column = at_once[: len(seen.issue)]
        fill_features(seen, by_column.swapaxes(1, 2))  # each column in one run of memory
        values[rows] = by_column.swapaxes(1, 2)
        target = seen.issue[:, None] + seen.lead
        valid_time[rows] = instants(target)
        target_kw[rows] = seen.readings.measured(target)
    issue_times = np.concatenate([one.issue_times for one in asked])
    return Frame(
        firm_id=tuple(one.firm.firm_id for one in asked),
        firm_code=np.repeat(np.arange(len(asked), dtype=np.int32), issues * shape[1]),
        issue_time=np.repeat(issue_times.astype("datetime64[s]"), shape[1]),
        valid_time=valid_time.ravel(),
        values=values.reshape(-1, len(NAMES)),
        target_kw=target_kw.ravel(),
    )


def sights(asked: Sequence[Asked]) -> Iterator[tuple[slice, Sight]]:
    """Look with the issue times of many firms, in the order asked, ``ISSUES_AT_ONCE`` at a time.

    Yields:
        Which of all issue times they are, and what these see.
    """
    done = 0
    for group in _groups(asked):
        seen = sight(group)
        yield slice(done, done + len(seen.issue)), seen
        done += len(seen.issue)


def _groups(asked: Sequence[Asked]) -> Iterator[list[Asked]]:
    """Cut what is asked, in its order, into pieces of one zone and at most so many issue times."""
    group: list[Asked] = []
    room = ISSUES_AT_ONCE
    for one in asked:
        if group and group[0].firm.timezone != one.firm.timezone:
            yield group
            group, room = [], ISSUES_AT_ONCE
        first = 0
        while first < len(one.issue_times):
            part = one.part(first, first + room)
            group.append(part)
            first += len(part.issue_times)
            room -= len(part.issue_times)
            if not room:
                yield group
                group, room = [], ISSUES_AT_ONCE
    if group:
        yield group


def stack(frames: Sequence[Frame]) -> Frame:
    """One frame of many firms' frames, each of one firm."""
    return Frame(
        firm_id=tuple(frame.firm_id[0] for frame in frames),
        firm_code=np.concatenate(
            [np.full(len(frame.values), code, np.int32) for code, frame in enumerate(frames)]
        ),
        issue_time=np.concatenate([frame.issue_time for frame in frames]),
        valid_time=np.concatenate([frame.valid_time for frame in frames]),
        values=np.concatenate([frame.values for frame in frames]),
        target_kw=np.concatenate([frame.target_kw for frame in frames]),
    )


@dataclass(frozen=True, kw_only=True)
class Seen:
    """Rows of one firm that see its readings alike."""

    table: LoadTable
    """What was known at each of the rows' issue times, before that time."""
    rows: Rows
    at: npt.NDArray[np.int64]
    """Where the rows stand among all rows asked for: issue times slowest, leads fastest."""


def seen_at(
    firm: Firm, history: LoadHistory, issue_times: Instants, leads: npt.NDArray[np.int64]
) -> list[Seen]:
    """Part the rows of ``issue_times`` x ``leads`` by what could be read at the issue time.

    A meter that publishes at once lets every issue time read one shared table up to its own
    position. Where a reading came late or was corrected later, the issue times in between get a
    table of their own in which it is hidden.
    """
    leads = np.broadcast_to(leads, (len(issue_times), leads.shape[-1]))
    horizon = _positions_beyond(history, issue_times, int(leads.max()) + 1)
    late = _sees_late_rows(history, issue_times)
    shared_from = [] if late.all() else [(history, np.flatnonzero(~late))]
    hidden_from = [
        (history.as_of(to_datetime(issue_times[number])), np.array([number]))
        for number in np.flatnonzero(late)
    ]
    parts = []
    for known, chosen in shared_from + hidden_from:
        table = load_table(firm, known, horizon)
        issue = table.position(issue_times[chosen])
        rows = Rows(issue=np.repeat(issue, leads.shape[1]), lead=leads[chosen].ravel())
        at = (chosen[:, None] * leads.shape[1] + np.arange(leads.shape[1])).ravel()
        parts.append(Seen(table=table, rows=rows, at=at))
    return parts


def _positions_beyond(history: LoadHistory, issue_times: Instants, horizon: int) -> int:
    """Positions needed after the end of the history so that every target has one."""
    last = int((issue_times.max() - history.grid.starts[0]) // STEP) + horizon
    return max(last - history.grid.steps, 0) + 1


def _sees_late_rows(history: LoadHistory, issue_times: Instants) -> npt.NDArray[np.bool_]:
    """Whether, at each issue time, some reading of an earlier interval was not known yet."""
    starts = history.grid.starts
    late = np.flatnonzero(history.known_at > starts + STEP)
    began = np.searchsorted(np.sort(starts[late]), issue_times, side="left")
    arrived = np.searchsorted(np.sort(history.known_at[late]), issue_times, side="right")
    return began > arrived
