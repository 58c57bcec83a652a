"""The loops of features that are compiled: numpy would go over the same numbers a dozen times.

Each adds up in the order that it is written in, so that a row has the same bits in any company.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from feature_store.compiled import compiled

_FloatArray = npt.NDArray[np.float64]
_IntArray = npt.NDArray[np.int64]


@compiled
def faded_means(days_kw: _FloatArray, weights: _FloatArray) -> _FloatArray:
    """Weighted mean of what is known of each column, shape (days, n); NaN where nothing is."""
    total_kw, total = np.zeros(days_kw.shape[1]), np.zeros(days_kw.shape[1])
    for day in range(len(days_kw)):
        weight = weights[day]
        for place in range(len(total)):
            seen_kw = days_kw[day, place]
            known = not np.isnan(seen_kw)
            total_kw[place] += seen_kw * weight if known else 0.0
            total[place] += weight if known else 0.0
    for place in range(len(total)):
        total_kw[place] = total_kw[place] / total[place] if total[place] > 0 else np.nan
    return total_kw


@compiled
def means_around(values: _FloatArray, steps: int) -> _FloatArray:
    """Mean of what is known up to ``steps`` away, shape (issues, n + 2 x steps + 2).

    It begins and ends so far outside that nothing is around.
    """
    many = values.shape[1]
    mean = np.empty((len(values), many + 2 * steps + 2))
    for row in range(len(values)):
        for place in range(mean.shape[1]):
            total = number = 0.0
            first = place - 2 * steps - 1
            for at in range(max(first, 0), min(first + 2 * steps + 1, many)):
                if not np.isnan(values[row, at]):
                    total += values[row, at]
                    number += 1.0
            mean[row, place] = total / number if number > 0 else np.nan
    return mean


@compiled
def fill_members(  # noqa: PLR0913, PLR0917  arrays alone can be compiled
    days_kw: _FloatArray,
    likeness: _FloatArray,
    lift_kw: _FloatArray,
    fade: _FloatArray,
    place: _IntArray,
    step: _IntArray,
    weight: _FloatArray,
    demand_kw: _FloatArray,
) -> None:
    """Tell what days alike did at targets, lifted; nothing weighs where nothing is known.

    Args:
        days_kw: Load of the days, shape (issues x target days, members, 96).
        likeness: Their weight, shape (issues x target days, members).
        lift_kw: By how much each is lifted at once, likewise.
        fade: What is left of that at each target, shape (targets,).
        place: Which of the target days each target is on, likewise.
        step: Clock step of each, likewise.
        weight: Filled, shape (targets, members).
        demand_kw: Likewise.
    """
    for target in range(len(place)):
        day = place[target]
        at_days_kw, at_once_kw, of_days = days_kw[day], lift_kw[day], likeness[day]
        for member in range(len(of_days)):
            seen_kw = at_days_kw[member, step[target]]
            lifted_kw = seen_kw + fade[target] * at_once_kw[member]
            known = not np.isnan(seen_kw)
            demand_kw[target, member] = lifted_kw if known else 0.0
            weight[target, member] = of_days[member] if known else 0.0


@compiled
def add_members(
    weight: _FloatArray, demand_kw: _FloatArray, scale: float, totals: _FloatArray
) -> None:
    """Add up, over the members of each target, scaled weights, their squares and moments.

    Args:
        weight: Shape (targets, members).
        demand_kw: Likewise.
        scale: What weights are multiplied by first.
        totals: Filled, shape (4, targets): of the weights, of their squares, of weight x load and
            of weight x load x load.
    """
    for target in range(len(weight)):
        total = squared = total_kw = squares = 0.0
        for member in range(weight.shape[1]):
            of_load = weight[target, member] * scale
            total += of_load
            squared += of_load * of_load
            of_load *= demand_kw[target, member]
            total_kw += of_load
            squares += of_load * demand_kw[target, member]
        totals[0, target], totals[1, target] = total, squared
        totals[2, target], totals[3, target] = total_kw, squares


@compiled
def fill_runs(
    column: _FloatArray, start: _IntArray, begin: _IntArray, known: _IntArray, runs: _FloatArray
) -> None:
    """Copy a run of a column from each of many places on.

    Args:
        column: Shape (places,).
        start: Where each run begins, shape (n,).
        begin: A run that begins before this place is NaN, likewise.
        known: So many values of each are copied at most, the others are NaN, likewise.
        runs: Filled, shape (n, steps).
    """
    for row in range(len(start)):
        first = start[row]
        many = 0 if first < begin[row] else min(max(known[row], 0), runs.shape[1])
        values = column[max(first, 0) :]
        for back in range(many):
            runs[row, back] = values[back]
        for back in range(many, runs.shape[1]):
            runs[row, back] = np.nan


@compiled
def nearest_days(  # noqa: PLR0913, PLR0917  arrays alone can be compiled
    distance_kw: _FloatArray,
    order: _IntArray,
    issue_day: _IntArray,
    kind: _IntArray,
    calendar: _IntArray,
    target_kind: _IntArray,
    day: _IntArray,
    near_kw: _FloatArray,
) -> None:
    """Pick the nearest past days whose successors are over by now and of the target days' kinds.

    Args:
        distance_kw: Of the days before each issue day, the youngest first, shape (issues, days).
        order: Which of them come first, likewise.
        issue_day: Shape (issues,).
        kind: Of every day in each calendar, shape (calendars, ...).
        calendar: Which of them each issue time keeps, shape (issues,).
        target_kind: Kind of each target day, shape (issues, target days).
        day: Filled as far as there are days, shape (issues, target days, members).
        near_kw: Likewise.
    """
    for issue in range(len(order)):
        of_day = kind[calendar[issue]]
        for ahead in range(target_kind.shape[1]):
            member = 0
            for back in order[issue]:
                past = issue_day[issue] - 1 - back
                if member == day.shape[2] or not np.isfinite(distance_kw[issue, back]):
                    break
                if back + 1 > ahead and of_day[past + ahead] == target_kind[issue, ahead]:
                    day[issue, ahead, member] = past
                    near_kw[issue, ahead, member] = distance_kw[issue, back]
                    member += 1


@compiled
def any_after(moments: _IntArray, first: int, step: int) -> bool:
    """Whether any of moments is later than its place in the row of ``first``, one step on, ..."""
    due = first
    for moment in moments:
        if moment > due:
            return True
        due += step
    return False
