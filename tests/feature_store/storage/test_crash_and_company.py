"""What is acknowledged survives a kill, once; imports at the same time never store a row twice."""

import os
import subprocess
import sys
import threading
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from bench.durability import kill_servers, kill_writers
from bench.private_postgres import private_postgres
from feature_store.settings import Settings
from feature_store.storage.append_outcome import AlreadyReceived, Appended
from feature_store.storage.ledger_store import open_store
from feature_store.storage.tables import IMPORTS, READINGS
from tests.builders import MONDAY, a_batch

LATER = MONDAY + timedelta(days=30)
VALUES = [float(value % 7) for value in range(2_000)]
LONG_FORM = bool(os.environ.get("SANDAN_SOAK"))

KILLED_BEFORE_COMMIT = """
import os
from sqlalchemy import event
from feature_store.settings import Settings
from feature_store.storage.ledger_store import open_store
from tests.feature_store.storage.test_crash_and_company import LATER, VALUES
from tests.builders import a_batch

ledger = open_store(Settings())

def die_when_all_is_written(connection):
    written = connection.exec_driver_sql("SELECT count(*) FROM readings").scalar_one()
    if written:
        os._exit(9)

event.listen(ledger.engine, "commit", die_when_all_is_written)
ledger.append(a_batch(VALUES), recorded_at=LATER)
"""

APPEND_WHEN_TOLD = """
import sys
from feature_store.settings import Settings
from feature_store.storage.ledger_store import open_store
from tests.feature_store.storage.test_crash_and_company import LATER, VALUES
from tests.builders import a_batch

number = int(sys.argv[1])
batch = a_batch(VALUES[: 1_000 + number * 250])
print("ready", flush=True)
sys.stdin.readline()
open_store(Settings()).append(batch, recorded_at=LATER)
"""


def start(program, url, *arguments):
    paths = os.pathsep.join(sys.path)
    return subprocess.Popen(  # noqa: S603  the programs above, nobody else's
        [sys.executable, "-c", program, *arguments],
        env={**os.environ, "SANDAN_DATABASE_URL": url, "PYTHONPATH": paths},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def rows_in(url):
    ledger = open_store(Settings(database_url=url))
    with ledger.engine.connect() as connection:
        counts = [
            connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (READINGS, IMPORTS)
        ]
    ledger.close()
    return tuple(counts)


@pytest.fixture
def safe_postgres():
    """A server that waits for its disk, to be killed: the others' goes on."""
    with private_postgres(safe=True) as server:
        yield server


def test_an_import_killed_before_its_end_leaves_nothing_and_can_be_repeated(database_url):
    killed = start(KILLED_BEFORE_COMMIT, database_url)
    killed.communicate()
    assert killed.returncode == 9
    assert rows_in(database_url) == (0, 0)
    ledger = open_store(Settings(database_url=database_url))
    again = ledger.append(a_batch(VALUES), recorded_at=LATER)
    ledger.close()
    assert isinstance(again, Appended)
    assert rows_in(database_url) == (2_000, 1)


@pytest.fixture(params=["sqlite", "postgresql"])
def untouched_url(request, tmp_path):
    """URL of a database of each kind in which nobody has made a table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'untouched.db'}"
        return
    postgres = request.getfixturevalue("postgres")
    url = postgres.new_database()
    yield url
    postgres.drop_database(url)


def test_imports_at_once_into_a_new_ledger_store_each_row_once(untouched_url):
    """Three processes make the same tables and import overlapping files of the same firm."""
    importers = [start(APPEND_WHEN_TOLD, untouched_url, str(number)) for number in range(3)]
    for importer in importers:
        assert importer.stdout.readline() == "ready\n"
    for importer in importers:
        importer.stdin.write("go\n")
        importer.stdin.flush()
    for importer in importers:
        importer.communicate()
    assert [importer.returncode for importer in importers] == [0, 0, 0]
    rows, imports = rows_in(untouched_url)
    assert rows == 1_500  # the longest of the three files
    assert 1 <= imports <= 3


def at_once(*calls):
    """Call all of these at the same time; return what they return, in their order."""
    together = threading.Barrier(len(calls))
    outcomes = [None] * len(calls)

    def run(number, call):
        together.wait()
        try:
            outcomes[number] = call()
        except Exception as error:  # noqa: BLE001  whatever it is, the test compares it
            outcomes[number] = error

    threads = [threading.Thread(target=run, args=one) for one in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def test_corrections_at_once_become_versions_one_after_another(database_url):
    ledger = open_store(Settings(database_url=database_url))
    ledger.append(a_batch([0.0] * 50), recorded_at=LATER)
    outcomes = at_once(
        *(
            lambda kwh=kwh: ledger.append(a_batch([kwh] * 50), recorded_at=LATER)
            for kwh in (1.0, 2.0, 3.0, 4.0)
        )
    )
    assert [outcome.corrections for outcome in outcomes] == [50] * 4
    assert rows_in(database_url) == (250, 5)
    shown = [
        set(ledger.as_of(LATER + timedelta(seconds=second)).history("kiln_works").demand_kw)
        for second in range(4)
    ]
    assert all(len(values) == 1 for values in shown)  # no moment mixes two of them
    assert {value for values in shown for value in values} == {4.0, 8.0, 12.0, 16.0}
    ledger.close()


def test_one_delivery_sent_by_many_at_once_is_stored_once_and_answered_alike(database_url):
    ledger = open_store(Settings(database_url=database_url))
    batch = a_batch(VALUES)

    def send(key):
        return lambda: ledger.append(batch, recorded_at=LATER, idempotency_key=key)

    keyed = at_once(*[send("one")] * 4)
    assert keyed == [keyed[0]] * 4
    assert isinstance(keyed[0], Appended)
    unkeyed = at_once(*[send(None)] * 4)
    assert all(isinstance(outcome, AlreadyReceived) for outcome in unkeyed)
    assert rows_in(database_url) == (2_000, 1)
    ledger.close()


def test_firms_whose_months_and_meters_are_new_are_stored_at_once(database_url):
    """Nobody waits for ever for the partition or the meter that another one is making."""
    ledger = open_store(Settings(database_url=database_url))

    def import_months(number):
        def run():
            for month in range(6):
                start = MONDAY + timedelta(days=31 * ((month + number) % 6))
                for firm_id in ("kiln_works", f"firm-{number}"):
                    ledger.append(a_batch([1.0], firm_id=firm_id, start=start), recorded_at=LATER)
            return "done"

        return run

    assert at_once(*map(import_months, range(4))) == ["done"] * 4
    assert rows_in(database_url)[0] == 5 * 6
    ledger.close()


def test_killed_writers_lose_nothing_and_double_nothing(database_url):
    damage = kill_writers(database_url, 100 if LONG_FORM else 10)
    assert damage.acknowledged_rows > 100
    assert (damage.lost_rows, damage.surplus_rows, damage.doubled_imports) == (0, 0, 0)


def test_a_killed_server_loses_nothing_and_doubles_nothing(postgres, safe_postgres):
    del postgres  # where there is none, its reason is told by this one
    damage = kill_servers(safe_postgres, 10 if LONG_FORM else 2)
    assert damage.kills == (10 if LONG_FORM else 2)
    assert damage.acknowledged_rows > 0
    assert (damage.lost_rows, damage.surplus_rows, damage.doubled_imports) == (0, 0, 0)
