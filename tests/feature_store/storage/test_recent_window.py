"""The copy in memory answers for every moment what the ledger does; losing it changes nothing."""

import tempfile
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feature_store.errors import NotEnoughReadingsError, UnknownFirmError
from feature_store.settings import Settings
from feature_store.storage.ledger_store import open_store
from feature_store.storage.recent_window import WINDOW, WindowedStore
from feature_store.time_grid import INTERVAL, STEPS_PER_DAY
from tests.builders import MONDAY, a_batch, a_firm, with_reactive

FIRMS = ("bakery", "kiln_works")
minutes = st.integers(0, 360)
kwh = st.sampled_from([0.0, 1.0, 2.5, float("nan")])  # few values, so that repeats are common
appended = st.tuples(
    st.just("append"),
    st.sampled_from(FIRMS),
    st.sampled_from([-96 * 200, -96 * 5, 0, 2, 4]),  # first interval: long ago, late, now
    st.lists(kwh, min_size=1, max_size=5).filter(lambda values: np.isfinite(values).any()),
    st.none() | minutes,  # when the file says its rows were known
    minutes,  # when it is recorded
    st.none() | st.floats(0, 5),  # reactive energy, which is no news of the load
)
declared = st.tuples(st.just("declare"), st.sampled_from(FIRMS), minutes)
asked = st.tuples(
    st.just("ask"), st.sampled_from(FIRMS), minutes, st.sampled_from([1, 7, 100, 300])
)
forgotten = st.tuples(st.just("forget"))


def at(minute):
    return MONDAY + timedelta(minutes=minute)


def answer(store, firm_id, moment, days):
    """What a store tells of a firm, errors as their words."""
    known = store.as_of(moment)
    try:
        history = known.history(firm_id, days=days)
    except NotEnoughReadingsError as nothing:
        return str(nothing)
    return (
        history.grid,
        str(history.grid.start.tzinfo),
        history.demand_kw.tolist(),
        history.known_at.tolist(),
    )


def append(ledger, delivery):
    """Store a drawn delivery."""
    firm_id, first, values, known, recorded, kvarh = delivery
    batch = a_batch(
        values,
        firm_id=firm_id,
        start=MONDAY + first * INTERVAL,
        known_at=None if known is None else at(known),
    )
    batch = with_reactive(batch, lagging_kvarh=[kvarh] * batch.rows.height)
    ledger.append(batch, recorded_at=at(recorded))


@settings(max_examples=80, deadline=None)
@given(steps=st.lists(appended | declared | asked | forgotten, max_size=12), moment=minutes)
def test_it_answers_what_the_ledger_answers_whatever_was_appended_in_between(steps, moment):
    with tempfile.TemporaryDirectory() as home:
        ledger = open_store(Settings(home=Path(home)))
        windowed = WindowedStore(ledger)
        for kind, *what in [*steps, *(("ask", firm, moment, 100) for firm in FIRMS)]:
            match kind:
                case "append":
                    append(ledger, what)
                case "declare":
                    ledger.declare(a_firm(what[0]), known_at=at(what[1]))
                case "forget":
                    windowed.forget()
                case _:
                    firm_id, minute, days = what
                    np.testing.assert_equal(
                        answer(windowed, firm_id, at(minute), days),
                        answer(ledger, firm_id, at(minute), days),
                    )
        ledger.close()


@pytest.fixture
def ledger(tmp_path):
    store = open_store(Settings(home=tmp_path))
    store.declare(a_firm(), known_at=MONDAY)
    store.append(a_batch([float(n) for n in range(20 * STEPS_PER_DAY)]), recorded_at=MONDAY)
    yield store
    store.close()


class CountedReads:
    """A ledger that counts how often it is asked for readings."""

    def __init__(self, ledger):
        self.ledger = ledger
        self.reads = []

    def as_of(self, moment):
        """What was known."""
        return self.ledger.as_of(moment)

    def last_import_id(self):
        """The newest import."""
        return self.ledger.last_import_id()

    def versions(self, firm_id, *, since, after_import):
        """The versions asked for, counted."""
        found = self.ledger.versions(firm_id, since=since, after_import=after_import)
        self.reads.append(found.height)
        return found


def test_it_reads_a_firm_once_and_then_only_what_was_imported_since(ledger):
    counted = CountedReads(ledger)
    windowed = WindowedStore(counted)
    for day in (5, 19, 7, 20):
        windowed.as_of(MONDAY + timedelta(days=day)).history("kiln_works", days=3)
    assert counted.reads == [20 * STEPS_PER_DAY]
    late = a_batch([7.0], start=MONDAY + timedelta(days=20))
    ledger.append(late, recorded_at=MONDAY + timedelta(days=21))
    known = windowed.as_of(MONDAY + timedelta(days=21))
    assert known.history("kiln_works", days=3).demand_kw[-1] == 28.0
    assert counted.reads == [20 * STEPS_PER_DAY, 1]


def test_a_moment_before_the_window_is_read_again_and_right(ledger):
    windowed = WindowedStore(ledger)
    for moment in (MONDAY + timedelta(days=400), MONDAY + timedelta(days=3), MONDAY + 5 * WINDOW):
        assert answer(windowed, "kiln_works", moment, 90) == answer(
            ledger, "kiln_works", moment, 90
        )


def test_longer_looks_back_and_reactive_energy_come_from_the_ledger(ledger):
    known = WindowedStore(ledger).as_of(MONDAY + timedelta(days=20))
    plain = ledger.as_of(MONDAY + timedelta(days=20))
    assert known.moment == plain.moment
    assert known.history("kiln_works").grid == plain.history("kiln_works").grid
    assert known.reactive_energy("kiln_works").grid == plain.reactive_energy("kiln_works").grid


def test_firms_are_those_declared_by_then(ledger):
    windowed = WindowedStore(ledger)
    assert windowed.as_of(MONDAY).firms() == (a_firm(),)
    assert windowed.as_of(MONDAY).firm("kiln_works") == a_firm()
    with pytest.raises(UnknownFirmError, match="declare it"):
        windowed.as_of(MONDAY - timedelta(seconds=1)).firm("kiln_works")


def test_nobody_can_write_into_what_others_will_read(ledger):
    history = WindowedStore(ledger).as_of(MONDAY + timedelta(days=20)).history("kiln_works", days=3)
    with pytest.raises(ValueError, match="read-only"):
        history.demand_kw[0] = 1.0
