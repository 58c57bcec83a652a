"""The revisions, applied one after another, make exactly the tables that the code reads."""

from datetime import timedelta

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from feature_store.storage.database import open_engine
from feature_store.storage.ledger_store import LedgerStore
from feature_store.storage.migrate import upgrade
from feature_store.storage.tables import METADATA
from tests.builders import MONDAY, seconds


def test_an_upgraded_database_has_the_tables_of_the_code(tmp_path):
    engine = open_engine(f"sqlite:///{tmp_path / 'ledger.db'}")
    upgrade(engine)
    with engine.connect() as connection:
        ours = MigrationContext.configure(
            connection,
            opts={
                "include_name": lambda name, kind, _parents: (
                    kind != "table" or name in METADATA.tables
                ),
                "compare_server_default": True,
            },
        )
        assert compare_metadata(ours, METADATA) == []
    engine.dispose()


def test_upgrading_twice_changes_nothing(tmp_path):
    engine = open_engine(f"sqlite:///{tmp_path / 'ledger.db'}")
    upgrade(engine)
    tables = inspect(engine).get_table_names()
    upgrade(engine)
    assert inspect(engine).get_table_names() == tables
    engine.dispose()


def test_readings_from_before_reactive_energy_was_kept_have_none(tmp_path):
    engine = open_engine(f"sqlite:///{tmp_path / 'ledger.db'}")
    upgrade(engine, "0002")
    second = seconds(MONDAY)
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO imports VALUES (1, 'a.csv', 'canonical', 'abc', 'kiln_works', 1, 0)"
        )
        connection.exec_driver_sql(
            "INSERT INTO readings VALUES ('kiln_works', ?, ?, 10.0, ?, 1)",
            (second, second + 900, second + 900),
        )
    upgrade(engine)
    known = LedgerStore(engine=engine).as_of(MONDAY + timedelta(days=1))
    assert known.history("kiln_works").demand_kw.tolist() == [40.0]
    assert not known.reactive_energy("kiln_works").measured
    engine.dispose()


def test_readers_go_on_while_one_writes_because_the_journal_is_a_log(tmp_path):
    engine = open_engine(f"sqlite:///{tmp_path / 'ledger.db'}")
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar_one() == 1
    engine.dispose()
