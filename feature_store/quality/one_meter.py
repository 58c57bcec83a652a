"""One meter's readings as the checks read them: a sum hides which one is stuck or displaced."""

from __future__ import annotations

from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.entities.meter_readings import MeterReadings
from feature_store.time_grid import HOURS_PER_STEP


def meter_history(firm: Firm, readings: MeterReadings) -> LoadHistory:
    """Return one meter's readings as mean demand."""
    return LoadHistory(
        firm_id=firm.firm_id,
        grid=readings.grid,
        demand_kw=readings.kwh / HOURS_PER_STEP,
        known_at=readings.known_at,
    )
