"""A history of today is, as of an earlier moment, what was known then: corrections undone."""

from dataclasses import replace

import numpy as np
import pytest

from feature_store.entities.superseded import Superseded
from feature_store.time_grid import STEP, to_datetime
from tests.builders import a_history

HISTORY = a_history([1.0, 2.0, 3.0])
ENDS = HISTORY.known_at
CORRECTED = replace(
    HISTORY,
    demand_kw=np.array([1.0, 30.0, 3.0]),
    known_at=np.array([ENDS[0], ENDS[1] + 7 * STEP, ENDS[2]]),
    superseded=Superseded(
        start=HISTORY.grid.starts[[1, 1]],
        known_from=np.array([ENDS[1], ENDS[1] + 5 * STEP]),
        known_until=np.array([ENDS[1] + 5 * STEP, ENDS[1] + 7 * STEP]),
        demand_kw=np.array([2.0, 20.0]),
    ),
)


@pytest.mark.parametrize(
    ("steps_after_it_ended", "shown_kw", "steps_known_for", "superseded"),
    [(0, 2.0, 0, 0), (4, 2.0, 4, 0), (5, 20.0, 0, 1), (6, 20.0, 1, 1), (7, 30.0, 0, 2)],
)
def test_each_version_is_shown_while_it_held(
    steps_after_it_ended, shown_kw, steps_known_for, superseded
):
    moment = ENDS[1] + steps_after_it_ended * STEP
    then = CORRECTED.as_of(to_datetime(moment))
    assert then.demand_kw[1] == shown_kw
    assert moment - then.known_at[1] == steps_known_for * STEP
    assert len(then.superseded.start) == superseded


def test_before_its_first_version_nothing_is_shown():
    then = CORRECTED.as_of(to_datetime(ENDS[1] - np.timedelta64(1, "s")))
    np.testing.assert_array_equal(then.demand_kw, [1.0, np.nan, np.nan])
    assert np.isnat(then.known_at).tolist() == [False, True, True]


def test_a_correction_is_no_first_telling():
    np.testing.assert_array_equal(CORRECTED.first_known_at, ENDS)
    gap = a_history([1.0, np.nan])
    assert np.isnat(gap.first_known_at).tolist() == [False, True]


def test_columns_of_different_lengths_are_refused():
    with pytest.raises(ValueError, match="differ in length"):
        Superseded(start=ENDS)
