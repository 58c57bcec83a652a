"""Databases that the ledger is tested on: SQLite, and a PostgreSQL server of our own."""

import os

import pytest
from hypothesis import settings

from bench.private_postgres import NoPostgresError, private_postgres
from feature_store.storage.database import open_engine
from feature_store.storage.migrate import upgrade
from tests.made_ledgers import lay_ledger

# An example may take as long as it takes: how busy the machine is decides nothing here. Fifty of a
# property keep the gate within its time; `make soak` holds the long ones to hundreds and thousands.
settings.register_profile("untimed", parent=settings(), deadline=None, max_examples=50)
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def postgres():
    """A server that every test of the session shares; each makes databases of its own."""
    try:
        with private_postgres(safe=False) as server:
            yield server
    except NoPostgresError as missing:
        if os.environ.get("SANDAN_REQUIRE_POSTGRES"):
            pytest.fail(f"PostgreSQL is required here: {missing}")
        pytest.skip(f"no PostgreSQL, so this is not tested on it: {missing}")


@pytest.fixture(scope="session")
def upgraded_template(postgres):
    """Name of a database whose copies have the ledger's tables already."""
    engine = open_engine(postgres.new_database())
    upgrade(engine)
    engine.dispose()
    return engine.url.database


@pytest.fixture
def postgres_url(postgres, upgraded_template):
    """URL of a database with an empty ledger."""
    url = postgres.new_database(upgraded_template)
    yield url
    postgres.drop_database(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request, tmp_path):
    """URL of a database of each kind with an empty ledger."""
    if request.param == "sqlite":
        lay_ledger(tmp_path)
        return f"sqlite:///{tmp_path / 'sandan.db'}"
    return request.getfixturevalue("postgres_url")
