"""The numbers that readings came under, where a firm's declaration does not tell meters apart."""

from __future__ import annotations

import json
from collections.abc import Collection

import polars as pl
from sqlalchemy import ColumnElement, Connection, insert, select

from feature_store.entities.meter_numbers import MeterNumbers
from feature_store.entities.other_meter import OtherMeter, other_meters
from feature_store.entities.reading_batch import BadRow, ReadingBatch
from feature_store.entities.told_meters import CameBefore, ToldMeters
from feature_store.errors import SandanError
from feature_store.storage.tables import METER_NUMBERS, METERS


class OtherMeterError(SandanError):
    """Readings come under another number than those that are stored of the same meter."""

    def __init__(self, others: Collection[OtherMeter]) -> None:
        self.bad_rows: tuple[BadRow, ...] = tuple(other.bad_row for other in others)
        super().__init__(" ".join(f"{bad.value} {bad.reason}" for bad in self.bad_rows))


def came_before(connection: Connection, firm_ids: Collection[str]) -> dict[str, CameBefore]:
    """Return the numbers that each firm's readings came under; firms without any are left out.

    Of a firm that had several meters, one after the other, it is those of the one told of last.
    """
    found = _came_under(connection, METERS.c.firm_id.in_(sorted(firm_ids)))
    return {firm_id: before for (firm_id, _), before in found.items()}


def keep_numbers(
    connection: Connection, batch: ReadingBatch, rows: pl.DataFrame, *, recorded_at: int
) -> None:
    """Remember the numbers that a batch came under, in the transaction that locks its meters.

    They are kept also if every reading is known already: it may have come before numbers were.

    Args:
        connection: The transaction.
        batch: What it tells of meters.
        rows: Its rows, with ``firm_id`` and ``meter_id``.
        recorded_at: UTC epoch second.

    Raises:
        OtherMeterError: They are of another meter, and the batch does not say that it is the same.
    """
    meter_by_firm = dict(rows.select("firm_id", "meter_id").unique().rows())
    told = {
        firm_id: meters for firm_id, meters in batch.told_meters.items() if firm_id in meter_by_firm
    }
    if not told:
        return
    of_meters = METERS.c.meter_id.in_(sorted(meter_by_firm[firm_id] for firm_id in told))
    before = {
        firm_id: came
        for (firm_id, meter_id), came in _came_under(connection, of_meters).items()
        if meter_by_firm.get(firm_id) == meter_id
    }
    others = () if batch.same_meter else other_meters(told, before)
    if others:
        raise OtherMeterError(others)
    news = [
        _row(meters, meter_by_firm[firm_id]) | {"recorded_at": recorded_at}
        for firm_id, meters in sorted(told.items())
        if firm_id not in before or not before[firm_id].knows(meters)
    ]
    if news:
        connection.execute(insert(METER_NUMBERS), news)


def _came_under(
    connection: Connection, wanted: ColumnElement[bool]
) -> dict[tuple[str, str], CameBefore]:
    """By firm and meter, what came of the wanted ones; last the meter told of last.

    Each meter has numbers of its own: a firm's new one is not held against the one before it.
    """
    rows = connection.execute(
        select(METERS.c.firm_id, METER_NUMBERS)
        .join_from(METER_NUMBERS, METERS, METER_NUMBERS.c.meter_id == METERS.c.meter_id)
        .where(wanted)
        .order_by(METER_NUMBERS.c.id)
    )
    found: dict[tuple[str, str], CameBefore] = {}
    for row in rows:
        before = found.pop((row.firm_id, row.meter_id), None)  # to stand last again
        told = ToldMeters(numbers=_numbers(row.numbers), source_name=row.source_name)
        found[row.firm_id, row.meter_id] = CameBefore(
            meter_id=row.meter_id, told=(*(before.told if before else ()), told)
        )
    return found


def _row(told: ToldMeters, meter_id: str) -> dict[str, str]:
    return {
        "meter_id": meter_id,
        "numbers": json.dumps([[each.customer, each.meter] for each in told.numbers]),
        "source_name": told.source_name,
    }


def _numbers(written: str) -> tuple[MeterNumbers, ...]:
    return tuple(
        MeterNumbers(customer=customer, meter=meter) for customer, meter in json.loads(written)
    )
