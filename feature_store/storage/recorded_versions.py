"""Every stored version of meters' energy, as columns: what a copy of the ledger is made from."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
from sqlalchemy import Connection, bindparam, func, select

from feature_store.storage.meter_versions import MeterVersions
from feature_store.storage.reading_versions import fetched_columns
from feature_store.storage.tables import READINGS

_VERSION = (READINGS.c.period_start, READINGS.c.known_at, READINGS.c.kwh)
_OF_IMPORTS = (
    select(*_VERSION, READINGS.c.meter_id)
    .where(
        READINGS.c.import_id.in_(bindparam("import_ids", expanding=True)),
        READINGS.c.period_start >= bindparam("since"),
    )
    .order_by(READINGS.c.meter_id, READINGS.c.period_start, READINGS.c.known_at)
)
"""Asked before many answers: built once."""


def versions_of_meter(connection: Connection, meter_id: str, *, since: int) -> MeterVersions:
    """Return the versions of a meter's ``kwh``, whenever known, of periods from ``since`` on."""
    wanted = (
        select(*_VERSION)
        .where(READINGS.c.meter_id == meter_id, READINGS.c.period_start >= since)
        .order_by(READINGS.c.period_start, READINGS.c.known_at)
    )
    start, known_at, kwh = fetched_columns(connection, wanted, 3)
    return _versions(start, known_at, kwh)


def versions_of_imports(
    connection: Connection, import_ids: Collection[int], *, since: int
) -> dict[str, MeterVersions]:
    """Return the versions that imports stored, by meter, of periods from ``since`` on."""
    wanted = _OF_IMPORTS.params(import_ids=sorted(import_ids), since=since)
    start, known_at, kwh, meter_id = fetched_columns(connection, wanted, 4)
    if not meter_id:  # all that was imported is of periods before
        return {}
    everything = _versions(start, known_at, kwh)
    begins = [
        place for place, name in enumerate(meter_id) if not place or name != meter_id[place - 1]
    ]
    return {
        meter_id[begin]: everything.rows(begin, end)
        for begin, end in zip(begins, [*begins[1:], len(meter_id)], strict=True)
    }


def number_of_readings(connection: Connection, import_ids: Collection[int]) -> int:
    """Return how many readings imports stored; an import of weather stored none."""
    wanted = select(func.count()).select_from(READINGS)
    of_imports = READINGS.c.import_id.in_(sorted(import_ids))
    return connection.execute(wanted.where(of_imports)).scalar_one()


def _versions(start: Sequence[int], known_at: Sequence[int], kwh: Sequence[float]) -> MeterVersions:
    return MeterVersions(
        start=np.array(start, dtype=np.int64),
        known_at=np.array(known_at, dtype=np.int64),
        values={"kwh": np.array(kwh, dtype=np.float64)},
    )
