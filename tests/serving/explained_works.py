"""A served complex with a model: firms read for thirteen weeks, for days, with a gap, and never."""

from datetime import timedelta
from pathlib import Path

import numpy as np

from feature_store.settings import Settings
from feature_store.storage.ledger_store import LedgerStore, open_store
from feature_store.storage.recent_window import WindowedStore
from feature_store.time_grid import STEPS_PER_DAY
from models.forecasting.forecaster import Forecaster
from models.forecasting.ladder import ForecastLadder
from models.forecasting.typical_of_store import TypicalOfStore
from tests.builders import MONDAY, a_batch_of, a_firm, a_history
from tests.fakes.made_load import a_made_load
from tests.fakes.scheduler import OneJobScheduler
from tests.made_ledgers import lay_ledger
from tests.serving.conftest import FIRM, Served, serve

DAYS = 91
NOW = MONDAY + timedelta(days=DAYS, hours=6)
"""A Monday at six, six hours after the newest reading."""
READ = NOW - timedelta(hours=6)
"""End of the newest reading."""
NEW, IDLE, SILENT = "new_works", "idle_works", "press_works"
"""Read for three days; drew nothing for thirteen weeks; never read."""


def fill_home(folder: Path) -> Settings:
    """Store the complex in a folder."""
    lay_ledger(folder, _fill)
    return Settings(home=folder, replay_time=NOW)


def _fill(ledger: LedgerStore) -> None:
    loads = {firm_id: a_made_load(DAYS, firm_id=firm_id).demand_kw for firm_id in (FIRM, NEW)}
    loads[NEW] = loads[NEW].copy()
    loads[NEW][: -3 * STEPS_PER_DAY] = np.nan
    loads[IDLE] = np.zeros(DAYS * STEPS_PER_DAY)
    for firm_id in (*loads, SILENT):
        ledger.declare(a_firm(firm_id, holiday_country=None), known_at=MONDAY)
    for firm_id, demand_kw in loads.items():
        ledger.append(a_batch_of(a_history(demand_kw.tolist(), firm_id=firm_id)), recorded_at=READ)


def serve_explained(settings: Settings, model: Forecaster | None) -> Served:
    """Serve the complex with a model, or without."""
    ledger = open_store(settings)
    windows = WindowedStore(ledger)
    typical = TypicalOfStore(store=windows, state=ledger.last_import_id)
    return serve(settings, OneJobScheduler(), ForecastLadder(model=model, typical=typical))
