"""What is refused is kept, once, within bounds, and in the transaction that stores the rest."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event

from feature_store.entities.meter import Meter
from feature_store.entities.reading_batch import BadRow, Received
from feature_store.settings import Settings
from feature_store.storage.append_outcome import Appended, Repeated
from feature_store.storage.ledger_store import open_store
from feature_store.storage.refusals import (
    MOST_FAULTS_KEPT,
    RefusedDelivery,
    UnknownRefusalError,
)
from tests.builders import MONDAY, a_batch, a_firm

LATER = MONDAY + timedelta(days=30)
FAULT = BadRow(row=2, column="kwh", value="x", reason="is not a number; write it like 12.5")


def at_later():
    return LATER


@pytest.fixture
def ledger(database_url):
    store = open_store(Settings(database_url=database_url))
    yield store
    store.close()


def came(identity="one", name="made.csv"):
    return Received(source_name=name, content_sha256="c" * 64, identity_sha256=identity)


def refuse(ledger, bad_rows, received=None, *, key=None, at=LATER):
    refused = RefusedDelivery(
        received=received or came(), bad_rows=bad_rows, idempotency_key=key, rest_stored=False
    )
    return ledger.refuse(refused, recorded_at=at)


def test_a_refusal_is_there_after_a_restart_with_every_fault(database_url):
    first = open_store(Settings(database_url=database_url))
    faults = [FAULT, replace(FAULT, row=3, column="고객번호"), replace(FAULT, row=3, reason="odd")]
    kept = refuse(first, faults, key="k1")
    first.close()
    second = open_store(Settings(database_url=database_url))
    assert second.refusals.get(kept.refusal_id) == kept
    assert second.refusals.bad_rows(kept.refusal_id) == tuple(faults)
    assert (kept.rows_refused, kept.faults, kept.rest_stored) == (2, 3, False)
    assert (kept.source_name, kept.idempotency_key, kept.recorded_at) == ("made.csv", "k1", LATER)
    second.close()


def test_the_same_content_again_is_the_same_refusal_with_its_faults_of_now(ledger):
    first = refuse(ledger, [FAULT, replace(FAULT, row=9)])
    again = refuse(ledger, [FAULT], at=LATER + timedelta(days=1))
    assert again == replace(first, rows_refused=1, faults=1)
    assert ledger.refusals.newest(limit=9) == (again,)
    assert ledger.refusals.bad_rows(first.refusal_id) == (FAULT,)
    assert refuse(ledger, [FAULT], came("two")).refusal_id != first.refusal_id


def test_of_a_flood_of_faults_the_first_are_kept_and_all_are_counted(ledger):
    faults = [replace(FAULT, row=row, value="9" * 5_000) for row in range(MOST_FAULTS_KEPT + 5)]
    kept = refuse(ledger, faults)
    stored = ledger.refusals.bad_rows(kept.refusal_id)
    assert (kept.faults, kept.rows_refused) == (MOST_FAULTS_KEPT + 5,) * 2
    assert [bad.row for bad in stored] == list(range(MOST_FAULTS_KEPT))
    assert len(stored[0].value) < 600


@pytest.mark.parametrize("text", ["a\x00b", "\ud83d", "x" * 10_000, "가\n나"])
def test_whatever_stands_in_a_cell_can_be_kept(ledger, text):
    fault = BadRow(row=1, column=text, value=text, reason=f"is {text}; mend {text}")
    kept = refuse(ledger, [fault], came(name=text))
    assert len(ledger.refusals.bad_rows(kept.refusal_id)) == 1


def test_refusals_are_listed_newest_first_page_by_page(ledger):
    for number in range(5):
        refuse(ledger, [FAULT], came(str(number)))
    assert [one.refusal_id for one in ledger.refusals.newest(limit=2)] == [5, 4]
    assert [one.refusal_id for one in ledger.refusals.newest(limit=9, before=4)] == [3, 2, 1]
    for missing in (0, 6, 2**40):
        with pytest.raises(UnknownRefusalError, match=f"no refusal {missing}"):
            ledger.refusals.get(missing)


def test_rows_left_out_are_kept_with_the_rest_or_neither_is(ledger):
    batch = replace(a_batch([1.0]), left_out=(FAULT,), received=came())
    torn = replace(batch, rows=batch.rows.with_columns(kwh=None))
    with pytest.raises(Exception):  # noqa: B017, PT011  whatever the driver raises
        ledger.deliver(torn, clock=at_later, idempotency_key=None)
    assert ledger.refusals.newest(limit=1) == ()
    assert isinstance(ledger.deliver(batch, clock=at_later, idempotency_key="k1"), Appended)
    (kept,) = ledger.refusals.newest(limit=9)
    assert (kept.rest_stored, kept.idempotency_key) == (True, "k1")
    assert ledger.refusals.find(came()) == kept


def test_a_delivery_is_known_by_its_key_whatever_is_taken_of_it_the_next_time(ledger):
    part = replace(a_batch([1.0]), left_out=(FAULT,), received=came())
    first = ledger.deliver(part, clock=at_later, idempotency_key="k1")
    (kept,) = ledger.refusals.newest(limit=9)
    repeated = Repeated(first=first, refusal_id=kept.refusal_id)
    assert ledger.delivered(came(), "k1") == repeated
    assert ledger.delivered(came(), "k2") is None
    more = replace(a_batch([1.0, 2.0]), received=came())
    again = ledger.deliver(more, clock=at_later, idempotency_key="k1")
    assert again == repeated


def test_a_key_answered_without_a_refusal_has_none_though_the_content_was_refused_before(ledger):
    refuse(ledger, [FAULT])
    whole = replace(a_batch([1.0]), received=came())
    first = ledger.deliver(whole, clock=at_later, idempotency_key="k1")
    assert ledger.delivered(came(), "k1") == Repeated(first=first, refusal_id=None)


def test_what_a_key_was_answered_is_kept_though_the_content_has_other_faults_later(ledger):
    two = (FAULT, replace(FAULT, row=9))
    part = replace(a_batch([1.0]), left_out=two, received=came())
    ledger.deliver(part, clock=at_later, idempotency_key="k1")
    first = ledger.delivered(came(), "k1")
    same = replace(a_batch([1.0, 2.0]), left_out=two, received=came())
    ledger.deliver(same, clock=at_later, idempotency_key="k2")
    assert ledger.delivered(came(), "k2").refusal_id == first.refusal_id
    fewer = replace(a_batch([1.0, 2.0, 3.0]), left_out=(FAULT,), received=came())
    ledger.deliver(fewer, clock=at_later, idempotency_key="k3")
    assert ledger.refusals.bad_rows(first.refusal_id) == two
    third = ledger.delivered(came(), "k3")
    assert ledger.refusals.bad_rows(third.refusal_id) == (FAULT,)
    assert ledger.refusals.find(came()).refusal_id == third.refusal_id


def test_the_declared_firms_and_meters_are_one_query_whatever_their_number(ledger):
    ledger.declare(a_firm("one"), known_at=MONDAY)
    ledger.declare(
        a_firm("two", meters=(Meter(meter_id="n"), Meter(meter_id="s"))), known_at=MONDAY
    )
    ledger.declare(a_firm("over"), known_at=MONDAY, valid_to=MONDAY + timedelta(days=1))
    ledger.declare(a_firm("soon"), known_at=LATER + timedelta(days=1))
    ledger.append(a_batch([1.0], firm_id="stranger"), recorded_at=LATER)
    asked = []
    event.listen(ledger.engine, "before_cursor_execute", lambda *told: asked.append(told[2]))
    known = ledger.known_meters(LATER)
    assert len([one for one in asked if one.startswith("SELECT")]) == 1
    assert sorted(known.firms.rows()) == [("one", "one", "one"), ("two", None, "n, s")]
    assert sorted(known.owners.rows()) == [
        ("n", "two"),
        ("one", "one"),
        ("over", "over"),
        ("s", "two"),
        ("soon", "soon"),
    ]
