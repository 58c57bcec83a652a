"""A window answers without a copy, and nothing added to it later changes what was answered."""

from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from feature_store.storage.declarations import Span
from feature_store.storage.meter_versions import MeterVersions
from feature_store.storage.meter_window import window_of
from feature_store.storage.meter_window_columns import SPARE_STEPS, grid_columns
from feature_store.time_grid import HOURS_PER_STEP, INTERVAL

STEP_S = int(INTERVAL.total_seconds())
FIRST = 1_000_000 * STEP_S


def versions(told):
    """Versions of (interval, interval at whose start it was known, energy)."""
    place, known, kwh = (np.array(column) for column in zip(*told, strict=True))
    return MeterVersions(
        start=FIRST + place.astype(np.int64) * STEP_S,
        known_at=FIRST + known.astype(np.int64) * STEP_S,
        values={"kwh": kwh.astype(np.float64)},
    )


def in_time(*places):
    """Readings of intervals that were known when these ended."""
    return versions([(place, place + 1, float(place)) for place in places])


def load_at(window, moment, first=0):
    """What is answered without a copy as of the start of an interval."""
    return window.load(
        "kiln_works",
        ZoneInfo("Asia/Seoul"),
        None,
        moment=FIRST + moment * STEP_S,
        span=Span(start=FIRST + first * STEP_S),
    )


def test_two_answers_are_the_same_memory_and_nobody_can_write_into_it():
    window = window_of(in_time(*range(10)), since=FIRST)
    one, other = load_at(window, 10), load_at(window, 8)
    assert np.shares_memory(one.demand_kw, other.demand_kw)
    assert np.shares_memory(one.known_at, other.known_at)
    for column in (one.demand_kw, one.known_at):
        with pytest.raises(ValueError, match="read-only"):
            column[0] = column[1]


def test_news_of_the_next_interval_are_added_in_the_same_memory():
    window = window_of(in_time(0, 1), since=FIRST)
    before = load_at(window, 9)
    after = load_at(window.with_news([in_time(4)]), 9)
    assert np.shares_memory(before.demand_kw, after.demand_kw)
    np.testing.assert_array_equal(before.demand_kw, [0.0, 4.0])
    np.testing.assert_array_equal(after.demand_kw, [0.0, 4.0, np.nan, np.nan, 16.0])
    np.testing.assert_array_equal(np.isnat(after.known_at), [False, False, True, True, False])


def test_a_window_that_got_two_different_news_tells_each_its_own():
    window = window_of(in_time(0, 1), since=FIRST)
    one, other = window.with_news([in_time(2)]), window.with_news([versions([(2, 3, 50.0)])])
    assert load_at(one, 9).demand_kw.tolist() == [0.0, 4.0, 8.0]
    assert load_at(other, 9).demand_kw.tolist() == [0.0, 4.0, 200.0]
    assert load_at(window, 9).demand_kw.tolist() == [0.0, 4.0]


def test_columns_outgrow_their_room():
    columns = grid_columns(np.zeros(1), np.zeros(1, dtype="datetime64[s]"))
    for number in range(1, SPARE_STEPS + 3):
        more = np.array([float(number)])
        columns = columns.grown(more, more.astype("datetime64[s]"))
    assert columns.demand_kw.tolist() == [*range(SPARE_STEPS + 3)]
    assert columns.known_by.tolist() == [*range(SPARE_STEPS + 3)]


told = st.lists(
    st.tuples(st.integers(0, 6), st.integers(0, 9), st.sampled_from([0.0, 1.0, 2.5])),
    min_size=1,
    max_size=8,
)


@given(first=told, news=st.lists(told, max_size=3), moment=st.integers(0, 10), since=told)
@example(first=[(0, 1, 1.0), (1, 2, 1.0)], news=[[(0, 5, 2.0)]], moment=4, since=[(0, 0, 0.0)])
@example(first=[(0, 9, 1.0), (1, 2, 1.0)], news=[], moment=4, since=[(0, 0, 0.0)])
def test_what_is_answered_without_a_copy_is_what_was_known(first, news, moment, since):
    """Whatever came late, twice or corrected: it is the last version known, or no answer."""
    window = window_of(versions(first), since=FIRST)
    for one in news:
        window = window.with_news([versions(sorted(one))])
    at = FIRST + since[0][0] * STEP_S
    known = window.known(moment=FIRST + moment * STEP_S, since=at)
    newest = known.where(known.newest)
    load = load_at(window, moment, since[0][0])
    if load is None:
        return
    assert np.isfinite(load.demand_kw[[0, -1]]).all()
    told = np.flatnonzero(np.isfinite(load.demand_kw))
    np.testing.assert_array_equal(load.grid.starts[told].astype(np.int64), newest.start)
    np.testing.assert_array_equal(load.demand_kw[told], newest.values["kwh"] / HOURS_PER_STEP)
    np.testing.assert_array_equal(load.known_at[told].astype(np.int64), newest.known_at)
    earlier = known.where(~known.newest)
    np.testing.assert_array_equal(load.superseded.start.astype(np.int64), earlier.start)
    np.testing.assert_array_equal(load.superseded.demand_kw, earlier.values["kwh"] / HOURS_PER_STEP)


def test_an_ordinary_history_is_answered_without_a_copy_at_every_moment():
    window = window_of(in_time(0, 1, 3, 4), since=FIRST)
    assert [load_at(window, moment) is None for moment in range(7)] == [True, *[False] * 6]
    assert load_at(window, 4).demand_kw.shape == (4,)
    assert load_at(window, 3).demand_kw.shape == (2,)
    assert load_at(window, 9, first=2).demand_kw.tolist() == [12.0, 16.0]
