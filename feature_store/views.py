"""Frames of features of (issue time, lead time) pairs: training and serving take the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.features.catalogue import NAMES, feature_values
from feature_store.features.load_table import LoadTable, Rows, load_table
from feature_store.time_grid import STEP, Instants, KilowattArray, to_datetime


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
    """Features and targets of every issue time with every lead, for training and serving alike.

    Args:
        firm: Whose calendar applies.
        history: Everything known now; each issue time sees of it only what was known then.
        issue_times: UTC instants on the quarter hour, shape (issues,).
        leads: Steps ahead, either shape (leads,) for all issue times alike or (issues, leads).
    """
    parts = seen_at(firm, history, issue_times, leads)
    rows = sum(len(part.at) for part in parts)
    values = np.empty((rows, len(NAMES)), dtype=np.float32)
    issue_time, valid_time = np.empty((2, rows), dtype="datetime64[s]")
    for part in parts:
        values[part.at] = feature_values(part.table, part.rows)
        issue_time[part.at] = part.table.instant(part.rows.issue)
        valid_time[part.at] = part.table.instant(part.rows.target)
    target_kw = _measured(history, valid_time)
    return Frame(
        firm_id=(firm.firm_id,),
        firm_code=np.zeros(rows, dtype=np.int32),
        issue_time=issue_time,
        valid_time=valid_time,
        values=values,
        target_kw=target_kw,
    )


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


def _measured(history: LoadHistory, instants: Instants) -> KilowattArray:
    """What ``history`` measured in the intervals that start at ``instants``."""
    position = ((instants - history.grid.starts[0]) // STEP).astype(np.int64)
    inside = (position >= 0) & (position < history.grid.steps)
    return np.where(inside, history.demand_kw[np.where(inside, position, 0)], np.nan)


def _positions_beyond(history: LoadHistory, issue_times: Instants, horizon: int) -> int:
    """Positions needed after the end of the history so that every target has one."""
    last = int((issue_times.max() - history.grid.starts[0]) // STEP) + horizon
    return max(last - history.grid.steps, 0) + 1


def _sees_late_rows(history: LoadHistory, issue_times: Instants) -> npt.NDArray[np.bool_]:
    """Whether, at each issue time, some reading of an earlier interval was not known yet."""
    starts = history.grid.starts
    late = np.flatnonzero(history.known_at > starts + STEP)
    sees = np.zeros(len(issue_times), dtype=bool)
    for position in late:
        sees |= (issue_times > starts[position]) & (issue_times < history.known_at[position])
    return sees
