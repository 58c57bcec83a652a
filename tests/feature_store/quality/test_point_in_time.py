"""What is found as of a moment stays the same, whatever becomes known after it."""

from datetime import timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.injected_faults import FAULTS, with_readings
from feature_store.quality.catalogue import findings
from feature_store.quality.filled_history import filled
from feature_store.time_grid import STEPS_PER_DAY
from tests.builders import MONDAY, a_firm
from tests.fakes.made_load import a_made_load
from tests.feature_store.quality.freshness_of_history import fresh

DAYS = 60
FIRM = a_firm(holiday_country=None)
LOAD = a_made_load(DAYS)


def a_faulty_load(kinds, seed):
    """The made load with one fault of each kind, in turn."""
    history, random = LOAD, np.random.default_rng(seed)
    for kind in kinds:
        history = FAULTS[kind](history, random).history
    return history


@settings(max_examples=60, deadline=None)
@given(
    kinds=st.lists(st.sampled_from(sorted(FAULTS)), max_size=2),
    seed=st.integers(0, 1000),
    day=st.integers(20, DAYS - 1),
    later=st.sampled_from(["other", "none", "huge", "zero"]),
)
def test_later_readings_change_no_finding_no_filling_and_no_freshness(kinds, seed, day, later):
    moment = MONDAY + timedelta(days=day)
    history = a_faulty_load(kinds, seed)
    changed = history.demand_kw.copy()
    after = slice(day * STEPS_PER_DAY, None)
    changed[after] = {
        "other": changed[after] * 3 + 7,
        "none": np.nan,
        "huge": 1e9,
        "zero": 0.0,
    }[later]
    answers = []
    for one in (history, with_readings(history, changed)):
        known = one.as_of(moment)
        found = findings(known, FIRM)
        filling = filled(known, FIRM, found)
        answers.append((found, filling.demand_kw, filling.rule, fresh(one, moment=moment)))
    (found, kw, rule, age), (found_again, kw_again, rule_again, age_again) = answers
    assert found == found_again
    np.testing.assert_array_equal(kw, kw_again)
    np.testing.assert_array_equal(rule, rule_again)
    assert age == age_again


def test_a_correction_takes_its_finding_away_from_when_it_is_known():
    wrong = LOAD.demand_kw.copy()
    step = 40 * STEPS_PER_DAY + 44
    wrong[step] = 9_000
    assert [one.kind for one in findings(with_readings(LOAD, wrong), FIRM)] == ["spike"]
    assert findings(LOAD, FIRM) == ()
