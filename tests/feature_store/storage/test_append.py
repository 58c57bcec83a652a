"""Appending adds what is new, once: repeats add nothing, corrections overwrite nothing."""

from dataclasses import replace
from datetime import timedelta

import polars as pl
import pytest
from psycopg.errors import NotNullViolation
from sqlalchemy import create_engine, event, func, select
from sqlalchemy.exc import IntegrityError, OperationalError

from feature_store.entities.meter import Meter
from feature_store.errors import SandanError
from feature_store.settings import Settings
from feature_store.storage.append_outcome import AlreadyReceived, Appended
from feature_store.storage.batch_rows import RepeatedIntervalError, UnknownQualityError
from feature_store.storage.deliveries import IdempotencyKeyError, IdempotencyKeyReusedError
from feature_store.storage.ledger_store import EmptyValidityError, open_store
from feature_store.storage.meter_owners import (
    ForgottenReadingsError,
    MeterOfAnotherFirmError,
    UndeclaredMeterError,
)
from feature_store.storage.tables import DELIVERIES, IMPORTS, METERS, READINGS
from feature_store.time_grid import INTERVAL
from tests.builders import MONDAY, a_batch, a_firm, batch_of, of_meter, with_reactive

LATER = MONDAY + timedelta(days=30)


@pytest.fixture
def ledger(database_url):
    store = open_store(Settings(database_url=database_url))
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
    whole = a_batch([1, 2, 3])
    without_last_value = pl.when(pl.int_range(pl.len()) < 2).then("kwh")
    torn = replace(whole, rows=whole.rows.with_columns(kwh=without_last_value))
    # SQLAlchemy wraps what the driver tells, but not what it tells while rows are copied.
    with pytest.raises((IntegrityError, NotNullViolation)):
        ledger.append(torn, recorded_at=LATER, idempotency_key="torn")
    for table in (READINGS, IMPORTS, METERS, DELIVERIES):
        assert count(ledger, table) == 0
    assert isinstance(ledger.append(whole, recorded_at=LATER), Appended)


def test_a_delivery_repeated_under_its_key_gets_its_first_answer(ledger):
    first = ledger.append(a_batch([1, 2]), recorded_at=LATER, idempotency_key="k1")
    known = ledger.append(a_batch([1]), recorded_at=LATER, idempotency_key="k2")
    ledger.append(a_batch([5, 6]), recorded_at=LATER)
    assert isinstance(first, Appended)
    assert known == AlreadyReceived(rows_already_known=1, import_id=None)
    for key, kwh, answer in (("k1", [1, 2], first), ("k2", [1], known)):
        later = LATER + timedelta(days=1)
        assert ledger.append(a_batch(kwh), recorded_at=later, idempotency_key=key) == answer
    assert count(ledger, READINGS) == 4


def test_a_key_that_comes_with_other_content_is_refused(ledger):
    ledger.append(a_batch([1]), recorded_at=LATER, idempotency_key="k1")
    for other in (a_batch([2]), a_batch([1], firm_id="bakery")):
        with pytest.raises(IdempotencyKeyReusedError, match=r"'k1'.*key of its own"):
            ledger.append(other, recorded_at=LATER, idempotency_key="k1")
    assert count(ledger, READINGS) == count(ledger, IMPORTS) == 1


@pytest.mark.parametrize("key", ["", " ", "k" * 256])
def test_an_empty_or_endless_key_is_refused(ledger, key):
    with pytest.raises(IdempotencyKeyError, match="1 to 255 letters"):
        ledger.append(a_batch([1]), recorded_at=LATER, idempotency_key=key)


def test_many_firms_come_in_one_call_with_the_same_few_queries_as_two(ledger):
    def queries_for(firms, kwh):
        asked = []
        listen = (ledger.engine, "before_cursor_execute", lambda *told: asked.append(told[2]))
        event.listen(*listen)
        outcome = ledger.append(of_firms(firms, kwh), recorded_at=LATER)
        event.remove(*listen)
        return outcome, len(asked)

    ledger.append(a_batch([1]), recorded_at=LATER)  # makes the month's partition, once
    for kwh in (1.0, 2.0):  # first versions, then corrections
        few, asked_for_two = queries_for(range(2), kwh)
        many, asked_for_many = queries_for(range(2, 302), kwh)
        assert (few.rows_added, many.rows_added) == (2, 300)
        assert few.corrections * 150 == many.corrections == (300 if kwh > 1 else 0)
        assert asked_for_many == asked_for_two
    assert ledger.as_of(LATER).history("firm-301").demand_kw.tolist() == [8]


