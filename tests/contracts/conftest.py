"""The stores that must answer alike: the ledger on both databases, and the fake."""

import pytest

from feature_store.settings import Settings
from feature_store.storage.ledger_store import open_store
from tests.fakes.memory_store import MemoryStore
from tests.made_ledgers import lay_ledger


@pytest.fixture(params=["sqlite", "postgresql", "memory"])
def store(request, tmp_path):
    """An empty store of each kind."""
    if request.param == "memory":
        yield MemoryStore()
        return
    on_server = request.param == "postgresql"
    url = request.getfixturevalue("postgres_url") if on_server else ""
    if not on_server:
        lay_ledger(tmp_path)
    ledger = open_store(Settings(home=tmp_path, database_url=url))
    yield ledger
    ledger.close()
