"""Findings are kept as believed: a row for each piece of news, none without, and the past stays."""

from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from sqlalchemy import func, select

from feature_store.entities.firm import Contract
from feature_store.entities.meter import Meter
from feature_store.settings import Settings
from feature_store.storage.findings import FindingStore, OutOfDate, Recorded
from feature_store.storage.ledger_store import open_store
from feature_store.storage.meter_checks import check_firm
from feature_store.storage.tables import FINDINGS
from feature_store.time_grid import STEPS_PER_DAY, STEPS_PER_HOUR
from tests.builders import MONDAY, a_batch_of, a_firm, of_meter
from tests.fakes.made_load import a_made_load

DAYS = 40
END = MONDAY + timedelta(days=DAYS)
HOUR = timedelta(hours=1)
GAP = slice(35 * STEPS_PER_DAY + 40, 35 * STEPS_PER_DAY + 40 + STEPS_PER_HOUR)
FIRM = a_firm(holiday_country=None)


@pytest.fixture
def ledger(database_url):
    with closing(open_store(Settings(database_url=database_url))) as store:
        store.declare(FIRM, known_at=MONDAY)
        yield store


@pytest.fixture
def store(ledger):
    return FindingStore(engine=ledger.engine)


def with_a_gap():
    history = a_made_load(DAYS)
    history.demand_kw[GAP] = np.nan
    return history


def rows(store):
    with store.engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(FINDINGS)).scalar_one()


def check(ledger, moment, **limits):
    known = ledger.as_of(moment)
    return check_firm(known, known.firm(FIRM.firm_id), **limits)


def told(store, moment):
    return [
        (one.finding.kind, one.finding.start) for one in store.findings_known(moment, FIRM.firm_id)
    ]


def test_what_a_check_finds_is_read_back_as_it_was_found(ledger, store):
    ledger.append(a_batch_of(with_a_gap()), recorded_at=END)
    found = check(ledger, END)
    assert store.record(found) == Recorded(found=1, gone=0)
    (known,) = store.findings_known(END, FIRM.firm_id)
    assert (known.meter_id, known.found_at) == (FIRM.firm_id, END)
    assert known.finding == found.findings[0]


def test_checking_again_without_news_adds_no_row(ledger, store):
    ledger.append(a_batch_of(with_a_gap()), recorded_at=END)
    store.record(check(ledger, END))
    for later in (END, END + HOUR, END + timedelta(days=3)):
        assert store.record(check(ledger, later)) == Recorded(found=0, gone=0)
        assert rows(store) == 1
        assert store.checked_at(FIRM.firm_id) == later


def test_late_readings_make_a_finding_gone_and_the_past_still_knows_it(ledger, store):
    ledger.append(a_batch_of(with_a_gap()), recorded_at=END)
    store.record(check(ledger, END))
    ledger.append(a_batch_of(a_made_load(DAYS)), recorded_at=END + HOUR)
    assert store.record(check(ledger, END + 2 * HOUR)) == Recorded(found=0, gone=1)
    assert told(store, END + 2 * HOUR) == []
    assert len(told(store, END + 2 * HOUR - timedelta(seconds=1))) == 1
    assert told(store, END - timedelta(seconds=1)) == []
    assert store.record(check(ledger, END + 3 * HOUR)) == Recorded(found=0, gone=0)


def test_a_gap_that_is_partly_filled_is_the_same_finding_with_another_end(ledger, store):
    ledger.append(a_batch_of(with_a_gap()), recorded_at=END)
    store.record(check(ledger, END))
    partly = a_made_load(DAYS)
    partly.demand_kw[GAP.start : GAP.stop - 1] = np.nan
    ledger.append(a_batch_of(partly), recorded_at=END + HOUR)
    assert store.record(check(ledger, END + HOUR)) == Recorded(found=1, gone=0)
    (known,) = store.findings_known(END + HOUR, FIRM.firm_id)
    (before,) = store.findings_known(END, FIRM.firm_id)
    assert before.finding.start == known.finding.start
    assert before.finding.end - known.finding.end == timedelta(minutes=15)


def test_a_finding_can_come_back(ledger, store):
    ledger.append(a_batch_of(with_a_gap()), recorded_at=END)
    found = check(ledger, END)
    store.record(found)
    store.record(replace(found, moment=END + HOUR, by_meter={}))
    assert store.record(replace(found, moment=END + 2 * HOUR)) == Recorded(found=1, gone=0)
    assert [len(told(store, END + after * HOUR)) for after in range(3)] == [1, 0, 1]


def test_what_lies_before_the_days_looked_at_is_left_as_it_is_believed(ledger, store):
    ledger.append(a_batch_of(with_a_gap()), recorded_at=END)
    store.record(check(ledger, END))
    assert store.record(check(ledger, END + HOUR, days=3)) == Recorded(found=0, gone=0)
    assert len(told(store, END + HOUR)) == 1
    assert store.findings_known(END, FIRM.firm_id, since=END - timedelta(days=1)) == ()


def test_a_check_of_an_earlier_moment_than_the_last_records_nothing(ledger, store):
    ledger.append(a_batch_of(with_a_gap()), recorded_at=END)
    store.record(check(ledger, END + HOUR))
    assert store.record(check(ledger, END)) == OutOfDate(checked_at=END + HOUR)
    assert rows(store) == 1


def test_that_nothing_was_found_is_not_the_same_as_not_having_looked(ledger, store):
    ledger.append(a_batch_of(a_made_load(DAYS)), recorded_at=END)
    assert store.checked_at(FIRM.firm_id) is None
    store.record(check(ledger, END))
    assert (rows(store), store.checked_at(FIRM.firm_id)) == (0, END)


def test_each_meter_is_checked_on_its_own(ledger, store):
    """The sum of a whole meter and one with a gap would lack the gap of both."""
    ledger.declare(
        a_firm(meters=(Meter(meter_id="a"), Meter(meter_id="b", role="sub")), holiday_country=None),
        known_at=MONDAY,
    )
    ledger.append(of_meter("a", a_batch_of(a_made_load(DAYS))), recorded_at=END)
    ledger.append(of_meter("b", a_batch_of(with_a_gap())), recorded_at=END)
    found = check(ledger, END)
    assert {meter_id: len(ones) for meter_id, ones in found.by_meter.items()} == {"a": 0, "b": 1}
    store.record(found)
    assert [one.meter_id for one in store.findings_known(END, FIRM.firm_id)] == ["b"]


def test_a_new_contract_is_no_news_of_a_finding(ledger, store):
    ledger.append(a_batch_of(with_a_gap()), recorded_at=END)
    store.record(check(ledger, END))
    ledger.declare(
        a_firm(contract=Contract(power_kw=900), holiday_country=None), known_at=END + HOUR
    )
    assert store.record(check(ledger, END + HOUR)) == Recorded(found=0, gone=0)
