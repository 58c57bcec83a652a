"""The service reads through the window in memory, sees what is imported, and lets go at its end."""

from datetime import timedelta

import numpy as np
import pytest

from feature_store.storage.recent_window import WindowedStore
from feature_store.time_grid import STEPS_PER_DAY, TimeGrid
from serving.bootstrap import build
from tests.builders import a_batch
from tests.serving.conftest import FIRM, NOW, fill


@pytest.fixture
def application(settings):
    built = build(settings)
    fill(built.ledger)
    yield built
    built.close()


def test_it_is_what_the_planner_reads(application):
    assert isinstance(application.planner.store, WindowedStore)
    assert application.planner.store is application.windows


def test_what_is_imported_while_it_serves_is_seen_at_once(application):
    day = TimeGrid(NOW - timedelta(days=20), STEPS_PER_DAY)
    before_kw = application.planner.measured_on(FIRM, day)
    corrected = a_batch([500.0], firm_id=FIRM, start=day.start)
    application.ledger.append(corrected, recorded_at=NOW)
    after_kw = application.planner.measured_on(FIRM, day)
    assert after_kw[0] == 2000.0 != before_kw[0]
    np.testing.assert_array_equal(after_kw[1:], before_kw[1:])


def test_nothing_is_held_any_more_once_it_is_closed(application):
    application.planner.measured_on(FIRM, TimeGrid(NOW - timedelta(days=20), STEPS_PER_DAY))
    since = int((NOW - timedelta(days=50)).timestamp())
    assert application.windows.held.windows([FIRM], since=since, filling=False)
    application.close()
    assert application.windows.held.windows([FIRM], since=since, filling=False) is None
