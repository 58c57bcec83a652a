"""A firm's load day by day, worked out from its readings."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import Connection

from feature_store.entities.daily_load import DailyLoad
from feature_store.storage.declarations import Service, service_times
from feature_store.storage.meter_sum import MeterSum, sum_of_meters
from feature_store.storage.meter_versions import by_meter
from feature_store.storage.moments import epoch_seconds
from feature_store.storage.reading_versions import ACTIVE, known_versions, newest_of
from feature_store.time_grid import HOURS_PER_STEP, local_clock, to_datetime

DAY = timedelta(days=1)
_HOURS = DAY // timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class Summed:
    """Which meters a firm's load is the sum of, and where its days begin."""

    services: Sequence[Service]
    zone: ZoneInfo

    @classmethod
    def of(cls, connection: Connection, firm_id: str, *, known_by: int | None = None) -> Summed:
        """Return what is declared by a second, or ever."""
        services, zone = service_times(connection, firm_id, known_by=known_by)
        return cls(services=services, zone=zone)

    @property
    def meter_ids(self) -> set[str]:
        """The counted meters."""
        return {one.meter.meter_id for one in self.services if one.meter.counted}

    @property
    def identity(self) -> str:
        """Hash that is the same where the same readings make the same days."""
        counted = sorted(
            (one.meter.meter_id, one.span.start, one.span.end)
            for one in self.services
            if one.meter.counted
        )
        return hashlib.sha256(json.dumps([self.zone.key, counted]).encode()).hexdigest()

    def midnight(self, day: date) -> int:
        """UTC epoch second at which a local day begins."""
        return epoch_seconds(datetime.combine(day, time(), self.zone))


@dataclass(frozen=True, kw_only=True)
class KnownLoad:
    """The load of a day, and since when it is known as it stands."""

    load: DailyLoad
    known_at: int
    """When the last of its readings became known, UTC epoch second."""


def loads_of_days(
    connection: Connection,
    summed: Summed,
    days: Collection[date] | None = None,
    *,
    known_by: int | None = None,
) -> Iterator[KnownLoad]:
    """Yield the loads of some days, or of all, in the order of time; days without any are left out.

    Args:
        connection: Where to read.
        summed: Whose readings.
        days: Local days; those that follow each other are read at once.
        known_by: Only what was known at that second.
    """
    spans: list[tuple[int | None, int | None]] = [(None, None)]
    if days is not None:
        spans = [(summed.midnight(run[0]), summed.midnight(run[-1] + DAY)) for run in _runs(days)]
    for since, until in spans:
        versions = known_versions(
            connection, summed.meter_ids, ACTIVE, since=since, until=until, known_by=known_by
        )
        newest = by_meter(newest_of(versions), ACTIVE)
        total = sum_of_meters(newest, summed.services, ACTIVE, summed.zone)
        if total is not None:
            yield from _by_day(total, summed.zone)


def _runs(days: Collection[date]) -> list[list[date]]:
    """Group days that follow each other."""
    runs: list[list[date]] = []
    for day in sorted(days):
        if runs and runs[-1][-1] + DAY == day:
            runs[-1].append(day)
        else:
            runs.append([day])
    return runs


def _by_day(total: MeterSum, zone: ZoneInfo) -> Iterator[KnownLoad]:
    (all_kwh,) = total.values.values()
    known = np.isfinite(all_kwh)
    kwh, starts, known_at = all_kwh[known], total.grid.starts[known], total.known_at[known]
    clock = local_clock(starts, zone)
    dates, firsts, day = np.unique(clock.date, return_index=True, return_inverse=True)
    by_hour_kwh = np.full((len(dates), _HOURS), -np.inf)
    np.maximum.at(by_hour_kwh, (day, clock.hour), kwh)
    afters = [*firsts[1:], len(kwh)]
    for number, first in enumerate(firsts):
        of_day = slice(first, afters[number])
        highest = first + int(kwh[of_day].argmax())
        yield KnownLoad(
            load=DailyLoad(
                day=dates[number].item(),
                steps_known=int(of_day.stop - first),
                kwh=float(kwh[of_day].sum()),
                highest_kw=float(kwh[highest]) / HOURS_PER_STEP,
                highest_at=to_datetime(starts[highest], zone),
                highest_by_hour_kw=tuple(
                    value / HOURS_PER_STEP if np.isfinite(value) else None
                    for value in by_hour_kwh[number].tolist()
                ),
            ),
            known_at=int(known_at[of_day].max().astype(np.int64)),
        )
