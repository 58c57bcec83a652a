"""From when on and until when something declared holds."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime

Bound = AwareDatetime | date
"""A moment, or a day: then the local midnight at which it begins."""


def moment_of_bound(bound: Bound, zone: ZoneInfo) -> datetime:
    """Return the instant that ``bound`` names, in UTC.

    Example:
        >>> moment_of_bound(date(2026, 7, 1), ZoneInfo("Asia/Seoul")).isoformat()
        '2026-06-30T15:00:00+00:00'
    """
    if isinstance(bound, datetime):
        return bound.astimezone(UTC)
    return datetime.combine(bound, time(), zone).astimezone(UTC)
