"""The list of checks, and what they find together."""

from __future__ import annotations

import numpy as np

from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.entities.meter import Meter
from feature_store.quality.catch_up import CatchUp
from feature_store.quality.check import Check
from feature_store.quality.clock_shift import ClockShift
from feature_store.quality.duplicate_days import DuplicateDays
from feature_store.quality.false_zero import FalseZero
from feature_store.quality.finding import Finding
from feature_store.quality.gaps import Gaps
from feature_store.quality.implausible import Implausible
from feature_store.quality.level_step import LevelSteps
from feature_store.quality.meter_record import BoolArray, MeterRecord, record_of
from feature_store.quality.negative import Negative
from feature_store.quality.rollover import Rollover
from feature_store.quality.spikes import Spikes
from feature_store.quality.stuck import Stuck

CATALOGUE: tuple[Check, ...] = (
    Rollover(),
    Negative(),
    CatchUp(),
    FalseZero(),
    Gaps(),
    DuplicateDays(),
    Stuck(),
    Spikes(),
    Implausible(),
    ClockShift(),
    LevelSteps(),
)
"""In the order in which they explain a reading: what an earlier check explains in whole, a later
one does not tell again (the spike of a catch-up, the gap before it)."""


def findings(history: LoadHistory, firm: Firm, meter: Meter | None = None) -> tuple[Finding, ...]:
    """Return what is wrong with readings, in the order of time.

    They are those of ``meter``, or the sum over the firm's counted meters where it is left out.

    Only ``history`` and what the firm declared are read, so what is found as of a moment stays
    the same whatever arrives later: pass both as they were known then.
    """
    record = record_of(history, firm, meter)
    if record is None:
        return ()
    return tuple(sorted(_found(record), key=lambda found: (found.start, found.end, found.kind)))


def check_of(kind: str) -> Check:
    """Return the check that tells a kind of fault."""
    return next(check for check in CATALOGUE if check.kind == kind)


def _found(record: MeterRecord) -> list[Finding]:
    explained: BoolArray = np.zeros(record.grid.steps, dtype=np.bool_)
    found: list[Finding] = []
    for check in CATALOGUE:
        news = [
            one
            for one in check.find(record)
            if not explained[record.run_of(one.start, one.end).slice].all()
        ]
        for one in news:
            explained[record.run_of(one.start, one.end).slice] = True
        found += news
    return found
