"""Which declaration holds when: the latest known one that is about the time."""

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from feature_store.entities.meter import Meter
from feature_store.storage.declarations import EVER, FOR_GOOD, Declared, Span, timeline
from tests.builders import a_firm

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
