"""What the checks say about each meter of a firm, as known at one moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from feature_store.entities.firm import Firm
from feature_store.point_in_time import Knowledge
from feature_store.quality.catalogue import findings
from feature_store.quality.finding import Finding
from feature_store.quality.one_meter import meter_history

TOLD_DAYS = 400
"""A year, and the month in which last year's faults are still being mended."""
LEARNING_DAYS = 56
"""Read before that: eight Sundays, which say what is usual on one. What begins in these weeks is
left out, as it would be judged otherwise with each day that slides out of the look."""


@dataclass(frozen=True, kw_only=True)
class FirmCheck:
    """What was found in the readings of a firm, meter by meter."""

    firm: Firm
    moment: datetime
    """As known when."""
    since: datetime
    """Findings that begin before it are not told."""
    by_meter: Mapping[str, tuple[Finding, ...]]
    """Findings by meter id, in the order of time; meters without readings are left out."""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Those of all meters, in the order of time."""
        every = (one for found in self.by_meter.values() for one in found)
        return tuple(sorted(every, key=lambda one: (one.start, one.end)))


def check_firm(known: Knowledge, firm: Firm, *, days: int = TOLD_DAYS) -> FirmCheck:
    """Check what each meter of a firm told in the last ``days`` days, counted or not."""
    since = known.moment - timedelta(days=days)
    told = known.meter_readings(firm.firm_id, days=days + LEARNING_DAYS)
    return FirmCheck(
        firm=firm,
        moment=known.moment,
        since=since,
        by_meter={
            one.meter.meter_id: tuple(
                found
                for found in findings(meter_history(firm, one), firm, one.meter)
                if found.start >= since
            )
            for one in told
        },
    )
