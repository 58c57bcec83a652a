"""Whoever follows the ledger by import id misses none, in whatever order transactions end."""

from contextlib import closing
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, insert, select

from feature_store.settings import Settings
from feature_store.storage.import_order import insert_import
from feature_store.storage.ledger_store import open_store
from feature_store.storage.meter_owners import lock_meters
from feature_store.storage.recent_window import WindowedStore
from feature_store.storage.tables import IMPORTS, READINGS
from feature_store.time_grid import INTERVAL
from tests.builders import MONDAY, a_batch, seconds

LATER = MONDAY + timedelta(days=1)


@pytest.fixture
def ledger(postgres_url):
    with closing(open_store(Settings(database_url=postgres_url))) as store:
        yield store


def an_import(number):
    return {
        "source_name": "made.csv",
        "source_format": "canonical",
        "content_sha256": f"content {number}",
        "identity_sha256": f"identity {number}",
        "rows_added": 1,
        "recorded_at": seconds(LATER),
    }


def store_reading(connection, meter_id, import_id, *, start=MONDAY):
    connection.execute(
        insert(READINGS).values(
            meter_id=meter_id,
            period_start=seconds(start),
            known_at=seconds(start + INTERVAL),
            kwh=1.0,
            quality=0,
            recorded_at=seconds(LATER),
            import_id=import_id,
        )
    )


def test_ids_are_settled_at_once_where_one_writes_at_a_time(tmp_path):
    with closing(open_store(Settings(home=tmp_path))) as ledger:
        assert ledger.last_import_id() == 0
        for number in (1, 2, 3):
            ledger.append(a_batch([float(number)]), recorded_at=LATER)
            assert ledger.last_import_id() == number


def test_an_import_that_is_still_being_stored_holds_back_the_ones_after_it(ledger):
    ledger.append(a_batch([1.0], firm_id="before"), recorded_at=LATER)
    with ledger.engine.connect() as slow:
        assert insert_import(slow, an_import("slow")) == 2
        ledger.append(a_batch([1.0], firm_id="quick"), recorded_at=LATER)
        assert ledger.last_import_id() == 1
        assert [one.import_id for one in ledger.changes(None).imports] == [1, 3]
        slow.commit()
    assert ledger.last_import_id() == 3
    assert [one.import_id for one in ledger.changes(None).imports] == [3]


def test_one_that_was_given_up_holds_back_nothing(ledger):
    with ledger.engine.connect() as given_up:
        insert_import(given_up, an_import("given up"))
        ledger.append(a_batch([1.0]), recorded_at=LATER)
        assert ledger.last_import_id() == 0
        given_up.rollback()
    assert ledger.last_import_id() == 2


def test_a_writer_that_began_later_and_took_its_id_sooner_is_waited_for(ledger):
    """Its transaction's number is the larger one and its import's id the smaller one."""
    with ledger.engine.connect() as first, ledger.engine.connect() as second:
        first.execute(select(func.pg_current_xact_id()))
        second.execute(select(func.pg_current_xact_id()))
        assert insert_import(second, an_import("second")) == 1
        assert insert_import(first, an_import("first")) == 2
        first.commit()
        assert ledger.last_import_id() == 0
        second.commit()
    assert ledger.last_import_id() == 2


def test_the_window_shows_readings_as_soon_as_they_are_visible_in_whatever_order(ledger):
    windowed = WindowedStore(ledger)

    def shown():
        known = windowed.as_of(LATER).history("kiln_works", days=30)
        expected = ledger.as_of(LATER).history("kiln_works", days=30)
        np.testing.assert_array_equal(known.demand_kw, expected.demand_kw)
        return known.grid.steps

    ledger.append(a_batch([1.0]), recorded_at=LATER)
    assert shown() == 1
    with ledger.engine.connect() as slow:
        lock_meters(slow, {"other": "other"})
        import_id = insert_import(slow, an_import("slow"))
        store_reading(slow, "kiln_works", import_id, start=MONDAY + 3 * INTERVAL)
        ledger.append(a_batch([1.0], start=MONDAY + INTERVAL), recorded_at=LATER)
        assert shown() == 2
        slow.commit()
    assert shown() == 4
    ledger.append(a_batch([1.0], start=MONDAY + 4 * INTERVAL), recorded_at=LATER)
    assert shown() == 5


steps = st.lists(
    st.tuples(st.integers(0, 2), st.sampled_from(["number", "import", "commit", "rollback"])),
    max_size=20,
)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=steps)
def test_nothing_ever_appears_below_an_id_that_was_said_to_be_the_last(ledger, steps):
    """Three writers number themselves, take ids, end or give up as it comes."""
    writers = [ledger.engine.connect() for _ in range(3)]
    said, seen, sent = 0, set(), 0
    with ledger.engine.begin() as connection:
        known = set(connection.execute(select(IMPORTS.c.id)).scalars())
    for number, (who, action) in enumerate([*steps, (0, "commit"), (1, "commit"), (2, "commit")]):
        match action:
            case "number":
                writers[who].execute(select(func.pg_current_xact_id()))
            case "import":
                sent += 1
                insert_import(writers[who], an_import(f"{id(steps)} {number} {sent} {len(known)}"))
            case "commit":
                writers[who].commit()
            case _:
                writers[who].rollback()
        with ledger.engine.connect() as connection:
            visible = set(connection.execute(select(IMPORTS.c.id)).scalars())
        appeared = visible - seen - known
        assert all(import_id > said for import_id in appeared)
        seen |= appeared
        said = ledger.last_import_id()
    assert said == max(seen | known, default=0)
    for writer in writers:
        writer.close()