def test_meters_without_number_are_one_parameter(ledger):
    """A statement may hold 32,766 parameters in SQLite and 65,535 in PostgreSQL."""
    many = of_firms(range(35_000), 1.0)
    assert ledger.append(many, recorded_at=LATER).rows_added == 35_000
    again = replace(many, content_sha256="another file")
    assert ledger.append(again, recorded_at=LATER).rows_already_known == 35_000


def of_firms(numbers, kwh):
    first = a_batch([kwh]).rows
    firms = pl.DataFrame({"firm_id": [f"firm-{number}" for number in numbers]})
    rows = firms.join(first.drop("firm_id"), how="cross").select(first.columns)
    return batch_of(rows)


def test_a_meter_of_another_firm_is_refused(ledger):
    ledger.append(a_batch([1]), recorded_at=LATER)
    stolen = of_meter("kiln_works", a_batch([2], firm_id="bakery"))
    with pytest.raises(MeterOfAnotherFirmError, match=r"meter kiln_works is kiln_works's"):
        ledger.append(stolen, recorded_at=LATER)
    claimed = a_firm("bakery", meters=(Meter(meter_id="kiln_works"),))
    with pytest.raises(MeterOfAnotherFirmError, match=r"meter kiln_works is kiln_works's"):
        ledger.declare(claimed, known_at=LATER)
    assert count(ledger, READINGS) == 1
    assert ledger.as_of(LATER).firms() == ()


def test_readings_that_no_declaration_would_count_are_refused(ledger):
    ledger.declare(a_firm(meters=(Meter(meter_id="a"), Meter(meter_id="b"))), known_at=LATER)
    for batch in (a_batch([1, 2]), of_meter("c", a_batch([1]))):
        with pytest.raises(UndeclaredMeterError, match=r"has no meter \w+, only a, b; nothing was"):
            ledger.append(batch, recorded_at=LATER)
    assert isinstance(ledger.append(of_meter("a", a_batch([1])), recorded_at=LATER), Appended)


def test_the_same_file_may_be_of_another_meter(ledger):
    ledger.declare(a_firm(meters=(Meter(meter_id="a"), Meter(meter_id="b"))), known_at=LATER)
    for meter_id in "ab":
        outcome = ledger.append(of_meter(meter_id, a_batch([1])), recorded_at=LATER)
        assert isinstance(outcome, Appended)


def test_an_unknown_quality_and_a_repeated_interval_are_refused(ledger):
    batch = a_batch([1, 2])
    guessed = replace(batch, rows=batch.rows.with_columns(quality=pl.lit("guessed")))
    with pytest.raises(UnknownQualityError, match=r"guessed is no quality.*measured, estimated"):
        ledger.append(guessed, recorded_at=LATER)
    twice = replace(batch, rows=pl.concat([batch.rows, batch.rows]))
    with pytest.raises(RepeatedIntervalError, match="has an interval twice"):
        ledger.append(twice, recorded_at=LATER)
    assert count(ledger, READINGS) == 0


def test_an_equal_declaration_adds_no_version(ledger):
    assert ledger.declare(a_firm(), known_at=MONDAY) == "new"
    assert ledger.declare(a_firm(), known_at=LATER) == "unchanged"
    assert ledger.declare(a_firm(name_en="Kiln works 2"), known_at=LATER) == "changed"


