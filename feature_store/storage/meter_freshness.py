"""How fresh the readings of many firms' meters are, without reading their histories."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
from sqlalchemy import Connection, Engine, select

from feature_store.entities.firm import Firm
from feature_store.entities.meter import Meter
from feature_store.entities.validity import moment_of_bound
from feature_store.quality.freshness import (
    LEARNING_PERIOD,
    Cadence,
    Freshness,
    freshness,
    learnt_cadence,
)
from feature_store.storage.moments import epoch_seconds, moment_of_seconds
from feature_store.storage.tables import METERS, READINGS
from feature_store.time_grid import INTERVAL, STEP, Instants

LOOK_BACK = LEARNING_PERIOD + timedelta(days=7)
"""The week before is for the readings that were newest when the four weeks began."""
METERS_AT_ONCE = 500
"""Named in one statement: SQLite takes 32,766 values, and half a thousand read as fast."""
_WORSE = {"green": 0, "amber": 1, "red": 2}


@dataclass(frozen=True, kw_only=True)
class FirmFreshness:
    """Whether a firm's meters still report."""

    by_meter: Mapping[str, Freshness]
    """Of the meters in service at the moment, by id."""

    @property
    def worst(self) -> Freshness | None:
        """The one that has waited longest for its state; None if no meter is in service."""
        return max(
            self.by_meter.values(),
            key=lambda one: (_WORSE[one.state], one.age is None, one.age or timedelta()),
            default=None,
        )


@dataclass(frozen=True)
class MeterFreshness:
    """Freshness of meters, read from the ledger's tables; threads may share it.

    Newest readings are looked up whenever asked. How a meter's readings usually arrive is learnt
    up to the last midnight UTC and kept until the next: four weeks of readings tell hardly anything
    else within a day, and are nearly all of the work.
    """

    engine: Engine
    _learnt: dict[str, _Learnt] = field(default_factory=dict, repr=False)

    def of_firms(self, firms: Sequence[Firm], *, moment: datetime) -> dict[str, FirmFreshness]:
        """Return how fresh each firm was as known at ``moment``, by firm id."""
        awaited = {firm.firm_id: _in_service(firm, moment) for firm in firms}
        meter_ids = [meter.meter_id for meters in awaited.values() for meter in meters]
        with self.engine.connect() as connection:
            newest = _newest_starts(connection, meter_ids, known_by=epoch_seconds(moment))
            cadences = self._cadences(connection, meter_ids, newest, moment)
        zones = {firm.firm_id: firm.zone for firm in firms}
        fresh: dict[str, dict[str, Freshness]] = {firm_id: {} for firm_id in awaited}
        for firm_id, meters in awaited.items():
            for meter in meters:
                start = newest.get(meter.meter_id)
                end = None if start is None else moment_of_seconds(start) + INTERVAL
                fresh[firm_id][meter.meter_id] = freshness(
                    end and end.astimezone(zones[firm_id]),
                    cadences[meter.meter_id],
                    moment=moment,
                )
        return {firm_id: FirmFreshness(by_meter=meters) for firm_id, meters in fresh.items()}

    def of_firm(self, firm: Firm, *, moment: datetime) -> FirmFreshness:
        """Return how fresh one firm was as known at ``moment``."""
        return self.of_firms([firm], moment=moment)[firm.firm_id]

    def _cadences(
        self,
        connection: Connection,
        meter_ids: Sequence[str],
        newest: Mapping[str, int],
        moment: datetime,
    ) -> dict[str, Cadence]:
        midnight = moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        cadences = {}
        for meter_id in meter_ids:
            kept = self._learnt.get(meter_id)
            if kept is None or not kept.holds(midnight, newest.get(meter_id)):
                cadence = _learn(connection, meter_id, midnight)
                kept = _Learnt(up_to=midnight, newest=newest.get(meter_id), cadence=cadence)
                self._learnt[meter_id] = kept
            cadences[meter_id] = kept.cadence
        return cadences


@dataclass(frozen=True, kw_only=True)
class _Learnt:
    up_to: datetime
    newest: int | None
    """Start of the newest interval that was known."""
    cadence: Cadence

    def holds(self, midnight: datetime, newest: int | None) -> bool:
        """Whether it need not be learnt again; what was too little may do after an import."""
        return self.up_to == midnight and (self.cadence.learnt or self.newest == newest)


def _in_service(firm: Firm, moment: datetime) -> tuple[Meter, ...]:
    def begun(meter: Meter) -> bool:
        bound = meter.valid_from
        return bound is None or moment_of_bound(bound, firm.zone) <= moment

    def ended(meter: Meter) -> bool:
        bound = meter.valid_to
        return bound is not None and moment_of_bound(bound, firm.zone) <= moment

    return tuple(meter for meter in firm.read_meters if begun(meter) and not ended(meter))


def _newest_starts(
    connection: Connection, meter_ids: Sequence[str], *, known_by: int
) -> dict[str, int]:
    """Return the start of each meter's newest known interval, one look-up in the key a meter."""
    newest = (
        select(READINGS.c.period_start)
        .where(
            READINGS.c.meter_id == METERS.c.meter_id,
            READINGS.c.period_start < known_by,  # none is known before it is over
            READINGS.c.known_at <= known_by,
        )
        .order_by(READINGS.c.period_start.desc())
        .limit(1)
        .scalar_subquery()
    )
    found: dict[str, int] = {}
    for some in _portions(meter_ids):
        wanted = select(METERS.c.meter_id, newest).where(METERS.c.meter_id.in_(some))
        found |= {row[0]: row[1] for row in connection.execute(wanted) if row[1] is not None}
    return found


def _learn(connection: Connection, meter_id: str, moment: datetime) -> Cadence:
    """Return what a meter's last weeks tell of how its readings arrive."""
    table = READINGS.c
    wanted = select(table.period_start, table.known_at).where(
        table.meter_id == meter_id,
        table.period_start >= epoch_seconds(moment - LOOK_BACK),
        table.period_start < epoch_seconds(moment),
        table.known_at <= epoch_seconds(moment),
    )
    rows = connection.execute(wanted).all()
    starts = _instants([row[0] for row in rows])
    return learnt_cadence(starts + STEP, _instants([row[1] for row in rows]), moment=moment)


def _instants(seconds: list[int]) -> Instants:
    return np.array(seconds, dtype="datetime64[s]")


def _portions(meter_ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for first in range(0, len(meter_ids), METERS_AT_ONCE):
        yield meter_ids[first : first + METERS_AT_ONCE]
