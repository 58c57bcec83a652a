"""A backup brings back every row, never a half one, and never over what is there unasked."""

import shutil
from contextlib import closing
from datetime import timedelta

import pytest

from feature_store.settings import Settings
from feature_store.storage.backup import BackupError, backup, restore
from feature_store.storage.check import check_database, is_empty
from feature_store.storage.database import open_engine
from feature_store.storage.ledger_store import open_store
from feature_store.storage.migrate import newest_revision, revision_of, upgrade
from tests.builders import MONDAY, a_batch, a_firm
from tests.made_weather import PLACE, a_weather, hour

LATER = MONDAY + timedelta(days=30)


@pytest.fixture
def ledger(database_url):
    if "postgresql" in database_url and shutil.which("pg_dump") is None:
        pytest.skip("no pg_dump, so backups of PostgreSQL are not tested")
    with closing(open_store(Settings(database_url=database_url))) as store:
        store.declare(a_firm(), known_at=MONDAY)
        store.append(a_batch([1, 2]), recorded_at=LATER)
        store.append(a_batch([1, 3]), recorded_at=LATER, idempotency_key="k")
        yield store


def contents(ledger):
    known = ledger.as_of(LATER + timedelta(days=1))
    return known.firms(), known.history("kiln_works").demand_kw.tolist(), rows(ledger)


def rows(ledger):
    return check_database(ledger.engine).rows_by_table


def test_what_was_backed_up_comes_back_and_nothing_else(ledger, tmp_path):
    before = contents(ledger)
    backup(ledger.engine, tmp_path / "copy")
    new_month = a_batch([7], start=MONDAY + timedelta(days=100))
    ledger.append(new_month, recorded_at=LATER)
    ledger.declare(a_firm("bakery"), known_at=LATER)
    restore(ledger.engine, tmp_path / "copy", replace=True)
    assert contents(ledger) == before
    assert check_database(ledger.engine).faults == ()
    assert ledger.append(new_month, recorded_at=LATER).rows_added == 1


def test_weather_comes_back_and_is_counted(ledger, tmp_path):
    def celsius():
        known = ledger.as_of(LATER).weather(PLACE, hour(0), hour(2))
        return known.values["temperature_celsius"].tolist()

    ledger.append_weather(a_weather([1.0, 2.0]), recorded_at=LATER)
    backup(ledger.engine, tmp_path / "copy")
    ledger.append_weather(a_weather([8.0, 9.0], known_at=hour(1)), recorded_at=LATER)
    assert (celsius(), rows(ledger)["weather"]) == ([8.0, 9.0], 4)
    restore(ledger.engine, tmp_path / "copy", replace=True)
    assert (celsius(), rows(ledger)["weather"]) == ([1.0, 2.0], 2)


def test_a_database_that_holds_rows_is_not_overwritten_unasked(ledger, tmp_path):
    backup(ledger.engine, tmp_path / "copy")
    ledger.append(a_batch([9]), recorded_at=LATER)
    before = contents(ledger)
    with pytest.raises(BackupError, match=r"holds rows.*--replace"):
        restore(ledger.engine, tmp_path / "copy", replace=False)
    assert contents(ledger) == before


def test_an_existing_file_is_not_overwritten(ledger, tmp_path):
    (tmp_path / "copy").write_text("mine")
    with pytest.raises(BackupError, match="exists already"):
        backup(ledger.engine, tmp_path / "copy")
    assert (tmp_path / "copy").read_text() == "mine"


def test_a_backup_that_fails_on_the_way_leaves_no_file(ledger, tmp_path, monkeypatch):
    folder = tmp_path / "copies"
    folder.mkdir()
    backup(ledger.engine, folder / "good")
    if ledger.engine.dialect.name == "sqlite":
        ledger.close()
        damage(tmp_path / "sandan.db")
    else:
        monkeypatch.setenv("PGOPTIONS", "-c no_such_setting=1")  # pg_dump alone still reads it
    with pytest.raises(BackupError, match=r"is damaged|pg_dump failed|cannot be read"):
        backup(ledger.engine, folder / "half")
    assert [path.name for path in folder.iterdir()] == ["good"]