def test_a_declaration_for_a_part_of_the_time_adds_nothing_only_if_all_of_it_holds(ledger):
    july = MONDAY + timedelta(days=121)
    larger = a_firm(name_en="Kiln works 2")
    assert ledger.declare(a_firm(), known_at=MONDAY) == "new"
    assert ledger.declare(a_firm(), known_at=LATER, valid_from=july) == "unchanged"
    assert ledger.declare(larger, known_at=LATER, valid_from=july) == "changed"
    assert ledger.declare(larger, known_at=LATER, valid_from=july) == "unchanged"
    assert ledger.declare(a_firm(), known_at=LATER) == "changed"
    assert ledger.as_of(LATER).firm("kiln_works", on=july) == a_firm()


def test_a_declaration_that_ends_before_it_begins_is_refused(ledger):
    with pytest.raises(EmptyValidityError, match=r"kiln_works: the declaration ends"):
        ledger.declare(a_firm(), known_at=MONDAY, valid_from=LATER, valid_to=LATER)


def test_what_was_stored_is_there_after_a_restart(database_url):
    first = open_store(Settings(database_url=database_url))
    first.append(a_batch([1, 2]), recorded_at=LATER)
    first.close()
    second = open_store(Settings(database_url=database_url))
    assert demand_kw(second) == [4, 8]
    second.close()


@pytest.mark.parametrize(
    "url", ["mysql://a/b", "nonsense", "postgres://a/b", "postgresql://127.0.0.1:1/none"]
)
def test_a_database_that_cannot_be_used_is_told_without_its_password(url):
    with pytest.raises(SandanError, match="SANDAN_DATABASE_URL"):
        open_store(Settings(database_url=url))


@pytest.mark.parametrize("kwh", [0.1, 1 / 3, 1e-17, 123456.789012345, 5e-324, 1.7e308])
def test_a_value_comes_back_to_the_last_bit(ledger, kwh):
    ledger.append(a_batch([kwh]), recorded_at=LATER)
    (told,) = ledger.as_of(LATER).meter_readings("kiln_works")
    assert told.kwh.tolist() == [kwh]


def test_the_moment_of_storing_is_looked_at_when_nobody_else_can_write(ledger):
    """Else a correction that waited would change what was known while it did."""
    ledger.append(a_batch([1.0]), recorded_at=LATER)
    ours = ledger.engine.dialect.name == "sqlite"
    nobody_waits = create_engine(ledger.engine.url, connect_args={"timeout": 0} if ours else {})
    want = "BEGIN IMMEDIATE" if ours else "SELECT meter_id FROM meters FOR UPDATE NOWAIT"
    told = []

    def clock():
        with nobody_waits.connect() as other, pytest.raises(OperationalError, match="lock"):
            other.exec_driver_sql(want)
        told.append(LATER + timedelta(seconds=7))
        return told[-1]

    ledger.deliver(a_batch([2.0]), clock=clock, idempotency_key=None)
    nobody_waits.dispose()
    assert len(told) == 1
    assert demand_kw(ledger, told[0] - timedelta(seconds=1)) == [4.0]
    assert demand_kw(ledger, told[0]) == [8.0]


def test_a_declaration_cannot_put_stored_readings_out_of_sight(ledger):
    ledger.append(a_batch([1.0, 2.0]), recorded_at=LATER)
    new_meter = a_firm(meters=(Meter(meter_id="m1"),))
    with pytest.raises(ForgottenReadingsError, match=r"under meter kiln_works, .* with valid_from"):
        ledger.declare(new_meter, known_at=LATER)
    assert demand_kw(ledger) == [4.0, 8.0]
    assert ledger.as_of(LATER).firms() == ()


def test_stored_readings_stay_in_sight_of_a_declaration_that_begins_later_or_has_their_meter(
    ledger,
):
    ledger.declare(a_firm(), known_at=MONDAY)
    ledger.append(a_batch([1.0, 2.0]), recorded_at=LATER)
    new_meter = Meter(meter_id="m1")
    ledger.declare(a_firm(meters=(new_meter,)), known_at=LATER, valid_from=LATER)
    assert demand_kw(ledger) == [4.0, 8.0]
    beside = Meter(meter_id="kiln_works", role="sub")
    ledger.declare(a_firm(meters=(new_meter, beside)), known_at=LATER)
    with ledger.engine.connect() as connection:
        assert set(connection.execute(select(METERS.c.meter_id)).scalars()) == {"m1", "kiln_works"}
