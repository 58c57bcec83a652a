"""Every meter and whether its firm is declared, in one query whatever the number of firms."""

from __future__ import annotations

import polars as pl
from sqlalchemy import Connection, or_, select

from feature_store.entities.known_meters import METER_COLUMNS, KnownMeters
from feature_store.storage.tables import FIRMS, METERS


def known_meters(connection: Connection, *, known_by: int) -> KnownMeters:
    """Return the meters known, and which firms are declared by and for the second ``known_by``.

    A declaration makes at least one meter of its firm known, so every declared firm is in it. No
    declaration's document is read.
    """
    declared_firms = select(FIRMS.c.firm_id).where(
        FIRMS.c.known_at <= known_by,
        or_(FIRMS.c.valid_from.is_(None), FIRMS.c.valid_from <= known_by),
        or_(FIRMS.c.valid_to.is_(None), FIRMS.c.valid_to > known_by),
    )
    wanted = select(
        METERS.c.meter_id,
        METERS.c.firm_id,
        METERS.c.declared,
        METERS.c.firm_id.in_(declared_firms).label("firm_declared"),
    )
    return KnownMeters(meters=pl.read_database(wanted, connection, schema_overrides=METER_COLUMNS))
