"""A served complex with more than a year of readings, to bill and to advise on."""

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from feature_store.entities.firm import Contract
from feature_store.settings import Settings
from feature_store.storage.ledger_store import LedgerStore, open_store
from tests.builders import SEOUL, a_batch, a_firm, with_reactive
from tests.fakes.scheduler import OneJobScheduler
from tests.models.diagnosis.metered_year import metered
from tests.serving.conftest import FIRM, Served, serve

NOW = datetime(2026, 11, 10, 9, tzinfo=SEOUL)
HALF_READ = "dye_works"
"""Read on the first ten days of October alone."""
BACKWARDS = "mill_works"
"""Its meter runs backwards once; no reader would let it in."""
SILENT = "press_works"
"""Declared, and never read."""
CORRECTED_AT = datetime(2026, 11, 5, tzinfo=SEOUL)
"""When October's true peak became known: 440 kW, not 400."""
UNREAD = datetime(2026, 10, 7, 10, tzinfo=SEOUL)
"""An hour that never came."""


def fill(ledger: LedgerStore) -> None:
    """Store fourteen months up to 1 November, at 400 kW on working days, 50 kW else."""
    readings = metered(working_kw=400, resting_kw=50, lagging_share=0.54, days=427)
    start = readings.grid.start
    for firm_id in (FIRM, HALF_READ, BACKWARDS, SILENT):
        ledger.declare(a_firm(firm_id, contract=Contract(power_kw=500)), known_at=start)
    kwh = readings.kwh.copy()
    first = (UNREAD - start) // timedelta(minutes=15)
    kwh[first : first + 4] = np.nan
    read = ~np.isnan(kwh)
    batch = with_reactive(
        a_batch(kwh.tolist(), start=start),
        lagging_kvarh=readings.lagging_kvarh[read].tolist(),
        leading_kvarh=readings.leading_kvarh[read].tolist(),
    )
    ledger.append(batch, recorded_at=NOW)
    peak = a_batch([110], start=datetime(2026, 10, 6, 14, tzinfo=SEOUL), known_at=CORRECTED_AT)
    ledger.append(peak, recorded_at=CORRECTED_AT)
    october = datetime(2026, 10, 1, tzinfo=SEOUL)
    ledger.append(a_batch([25.0] * 10 * 96, start=october, firm_id=HALF_READ), recorded_at=NOW)
    month = [25.0] * 31 * 96
    month[40] = -1.0
    ledger.append(a_batch(month, start=october, firm_id=BACKWARDS), recorded_at=NOW)


def serve_billed(folder: Path) -> Served:
    """Serve the filled complex from ``folder``, at ``NOW``."""
    settings = Settings(home=folder, replay_time=NOW)
    ledger = open_store(settings)
    fill(ledger)
    ledger.close()
    return serve(settings, OneJobScheduler())
