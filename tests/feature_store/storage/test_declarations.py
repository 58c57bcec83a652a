"""Which declaration holds when: the latest known one that is about the time."""

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from sqlalchemy import update

from feature_store.entities.meter import Meter
from feature_store.storage.database import open_engine
from feature_store.storage.declarations import (
    EVER,
    FOR_GOOD,
    Declared,
    Span,
    UnreadableDeclarationError,
    timeline,
)
from feature_store.storage.ledger_store import LedgerStore
from feature_store.storage.migrate import upgrade
from feature_store.storage.tables import FIRMS
from tests.builders import MONDAY, a_firm

NAMES = ("one", "two", "three")
bounds = st.sampled_from([EVER, 0, 1, 2, 3, FOR_GOOD])
declarations = st.builds(
    lambda first, second, name: Declared(
        span=Span(start=min(first, second), end=max(first, second)), firm=a_firm(name_en=name)
    ),
    bounds,
    bounds,
    st.sampled_from(NAMES),
).filter(lambda one: one.span.start < one.span.end)


@given(st.lists(declarations, max_size=5))
def test_at_every_second_the_last_known_that_covers_it_holds(known):
    held = timeline(known)
    for second in (EVER, -1, 0, 1, 2, 3, FOR_GOOD - 1):
        now = Span(start=second, end=second + 1)
        expected = [one.firm.name_en for one in known if one.span.covers(now)][-1:]
        assert [one.firm.name_en for one in held if one.span.covers(now)] == expected
    assert all(before.span.end <= after.span.start for before, after in pairwise(held))


@pytest.mark.parametrize(
    ("meters", "told"),
    [
        ([{"meter_id": "a"}, {"meter_id": "a"}], "listed twice"),
        ([{"meter_id": "a", "role": "sub"}], "no meter is counted"),
        ([{"meter_id": "a", "role": "export", "counted": True}], "fed back"),
        ([{"meter_id": "a b"}], "match pattern"),
        (
            [{"meter_id": "a", "valid_from": date(2026, 7, 1), "valid_to": date(2026, 7, 1)}],
            "let it end later",
        ),
    ],
)
def test_meters_that_cannot_be_are_refused(meters, told):
    with pytest.raises(ValidationError, match=told):
        a_firm(meters=meters)


def test_an_import_meter_is_counted_unless_it_is_said_otherwise():
    roles = {role: Meter(meter_id="a", role=role).counted for role in ("import", "sub", "export")}
    assert roles == {"import": True, "sub": False, "export": False}
    assert not Meter(meter_id="a", counted=False).counted
    assert Meter(meter_id="a", role="sub", counted=True).counted


def test_a_firm_without_meters_has_one_of_its_own_name():
    assert a_firm().read_meters == (Meter(meter_id="kiln_works"),)


def test_of_many_firms_the_one_whose_stored_declaration_cannot_be_read_is_named(tmp_path):
    engine = open_engine(f"sqlite:///{tmp_path / 'ledger.db'}")
    upgrade(engine)
    store = LedgerStore(engine=engine)
    for firm_id in ("kiln_works", "press_shop"):
        store.declare(a_firm(firm_id), known_at=MONDAY)
    damaged = a_firm("press_shop").model_copy(update={"holiday_country": "XX"}).model_dump_json()
    with engine.begin() as connection:
        connection.execute(
            update(FIRMS).where(FIRMS.c.firm_id == "press_shop").values(document=damaged)
        )
    known = store.as_of(MONDAY)
    assert known.firm("kiln_works") == a_firm()
    with pytest.raises(UnreadableDeclarationError, match=r"^press_shop: .*holiday_country.*'XX'"):
        known.firms()
    engine.dispose()
