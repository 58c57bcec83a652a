"""What a firm's page says about its data: freshness, what checks found, the daily peaks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from feature_store.entities.firm import Firm
from feature_store.quality.finding import Finding, Words
from feature_store.storage.findings import KnownFinding
from feature_store.storage.meter_freshness import FirmFreshness
from feature_store.storage.meter_watch import MeterWatch
from serving.web.daily_peaks import DailyPeaks, daily_peaks

FINDING_DAYS = 90
"""A season: what is older is in the record, and hardly anybody can mend it any more."""
FINDINGS_SHOWN = 10
"""Before the rest is folded away: a screen of them."""


@dataclass(frozen=True, kw_only=True)
class DataSection:
    """Everything the section shows."""

    freshness: FirmFreshness
    findings: tuple[KnownFinding, ...]
    """Those of the last ``days`` days that hold now, the newest first."""
    checked_at: datetime | None
    """As of when the readings were last checked; None if they never were."""
    peaks: DailyPeaks | None
    days: int = FINDING_DAYS

    @property
    def advice(self) -> dict[Words, Words]:
        """What to do about each kind of finding, by its name."""
        told: list[Finding] = [one.finding for one in self.findings]
        return {one.name: one.advice for one in told}


def data_section(watch: MeterWatch, firm: Firm, *, now: datetime) -> DataSection:
    """Read the section; no reading is checked for it."""
    since = now - timedelta(days=FINDING_DAYS)
    checked_at = watch.findings.checked_at(firm.firm_id)
    known = watch.findings.findings_known(now, firm.firm_id, since=since)
    return DataSection(
        freshness=watch.freshness.of_firm(firm, moment=now),
        findings=tuple(_in_zone(one, firm) for one in reversed(known)),
        checked_at=checked_at and checked_at.astimezone(firm.zone),
        peaks=daily_peaks(watch.daily_loads, firm, now=now),
    )


def _in_zone(one: KnownFinding, firm: Firm) -> KnownFinding:
    start, end = (moment.astimezone(firm.zone) for moment in (one.finding.start, one.finding.end))
    return replace(one, finding=replace(one.finding, start=start, end=end))
