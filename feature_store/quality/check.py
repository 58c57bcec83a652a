"""What every check of readings is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from feature_store.quality.filling_rule import Replacement
from feature_store.quality.finding import (
    Finding,
    Quantity,
    Severity,
    Words,
)
from feature_store.quality.meter_record import MeterRecord, Run


class Check(Protocol):
    """One way in which readings go wrong: how it is recognised, and what stands in for them."""

    @property
    def kind(self) -> str:
        """Id of the fault, by which programs know it; one check a kind."""
        ...

    @property
    def name(self) -> Words:
        """What operators call it."""
        ...

    def find(self, record: MeterRecord) -> Iterable[Finding]:
        """Yield what is wrong in the record, in the order of time."""
        ...

    def replacement(
        self, received: MeterRecord, trusted: MeterRecord, run: Run
    ) -> Replacement | None:
        """Return what stands in for the readings of a finding; None where they are to stay.

        ``trusted`` is the record without any reading that a check found fault with.
        """
        ...


def finding(  # noqa: PLR0913  a finding has this many facts, and each check states them all
    check: Check,
    record: MeterRecord,
    run: Run,
    *,
    severity: Severity,
    seen: tuple[Quantity, ...],
    rule: str,
    learnt: Quantity | None,
    advice: Words,
) -> Finding:
    """Return a finding about a run of intervals."""
    start, end = record.span(run)
    return Finding(
        firm_id=record.firm.firm_id,
        meter_id=None if record.meter is None else record.meter.meter_id,
        kind=check.kind,
        name=check.name,
        start=start,
        end=end,
        severity=severity,
        seen=seen,
        rule=rule,
        learnt=learnt,
        advice=advice,
    )
