"""Each meter of a firm judged by itself: a sum hides which one is stuck, silent or displaced."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.entities.meter import Meter
from feature_store.entities.meter_readings import MeterReadings
from feature_store.entities.validity import moment_of_bound
from feature_store.quality.catalogue import findings
from feature_store.quality.finding import Finding
from feature_store.quality.freshness import Freshness, freshness
from feature_store.time_grid import HOURS_PER_STEP


@dataclass(frozen=True, kw_only=True)
class JudgedMeter:
    """What can be said about one meter at a moment."""

    meter: Meter
    findings: tuple[Finding, ...]
    """Each names the meter."""
    freshness: Freshness | None
    """None for a meter that is not in service at the moment: nothing is to come from it."""


def judged_meters(
    firm: Firm, readings: Sequence[MeterReadings], *, moment: datetime
) -> tuple[JudgedMeter, ...]:
    """Judge every meter that the firm declared, in that order, also one that never told anything.

    Args:
        firm: As declared at ``moment``.
        readings: What each told by ``moment``, as ``Knowledge.meter_readings`` returns it.
        moment: Of which the freshness is told.
    """
    told = {one.meter.meter_id: one for one in readings}
    return tuple(
        _judged(firm, meter, told.get(meter.meter_id), moment) for meter in firm.read_meters
    )


def meter_history(firm: Firm, readings: MeterReadings) -> LoadHistory:
    """Return one meter's readings as mean demand, for the checks that read such."""
    return LoadHistory(
        firm_id=firm.firm_id,
        grid=readings.grid,
        demand_kw=readings.kwh / HOURS_PER_STEP,
        known_at=readings.known_at,
    )


def _judged(
    firm: Firm, meter: Meter, readings: MeterReadings | None, moment: datetime
) -> JudgedMeter:
    history = None if readings is None else meter_history(firm, readings)
    return JudgedMeter(
        meter=meter,
        findings=() if history is None else findings(history, firm, meter),
        freshness=freshness(history, moment=moment) if _serves(firm, meter, moment) else None,
    )


def _serves(firm: Firm, meter: Meter, moment: datetime) -> bool:
    begun = meter.valid_from is None or moment_of_bound(meter.valid_from, firm.zone) <= moment
    ended = meter.valid_to is not None and moment_of_bound(meter.valid_to, firm.zone) <= moment
    return begun and not ended
