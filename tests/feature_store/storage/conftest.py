"""A ledger for one example after another."""

from contextlib import closing

import pytest

from feature_store.settings import Settings
from feature_store.storage.ledger_store import open_store
from feature_store.storage.tables import METADATA


@pytest.fixture
def emptied(database_url):
    """Return an empty ledger, the same one whenever it is called, for one example after another."""
    with closing(open_store(Settings(database_url=database_url))) as ledger:

        def empty():
            with ledger.engine.begin() as connection:
                for table in reversed(METADATA.sorted_tables):
                    connection.execute(table.delete())
            return ledger

        yield empty
