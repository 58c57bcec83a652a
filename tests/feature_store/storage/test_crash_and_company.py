"""A killed import leaves nothing behind, and imports at the same time never store a row twice."""

import os
import subprocess
import sys
from datetime import timedelta

from sqlalchemy import func, select

from feature_store.settings import Settings
from feature_store.storage.append_outcome import Appended
from feature_store.storage.ledger_store import open_store
from feature_store.storage.tables import IMPORTS, READINGS
from tests.builders import MONDAY, a_batch

LATER = MONDAY + timedelta(days=30)
VALUES = [float(value % 7) for value in range(2_000)]

KILLED_BEFORE_COMMIT = """
import os
from sqlalchemy import event
from feature_store.settings import Settings
from feature_store.storage.ledger_store import open_store
from tests.feature_store.storage.test_crash_and_company import LATER, VALUES
from tests.builders import a_batch

ledger = open_store(Settings())
event.listen(ledger.engine, "commit", lambda connection: os._exit(9))
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


def start(program, home, *arguments):
    return subprocess.Popen(  # noqa: S603  the programs above, nobody else's
        [sys.executable, "-c", program, *arguments],
        env={**os.environ, "SANDAN_HOME": str(home), "PYTHONPATH": os.pathsep.join(sys.path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def rows_in(home):
    ledger = open_store(Settings(home=home))
    with ledger.engine.connect() as connection:
        counts = [
            connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (READINGS, IMPORTS)
        ]
    ledger.close()
    return tuple(counts)


def test_an_import_killed_before_its_end_leaves_nothing(tmp_path):
    killed = start(KILLED_BEFORE_COMMIT, tmp_path)
    killed.communicate()
    assert killed.returncode == 9
    assert rows_in(tmp_path) == (0, 0)


def test_a_killed_import_can_be_repeated(tmp_path):
    start(KILLED_BEFORE_COMMIT, tmp_path).communicate()
    ledger = open_store(Settings(home=tmp_path))
    again = ledger.append(a_batch(VALUES), recorded_at=LATER)
    ledger.close()
    assert isinstance(again, Appended)
    assert rows_in(tmp_path) == (2_000, 1)


def test_imports_at_once_into_a_new_ledger_store_each_row_once(tmp_path):
    """Three processes make the same tables and import overlapping files of the same firm."""
    importers = [start(APPEND_WHEN_TOLD, tmp_path, str(number)) for number in range(3)]
    for importer in importers:
        assert importer.stdout.readline() == "ready\n"
    for importer in importers:
        importer.stdin.write("go\n")
        importer.stdin.flush()
    for importer in importers:
        importer.communicate()
    assert [importer.returncode for importer in importers] == [0, 0, 0]
    rows, imports = rows_in(tmp_path)
    assert rows == 1_500  # the longest of the three files
    assert 1 <= imports <= 3
