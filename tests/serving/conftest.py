"""A served complex of one firm: real SQLite, real routes and guards, no model and no solver."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from feature_store.settings import Settings
from feature_store.storage.ledger_store import LedgerStore, open_store
from feature_store.time_grid import STEPS_PER_DAY
from serving.bootstrap import GUARDS, Application, connect, create_app
from serving.health import Readiness
from serving.planner import Planner, Scheduler
from serving.suggestions.suggestion_store import SuggestionStore
from tests.builders import MONDAY, a_batch, a_firm
from tests.fakes.forecaster import LastWeekForecaster
from tests.fakes.scheduler import OneJobScheduler
from tests.made_ledgers import lay_ledger
from tests.serving.app_client import AppClient

DAYS = 21
NOW = MONDAY + timedelta(days=DAYS)
"""The Monday midnight up to which readings are known."""
FIRM = "kiln_works"


@dataclass(frozen=True, kw_only=True)
class Served:
    """The application under test and what it is made of."""

    application: Application
    client: AppClient

    @property
    def planner(self) -> Planner:
        """The use cases."""
        return self.application.planner

    def suggestion_id(self) -> str:
        """Id of a fresh suggestion for the firm."""
        return self.client.post(f"/v1/firms/{FIRM}/suggestions").json()["suggestion_id"]


def fill(ledger: LedgerStore) -> None:
    """Declare the firm and store three weeks of its readings: 80 to 120 kW, higher by day."""
    ledger.declare(a_firm(FIRM), known_at=MONDAY)
    ledger.declare(a_firm("dye_works", name_en="Dye works", name_ko="염색 공장"), known_at=MONDAY)
    day = 25 + 5 * np.sin(np.linspace(0, 2 * np.pi, STEPS_PER_DAY, endpoint=False) - np.pi / 2)
    ledger.append(a_batch(np.tile(day, DAYS), firm_id=FIRM), recorded_at=NOW)


def serve(settings: Settings, scheduler: Scheduler, forecaster=None) -> Served:
    """Put an application together around the ledger of ``settings``."""
    ledger = open_store(settings)
    planner = Planner(
        store=ledger,
        forecaster=forecaster or LastWeekForecaster(),
        scheduler=scheduler,
        suggestions=SuggestionStore(engine=ledger.engine),
        settings=settings,
    )
    application = Application(planner=planner, readiness=Readiness(planner=planner), ledger=ledger)
    app = create_app()
    connect(app, application)
    guarded = app
    for guard in GUARDS:
        guarded = guard(guarded)

    return Served(application=application, client=AppClient(guarded))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, replay_time=NOW)


@pytest.fixture
def serve_with(settings: Settings) -> Iterator[Callable[..., Served]]:
    """Serve the filled complex with a scheduler and a forecaster of the test's choice."""
    if settings.database_url:
        with closing(open_store(settings)) as ledger:
            fill(ledger)
    else:
        lay_ledger(settings.home, fill)
    opened: list[Served] = []

    def start(scheduler: Scheduler | None = None, forecaster=None) -> Served:
        opened.append(serve(settings, scheduler or OneJobScheduler(), forecaster))
        return opened[-1]

    yield start
    for served in opened:
        served.application.close()


@pytest.fixture
def served(serve_with: Callable[..., Served]) -> Served:
    return serve_with()
