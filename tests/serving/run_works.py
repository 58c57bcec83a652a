"""A served complex with a battery that is run: ten weeks of readings, forecast by last week's."""

from datetime import datetime
from pathlib import Path

from feature_store.entities.firm import Contract, Equipment
from feature_store.settings import Settings
from feature_store.storage.ledger_store import LedgerStore, open_store
from tests.builders import SEOUL, a_batch_of, a_firm
from tests.fakes.made_load import a_made_load
from tests.fakes.scheduler import OneJobScheduler
from tests.made_replay import APRIL, BATTERY, a_firm_with_battery, a_load
from tests.serving.conftest import FIRM, Served, serve

NOW = datetime(2026, 6, 25, 13, 32, tzinfo=SEOUL)
"""A Thursday, in the interval of 13:30; the forecast is that of noon."""
TWO = "dye_works"
"""Has two batteries."""
BARE = "mill_works"
"""Has none."""
NEW = "press_works"
"""Its readings begin with the month."""
FIRMS = {
    FIRM: a_firm_with_battery(FIRM),
    TWO: a_firm(
        TWO,
        holiday_country=None,
        contract=Contract(power_kw=500),
        equipment=(
            Equipment(name="Large", kind="battery", parameters=BATTERY),
            Equipment(name="Small", kind="battery", parameters=BATTERY | {"capacity_kwh": 50}),
        ),
    ),
    BARE: a_firm(BARE, contract=Contract(power_kw=500)),
    NEW: a_firm_with_battery(NEW),
}


def fill(ledger: LedgerStore) -> None:
    """Store readings to the end of June, each known when its interval is over."""
    for firm_id, firm in FIRMS.items():
        ledger.declare(firm, known_at=APRIL)
        load = a_load(firm_id)
        if firm_id == NEW:
            load = a_made_load(25, firm_id=NEW, start=datetime(2026, 6, 1, tzinfo=SEOUL))
        ledger.append(a_batch_of(load), recorded_at=NOW)


def serve_run(folder: Path, now: datetime = NOW, forecaster=None, scheduler=None) -> Served:
    """Serve the filled complex from ``folder``."""
    settings = Settings(home=folder, replay_time=now)
    ledger = open_store(settings)
    fill(ledger)
    ledger.close()
    return serve(settings, scheduler or OneJobScheduler(), forecaster)
