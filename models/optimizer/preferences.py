"""The preferences among equally cheap plans, taken out of a program and put back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from models.optimizer.linear_program import FilledProgram, LinearProgram, Numbers, Positions

SLIGHT_COST = 1e-2
"""Costs of continuous columns up to this are preferences (the largest tie-break of an asset is ten
times less, the least price per step a hundred times more), of which none is ever below 0. With
them branch and bound takes up to thirty times longer; and since they are never negative, no plan
with them costs less than the best one without."""


@dataclass(frozen=True, kw_only=True)
class PlainProgram:
    """A program without its preferences: the same columns, fewer rows."""

    linear: LinearProgram
    filled: FilledProgram
    columns: Positions
    """The columns whose cost was taken."""
    cost: Numbers
    """What it was."""
    rows: Positions
    """The rows that only served to write such a cost down, in the whole program."""

    def put_back(self, highs: Any, whole: LinearProgram, filled: FilledProgram) -> None:  # noqa: ANN401
        """Give ``highs``, which holds the plain program, the preferences of the whole one.

        The new rows enter its basis, so that the next solve starts where the last one ended.
        """
        if self.columns.size:
            highs.changeColsCost(self.columns.size, self.columns, self.cost)
        if self.rows.size:
            column = np.repeat(np.arange(whole.columns), np.diff(whole.matrix_starts))
            place = _places(self.rows, whole.is_equality.size)[whole.matrix_rows]
            at = np.flatnonzero(place >= 0)
            by_row = at[np.argsort(place[at], kind="stable")]
            in_row = np.bincount(place[at], minlength=self.rows.size)
            highs.addRows(
                self.rows.size,
                filled.row_lower[self.rows],
                filled.row_upper[self.rows],
                by_row.size,
                np.concatenate(([0], np.cumsum(in_row)[:-1])).astype(np.int32),
                column[by_row].astype(np.int32),
                whole.matrix_values[by_row],
            )


def without_preferences(linear: LinearProgram, filled: FilledProgram) -> PlainProgram:
    """Return the program with slight costs left out, and the rows that then say nothing.

    A row says nothing if it holds a column without a cost that may grow without end and of which
    more only loosens every row it stands in: the epigraph of a preference.
    """
    slight = (filled.cost > 0.0) & (filled.cost <= SLIGHT_COST)
    slight[linear.integer] = False
    column = np.repeat(np.arange(linear.columns), np.diff(linear.matrix_starts))
    tightens = (linear.matrix_values > 0.0) | linear.is_equality[linear.matrix_rows]
    loosens = slight & np.isinf(filled.column_upper)
    loosens[column[tightens]] = False
    loosens[linear.moving_column] = False
    is_idle = np.zeros(linear.is_equality.size, dtype=np.bool_)
    is_idle[linear.matrix_rows[loosens[column]]] = True
    is_idle[linear.moving_row] = False
    return PlainProgram(
        linear=_of_rows(linear, ~is_idle),
        filled=replace(
            filled,
            cost=np.where(slight, 0.0, filled.cost),
            row_lower=filled.row_lower[~is_idle],
            row_upper=filled.row_upper[~is_idle],
        ),
        columns=np.flatnonzero(slight).astype(np.int32),
        cost=filled.cost[slight],
        rows=np.flatnonzero(is_idle).astype(np.int32),
    )


def _of_rows(linear: LinearProgram, is_kept: npt.NDArray[np.bool_]) -> LinearProgram:
    """Return the program with some of its rows alone."""
    kept = np.flatnonzero(is_kept)
    place = _places(kept, is_kept.size)
    column = np.repeat(np.arange(linear.columns), np.diff(linear.matrix_starts))
    entries = is_kept[linear.matrix_rows]
    in_column = np.bincount(column[entries], minlength=linear.columns)
    return replace(
        linear,
        matrix_starts=np.concatenate(([0], np.cumsum(in_column))).astype(np.int32),
        matrix_rows=place[linear.matrix_rows[entries]].astype(np.int32),
        matrix_values=linear.matrix_values[entries],
        moving_row=place[linear.moving_row].astype(np.int32),
        right_of=linear.right_of.only(kept, of=is_kept.size),
        is_equality=linear.is_equality[kept],
        kept_row=linear.kept_row[kept],
    )


def _places(kept: npt.NDArray[np.integer], count: int) -> npt.NDArray[np.intp]:
    """Where each of ``count`` things stands among those kept, -1 for the others."""
    place = np.full(count, -1)
    place[kept] = np.arange(kept.size)
    return place
