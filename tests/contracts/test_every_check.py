"""Whatever a check looks for: it has two names, stays in the record, and fills by a named rule."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bench.injected_faults import FAULTS, with_readings
from feature_store.quality.catalogue import CATALOGUE, check_of, findings
from feature_store.quality.filled_history import filled
from feature_store.quality.filling_rule import FillingRule
from feature_store.quality.meter_record import Run, record_of
from feature_store.time_grid import STEPS_PER_DAY
from tests.builders import a_firm, a_history
from tests.fakes.made_load import a_made_load

FIRM = a_firm(holiday_country=None)
LOAD = a_made_load(60)
every_check = pytest.mark.parametrize("check", CATALOGUE, ids=lambda check: check.kind)


def records():
    """Records with each fault, one without, a short one, and two that nobody should have sent."""
    random = np.random.default_rng(0)
    yield LOAD
    for inject in FAULTS.values():
        yield inject(LOAD, random).history
    yield a_history([10.0])
    yield a_history([0.0] * 30 * STEPS_PER_DAY)
    yield with_readings(LOAD, LOAD.demand_kw * -1e12)


def test_every_check_has_an_id_of_its_own():
    assert len({check.kind for check in CATALOGUE}) == len(CATALOGUE)
    assert [check_of(check.kind) for check in CATALOGUE] == list(CATALOGUE)


@every_check
def test_operators_can_read_its_name_in_both_languages(check):
    assert check.name.ko
    assert check.name.en
    assert check.name.ko != check.name.en


@every_check
def test_its_findings_lie_in_the_record_in_the_order_of_time(check):
    for history in records():
        record = record_of(history, FIRM)
        found = list(check.find(record))
        assert found == sorted(found, key=lambda one: one.start)
        for one in found:
            assert one.kind == check.kind
            assert record.grid.start <= one.start < one.end <= record.grid.end
            run = record.run_of(one.start, one.end)
            assert record.span(run) == (one.start, one.end)


@every_check
def test_it_replaces_each_reading_of_a_finding_by_a_named_rule(check):
    record = record_of(LOAD, FIRM)
    run = Run(first=30 * STEPS_PER_DAY, after=30 * STEPS_PER_DAY + 5)
    filling = check.replacement(record, record, run)
    if filling is not None:
        assert filling.kw.shape == (run.steps,)
        assert filling.rule in FillingRule
        assert filling.rule not in {FillingRule.MEASURED, FillingRule.UNKNOWN}


@settings(max_examples=60, deadline=None)
@given(
    pieces=st.lists(
        st.tuples(
            st.integers(0, 60 * STEPS_PER_DAY - 1),
            st.integers(1, 10 * STEPS_PER_DAY),
            st.sampled_from([np.nan, 0.0, -5.0, 1e-300, 17.5, 1e9]),
        ),
        max_size=6,
    )
)
@example(pieces=[(0, 97, 1e-300), (97, 289, np.nan), (199, 186, 1e9)])
def test_no_record_is_too_odd_to_be_judged_and_filled(pieces):
    kw = LOAD.demand_kw.copy()
    for first, steps, value in pieces:
        kw[first : first + steps] = value
    history = with_readings(LOAD, kw)
    filling = filled(history, FIRM, findings(history, FIRM))
    believed = filling.rule == FillingRule.MEASURED
    np.testing.assert_array_equal(filling.demand_kw[believed], kw[believed])


def test_days_that_equal_each_other_to_the_last_digit_have_no_displaced_clock():
    shape = np.sin(np.linspace(0, 2 * np.pi, STEPS_PER_DAY, endpoint=False))
    told = {one.kind for one in findings(a_history(np.tile(100 + 20 * shape, 40)), FIRM)}
    assert "clock_shift" not in told


def test_a_plain_record_of_a_working_plant_is_believed():
    assert findings(LOAD, FIRM) == ()
