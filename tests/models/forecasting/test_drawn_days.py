"""Days are drawn as often as they weigh, and kept over midnight as often as the weights allow."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from models.forecasting.drawn_days import NO_COLUMN, drawn_columns
from tests.models.forecasting.made_analogues import in_parts

DRAWS = 4000
WEIGHTS = st.dictionaries(st.integers(0, 7), st.floats(0.05, 1.0), min_size=3, max_size=5)


def days_drawn(analogues, draws=DRAWS, seed=0):
    """Numbers of the days drawn, shape (parts, draws)."""
    columns = drawn_columns(analogues, draws, np.random.default_rng(seed))
    days = [analogues.part_days(part) for part in range(len(analogues.parts))]
    return np.stack([of_part[drawn] for of_part, drawn in zip(days, columns, strict=True)])


@settings(max_examples=50, deadline=None)
@given(first=WEIGHTS, second=WEIGHTS)
def test_each_day_is_drawn_as_often_as_it_weighs_in_every_part(first, second):
    if set(first) == set(second):
        second = {day + 1: weight for day, weight in second.items()}
    analogues = in_parts((first, 2), (second, 2), members=5)
    drawn = days_drawn(analogues)
    for row, weights in zip(drawn, (first, second), strict=True):
        for day, weight in weights.items():
            share = weight / sum(weights.values())
            assert abs((row == day).mean() - share) < 5 * np.sqrt(share / DRAWS)


@settings(max_examples=50, deadline=None)
@given(first=WEIGHTS, second=WEIGHTS)
def test_a_day_goes_on_as_often_as_both_weights_allow(first, second):
    if set(first) == set(second):
        second = {day + 1: weight for day, weight in second.items()}
    analogues = in_parts((first, 2), (second, 2), members=5)
    drawn = days_drawn(analogues)
    for day in set(first) & set(second):
        both = min(first[day] / sum(first.values()), second[day] / sum(second.values()))
        stayed = ((drawn[0] == day) & (drawn[1] == day)).mean()
        assert stayed >= both - 5 * np.sqrt(both / DRAWS)


def test_a_part_without_enough_days_draws_none_and_the_next_begins_anew():
    analogues = in_parts(
        ({1: 1, 2: 1, 3: 1}, 2), ({1: 1, 2: 1}, 2), ({1: 1, 2: 1, 3: 2}, 2), members=3
    )
    columns = drawn_columns(analogues, 40, np.random.default_rng(0))
    assert (columns[1] == NO_COLUMN).all()
    assert np.bincount(columns[2]).tolist() == [10, 10, 20]
