"""The revisions, applied one after another, make exactly the tables that the code reads."""

import threading
from datetime import timedelta

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from feature_store.storage.append_outcome import AlreadyReceived
from feature_store.storage.database import open_engine
from feature_store.storage.ledger_store import LedgerStore
from feature_store.storage.migrate import upgrade
from feature_store.storage.tables import METADATA
from tests.builders import MONDAY, a_batch, a_firm, seconds


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request, tmp_path):
    """A database in which there is nothing at all."""
    if request.param == "sqlite":
        engine = open_engine(f"sqlite:///{tmp_path / 'ledger.db'}")
        yield engine
        engine.dispose()
    else:
        postgres = request.getfixturevalue("postgres")
        url = postgres.new_database()
        engine = open_engine(url)
        yield engine
        engine.dispose()
        postgres.drop_database(url)


def test_an_upgraded_database_has_the_tables_of_the_code(engine):
    upgrade(engine)
    with engine.connect() as connection:
        ours = MigrationContext.configure(
            connection,
            opts={
                "include_name": lambda name, kind, _parents: (
                    kind != "table" or name in METADATA.tables
                ),
                "compare_server_default": True,
                "include_object": lambda thing, _name, kind, _reflected, _other: (
                    kind != "foreign_key_constraint"
                    or thing.table.name != "readings"
                    or engine.dialect.name == "sqlite"  # PostgreSQL has none there
                ),
            },
        )
        assert compare_metadata(ours, METADATA) == []


def test_upgrading_twice_changes_nothing(engine):
    upgrade(engine)
    tables = inspect(engine).get_table_names()
    upgrade(engine)
    assert inspect(engine).get_table_names() == tables


def test_whoever_starts_on_an_empty_database_at_once_finds_the_tables(engine):
    failed = []

    def start():
        try:
            upgrade(engine)
        except Exception as error:  # noqa: BLE001  whatever it is, the test tells it
            failed.append(error)

    starters = [threading.Thread(target=start) for _ in range(4)]
    for starter in starters:
        starter.start()
    for starter in starters:
        starter.join()
    assert failed == []
    assert set(METADATA.tables) <= set(inspect(engine).get_table_names())


def fill_before_reactive_energy_was_kept(engine):
    upgrade(engine, "0002")
    second = seconds(MONDAY)
    a_month = 31 * 24 * 3600
    batch = a_batch([10.0])
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO imports VALUES (1, 'made.csv', 'canonical', :sha, 'kiln_works', 2, 0)"
            ),
            {"sha": batch.content_sha256},
        )
        for start, kwh in ((second, 10.0), (second + a_month, 12.5)):
            connection.execute(
                text("INSERT INTO readings VALUES ('kiln_works', :start, :known, :kwh, 0, 1)"),
                {"start": start, "known": start + 900, "kwh": kwh},
            )
        connection.execute(
            text("INSERT INTO firms VALUES (1, 'kiln_works', 0, :document)"),
            {"document": a_firm().model_dump_json(exclude={"meters"})},
        )
    return batch


def test_what_was_stored_before_meters_and_validity_is_kept(engine):
    batch = fill_before_reactive_energy_was_kept(engine)
    upgrade(engine)
    ledger = LedgerStore(engine=engine)
    later = MONDAY + timedelta(days=60)
    known = ledger.as_of(later)
    history = known.history("kiln_works")
    assert (history.demand_kw[0], history.demand_kw[-1]) == (40.0, 50.0)
    assert history.grid.start == MONDAY
    assert history.known_at[0] - history.grid.starts[0] == timedelta(minutes=15)
    assert not known.reactive_energy("kiln_works").measured
    assert known.firm("kiln_works", on=MONDAY) == a_firm()
    (readings,) = known.meter_readings("kiln_works")
    assert set(readings.quality) == {"measured", ""}
    assert readings.sources[0].name == "made.csv"
    again = ledger.append(batch, recorded_at=later)
    assert again == AlreadyReceived(rows_already_known=1, import_id=1)


def test_a_refusal_recorded_under_the_key_of_a_delivery_is_what_it_was_answered(engine):
    """Of another content, or under another key, it may be an older one: then none is claimed."""
    upgrade(engine, "0008")
    with engine.begin() as connection:
        for number, (key, content) in enumerate([("k1", "one"), (None, "two"), ("k9", "three")], 1):
            connection.execute(
                text(
                    "INSERT INTO refusals (id, identity_sha256, source_name, content_sha256, "
                    "idempotency_key, recorded_at, rows_refused, faults, rest_stored) "
                    "VALUES (:id, :content, 'made.csv', 'c', :key, 0, 1, 1, true)"
                ),
                {"id": number, "key": key, "content": content},
            )
        for key, content in (("k1", "one"), ("k2", "two"), ("k3", "three")):
            connection.execute(
                text("INSERT INTO deliveries VALUES (:key, :content, NULL, 0, 1, 0, 0)"),
                {"key": key, "content": content},
            )
    upgrade(engine)
    with engine.connect() as connection:
        asked = text("SELECT idempotency_key, refusal_id FROM deliveries ORDER BY 1")
        assert connection.execute(asked).all() == [("k1", 1), ("k2", None), ("k3", None)]


def test_readers_go_on_while_one_writes_because_the_journal_is_a_log(tmp_path):
    engine = open_engine(f"sqlite:///{tmp_path / 'ledger.db'}")
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar_one() == 1
    engine.dispose()


def test_a_month_of_readings_is_a_partition_in_postgresql(postgres_url):
    ledger = LedgerStore(engine=open_engine(postgres_url))
    ledger.append(a_batch([1.0]), recorded_at=MONDAY)
    ledger.append(a_batch([2.0], start=MONDAY + timedelta(days=31)), recorded_at=MONDAY)
    with ledger.engine.connect() as connection:
        stored = connection.execute(
            text("SELECT tableoid::regclass::text, kwh FROM readings ORDER BY period_start")
        )
        assert stored.all() == [("readings_2026_03", 1.0), ("readings_2026_04", 2.0)]
    ledger.close()