def damage(path):
    """Spoil a page in the middle; the file still opens."""
    content = bytearray(path.read_bytes())
    middle = len(content) // 2 // 4096 * 4096
    content[middle : middle + 4096] = b"\xff" * 4096
    path.write_bytes(content)


@pytest.mark.parametrize("content", [b"", b"PGDMP and nothing", b"SQLite format 3\0 and nothing"])
def test_a_file_that_is_no_backup_is_refused_and_changes_nothing(ledger, tmp_path, content):
    (tmp_path / "copy").write_bytes(content)
    before = contents(ledger)
    with pytest.raises(BackupError, match=r"is no backup|is damaged|nothing was changed"):
        restore(ledger.engine, tmp_path / "copy", replace=True)
    assert contents(ledger) == before


def test_a_missing_file_and_a_missing_folder_are_told(ledger, tmp_path):
    with pytest.raises(BackupError, match="there is no such file"):
        restore(ledger.engine, tmp_path / "none", replace=True)
    with pytest.raises(BackupError, match="there is no such folder"):
        backup(ledger.engine, tmp_path / "none" / "copy")


def test_a_backup_of_an_older_version_is_brought_up_to_date(tmp_path):
    old, new = (open_engine(f"sqlite:///{tmp_path / name}.db") for name in ("old", "new"))
    upgrade(old, "0003")
    backup(old, tmp_path / "copy")
    restore(new, tmp_path / "copy", replace=False)
    with new.connect() as connection:
        assert revision_of(connection) == newest_revision()
    old.dispose()
    new.dispose()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("UPDATE alembic_version SET version_num = '9999'", "of a later version"),
        ("DROP TABLE alembic_version", "no ledger"),
    ],
)
def test_a_file_of_sqlite_that_is_another_version_or_no_ledger_is_refused(tmp_path, change, told):
    first, second = (open_engine(f"sqlite:///{tmp_path / name}.db") for name in ("a", "b"))
    for engine in (first, second):
        upgrade(engine)
    with first.begin() as connection:
        connection.exec_driver_sql(change)
    first.dispose()
    with pytest.raises(BackupError, match=told):
        restore(second, tmp_path / "a.db", replace=False)
    assert is_empty(second)
    second.dispose()


def test_a_whole_ledger_has_no_fault_and_its_rows_are_counted(ledger):
    found = check_database(ledger.engine)
    assert found.faults == ()
    assert found.revision == newest_revision()
    told = {name: found.rows_by_table[name] for name in ("readings", "imports", "firms", "meters")}
    assert told == {"readings": 3, "imports": 2, "firms": 1, "meters": 1}


def test_rows_that_refer_to_nothing_are_told(ledger):
    ledger.append_weather(a_weather([1.0]), recorded_at=LATER)
    with ledger.engine.connect() as connection:
        if ledger.engine.dialect.name == "sqlite":
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
            connection.exec_driver_sql("BEGIN")
        else:
            connection.exec_driver_sql("SET session_replication_role = replica")
        connection.exec_driver_sql("DELETE FROM imports WHERE id > 1")
        connection.commit()
    ledger.close()
    faults = check_database(ledger.engine).faults
    assert any("1 rows of readings refer to imports that do not exist" in fault for fault in faults)
    assert any("1 rows of deliveries refer to imports" in fault for fault in faults)
    assert any("1 rows of weather refer to imports" in fault for fault in faults)


def test_another_shape_is_told(tmp_path):
    engine = open_engine(f"sqlite:///{tmp_path / 'ledger.db'}")
    assert "there is no ledger" in check_database(engine).faults[0]
    upgrade(engine, "0003")
    assert "its shape is of revision 0003" in check_database(engine).faults[0]
    engine.dispose()


def test_a_damaged_file_is_told(tmp_path):
    with closing(open_store(Settings(home=tmp_path))) as ledger:
        ledger.append(a_batch([1.0] * 5_000), recorded_at=LATER)
    path = tmp_path / "sandan.db"
    damage(path)
    engine = open_engine(f"sqlite:///{path}")
    assert any("damaged" in fault for fault in check_database(engine).faults)
    engine.dispose()
