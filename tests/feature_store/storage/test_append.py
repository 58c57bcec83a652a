"""Appending adds what is new, once: repeats add nothing, corrections overwrite nothing."""

from datetime import timedelta

import pytest
from sqlalchemy import event, func, select

from feature_store.settings import Settings
from feature_store.storage.append_outcome import AlreadyReceived, Appended
from feature_store.storage.ledger_store import open_store
from feature_store.storage.tables import IMPORTS, READINGS
from feature_store.time_grid import INTERVAL
from tests.builders import MONDAY, a_batch, a_firm, with_reactive

LATER = MONDAY + timedelta(days=30)


@pytest.fixture
def ledger(tmp_path):
    store = open_store(Settings(home=tmp_path))
    yield store
    store.close()


def count(ledger, table):
    with ledger.engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def demand_kw(ledger, moment=LATER + timedelta(days=1)):
    return ledger.as_of(moment).history("kiln_works").demand_kw.tolist()


def test_new_rows_are_counted(ledger):
    outcome = ledger.append(a_batch([1, 2, 3]), recorded_at=LATER)
    assert outcome == Appended(import_id=1, rows_added=3, rows_already_known=0, corrections=0)


def test_the_same_file_again_adds_nothing_and_names_the_first_import(ledger):
    ledger.append(a_batch([1, 2, 3]), recorded_at=LATER)
    again = ledger.append(a_batch([1, 2, 3]), recorded_at=LATER + timedelta(hours=1))
    assert again == AlreadyReceived(rows_already_known=3, import_id=1)
    assert count(ledger, READINGS) == 3
    assert count(ledger, IMPORTS) == 1


def test_known_rows_in_another_file_add_nothing(ledger):
    ledger.append(a_batch([1, 2, 3]), recorded_at=LATER)
    part = ledger.append(a_batch([1, 2]), recorded_at=LATER)
    assert part == AlreadyReceived(rows_already_known=2, import_id=None)
    assert count(ledger, IMPORTS) == 1


def test_overlapping_files_add_the_difference(ledger):
    ledger.append(a_batch([1, 2, 3]), recorded_at=LATER)
    overlap = ledger.append(a_batch([2, 3, 4], start=MONDAY + INTERVAL), recorded_at=LATER)
    assert overlap == Appended(import_id=2, rows_added=1, rows_already_known=2, corrections=0)
    assert demand_kw(ledger) == [4, 8, 12, 16]


def test_a_late_reading_fills_its_gap_as_of_its_interval(ledger):
    ledger.append(a_batch([1, float("nan"), 3]), recorded_at=LATER)
    late = ledger.append(a_batch([2], start=MONDAY + INTERVAL), recorded_at=LATER)
    assert isinstance(late, Appended)
    assert late.corrections == 0
    assert demand_kw(ledger, MONDAY + 2 * INTERVAL) == [4, 8]


def test_a_file_says_itself_when_its_rows_were_known(ledger):
    ledger.append(a_batch([1, 2], known_at=MONDAY + timedelta(days=2)), recorded_at=LATER)
    ledger.append(a_batch([7], start=MONDAY + 2 * INTERVAL), recorded_at=LATER)
    assert demand_kw(ledger, MONDAY + timedelta(days=1)) == [28]
    assert demand_kw(ledger, MONDAY + timedelta(days=2)) == [4, 8, 28]


def test_a_correction_is_counted_and_keeps_the_earlier_version(ledger):
    ledger.append(a_batch([1, 2, 3]), recorded_at=LATER)
    fixed = ledger.append(a_batch([1, 5, 3]), recorded_at=LATER + timedelta(hours=1))
    assert fixed == Appended(import_id=2, rows_added=1, rows_already_known=2, corrections=1)
    assert count(ledger, READINGS) == 4
    assert demand_kw(ledger, LATER) == [4, 8, 12]
    assert demand_kw(ledger, LATER + timedelta(hours=1)) == [4, 20, 12]


def test_reactive_energy_that_is_told_later_is_a_correction_and_told_again_it_is_known(ledger):
    ledger.append(a_batch([1, 2]), recorded_at=LATER)
    told = ledger.append(
        with_reactive(a_batch([1, 2]), lagging_kvarh=[0.5, None]), recorded_at=LATER
    )
    assert told == Appended(import_id=2, rows_added=1, rows_already_known=1, corrections=1)
    again = ledger.append(with_reactive(a_batch([1]), lagging_kvarh=[0.5]), recorded_at=LATER)
    assert again == AlreadyReceived(rows_already_known=1, import_id=None)


def test_a_correction_back_to_the_first_value_is_a_third_version(ledger):
    for hour, kwh in enumerate([1, 5]):
        ledger.append(a_batch([kwh]), recorded_at=LATER + timedelta(hours=hour))
    ledger.append(a_batch([1, 9]), recorded_at=LATER + timedelta(hours=2))
    shown = [demand_kw(ledger, LATER + timedelta(hours=hour))[0] for hour in range(3)]
    assert shown == [4, 20, 4]


def test_corrections_within_one_second_do_not_meet(ledger):
    for kwh in (1, 2, 3):
        ledger.append(a_batch([kwh]), recorded_at=LATER)
    assert count(ledger, READINGS) == 3
    assert demand_kw(ledger) == [12]


def test_one_file_may_hold_several_firms_and_the_same_file_may_name_another(ledger):
    ledger.append(a_batch([1], firm_id="bakery"), recorded_at=LATER)
    other = ledger.append(a_batch([1], firm_id="kiln_works"), recorded_at=LATER)
    assert isinstance(other, Appended)


def test_a_fault_in_the_middle_leaves_nothing(ledger):
    def fail_on_readings(_conn, _cursor, statement, _parameters, _context, _many):
        if statement.startswith("INSERT INTO readings"):
            raise OSError("disk full")

    event.listen(ledger.engine, "after_cursor_execute", fail_on_readings)
    with pytest.raises(OSError, match="disk full"):
        ledger.append(a_batch([1, 2, 3]), recorded_at=LATER)
    event.remove(ledger.engine, "after_cursor_execute", fail_on_readings)
    assert count(ledger, READINGS) == count(ledger, IMPORTS) == 0
    assert isinstance(ledger.append(a_batch([1, 2, 3]), recorded_at=LATER), Appended)


def test_an_equal_declaration_adds_no_version(ledger):
    assert ledger.declare(a_firm(), known_at=MONDAY) == "new"
    assert ledger.declare(a_firm(), known_at=LATER) == "unchanged"
    assert ledger.declare(a_firm(name_en="Kiln works 2"), known_at=LATER) == "changed"


def test_what_was_stored_is_there_after_a_restart(tmp_path):
    first = open_store(Settings(home=tmp_path))
    first.append(a_batch([1, 2]), recorded_at=LATER)
    first.close()
    second = open_store(Settings(home=tmp_path))
    assert demand_kw(second) == [4, 8]
    second.close()
