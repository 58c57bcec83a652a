"""How fresh meters are is looked up, and says what their whole history would."""

from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from feature_store.entities.meter import Meter
from feature_store.settings import Settings
from feature_store.storage.ledger_store import open_store
from feature_store.storage.meter_freshness import MeterFreshness
from feature_store.time_grid import INTERVAL, STEP, STEPS_PER_DAY
from tests.builders import MONDAY, a_batch, a_batch_of, a_firm, a_history, of_meter
from tests.feature_store.quality.freshness_of_history import fresh

DAYS = 40
END = MONDAY + timedelta(days=DAYS)
FIRM = a_firm()


@pytest.fixture
def ledger(database_url):
    with closing(open_store(Settings(database_url=database_url))) as store:
        store.declare(FIRM, known_at=MONDAY)
        yield store


def live():
    return a_history([50.0] * DAYS * STEPS_PER_DAY)


def daily_file():
    history = live()
    day = np.arange(history.grid.steps) // STEPS_PER_DAY
    arrived = history.grid.starts[0] + (day + 1) * STEPS_PER_DAY * STEP + np.timedelta64(6, "h")
    history.known_at[:] = arrived
    return history


@pytest.mark.parametrize("history", [live(), daily_file()], ids=["live", "daily"])
@pytest.mark.parametrize("hours", [-30, 0, 3, 24, 40, 100])
def test_it_says_what_the_history_up_to_midnight_does(ledger, history, hours):
    ledger.append(a_batch_of(history), recorded_at=END)
    moment = END + timedelta(hours=hours)
    (told,) = MeterFreshness(engine=ledger.engine).of_firm(FIRM, moment=moment).by_meter.values()
    said = fresh(history, moment=moment)
    assert (told.state, told.newest_end, told.age) == (said.state, said.newest_end, said.age)
    assert told.usual_age == said.usual_age


def test_a_meter_is_held_to_its_own_cadence(ledger):
    other = a_firm("bakery")
    ledger.declare(other, known_at=MONDAY)
    ledger.append(a_batch_of(live()), recorded_at=END)
    ledger.append(a_batch_of(replace(daily_file(), firm_id="bakery")), recorded_at=END)
    freshness = MeterFreshness(engine=ledger.engine)
    told = freshness.of_firms([FIRM, other], moment=END + timedelta(hours=8))
    assert {firm_id: one.worst.state for firm_id, one in told.items()} == {
        "kiln_works": "red",
        "bakery": "green",
    }


def test_a_firm_is_as_fresh_as_its_worst_meter_in_service(ledger):
    meters = (
        Meter(meter_id="a"),
        Meter(meter_id="b"),
        Meter(meter_id="gone", valid_to=MONDAY),
        Meter(meter_id="to_come", valid_from=END + timedelta(days=9)),
    )
    firm = a_firm(meters=meters)
    ledger.declare(firm, known_at=MONDAY)
    ledger.append(of_meter("a", a_batch_of(live())), recorded_at=END)
    told = MeterFreshness(engine=ledger.engine).of_firm(firm, moment=END)
    assert {meter_id: one.state for meter_id, one in told.by_meter.items()} == {
        "a": "green",
        "b": "red",
    }
    assert told.worst.newest_end is None
    nobody = a_firm(meters=meters[2:])
    assert MeterFreshness(engine=ledger.engine).of_firm(nobody, moment=END).worst is None


def test_what_arrives_is_seen_at_once_also_by_a_meter_that_was_new(ledger):
    freshness = MeterFreshness(engine=ledger.engine)

    def state(moment):
        return freshness.of_firm(FIRM, moment=moment).worst

    assert state(END).newest_end is None
    ledger.append(a_batch_of(live()), recorded_at=END)
    assert state(END).learnt
    late = END + timedelta(hours=2)
    assert state(late).state == "red"
    ledger.append(a_batch([9.0] * 8, start=END), recorded_at=late)
    assert state(late).state == "green"
    assert state(late + INTERVAL).usual_age == INTERVAL
