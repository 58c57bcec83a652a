"""Whose each meter is, and the lock on it that keeps two writers of one meter apart."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    Connection,
    Text,
    any_,
    cast,
    exists,
    func,
    literal,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from feature_store.errors import SandanError
from feature_store.storage.tables import METERS, READINGS


class MeterOfAnotherFirmError(SandanError):
    """A firm claims a meter whose readings are another firm's."""


class UndeclaredMeterError(SandanError):
    """Readings come under a meter that their firm, which is declared, does not have."""


class ForgottenReadingsError(SandanError):
    """A declaration leaves out a meter whose readings are stored already."""


@dataclass(frozen=True, kw_only=True)
class _Owner:
    firm_id: str
    declared: bool


def lock_meters(connection: Connection, firm_by_meter: Mapping[str, str]) -> None:
    """Refuse meters that are not their firm's, make new ones known, and lock all of them.

    Until the transaction ends no other one adds readings of these meters. New meters are made
    known before any is locked, both in one order, so that two writers cannot wait for each other.
    """
    before = connection.begin_nested()
    owned = _owners(connection, list(firm_by_meter))
    _refuse_foreign(firm_by_meter, owned)
    undeclared = [name for name in firm_by_meter if name not in owned or not owned[name].declared]
    if undeclared:
        _refuse_undeclared(connection, {name: firm_by_meter[name] for name in undeclared})
    new = sorted(set(firm_by_meter) - set(owned))
    if not new:
        before.commit()
        return
    before.rollback()  # and with it the locks
    _make_known(connection, {name: firm_by_meter[name] for name in new})
    _refuse_foreign(firm_by_meter, _owners(connection, list(firm_by_meter)))


def declare_meters(connection: Connection, firm_id: str, meter_ids: Sequence[str]) -> None:
    """Take ``meter_ids`` as all that a firm's declarations name; its readings come under them.

    Readings that are stored under another meter of the firm would be seen by nobody from then on:
    that is a :class:`ForgottenReadingsError`.
    """
    _refuse_forgotten(connection, firm_id, meter_ids)
    wanted = dict.fromkeys([firm_id, *meter_ids], firm_id)  # nobody else's may be named like a firm
    _make_known(connection, dict.fromkeys(sorted(wanted), firm_id))
    owned = _owners(connection, list(wanted))
    _refuse_foreign(wanted, owned)
    declared = METERS.c.meter_id.in_(list(meter_ids))
    connection.execute(update(METERS).where(METERS.c.firm_id == firm_id).values(declared=declared))


def _owners(connection: Connection, meter_ids: list[str]) -> dict[str, _Owner]:
    """Lock the meters that are known, in one order, and return whose they are."""
    wanted = (
        select(METERS.c.meter_id, METERS.c.firm_id, METERS.c.declared)
        .where(_among(connection, METERS.c.meter_id, meter_ids))
        .order_by(METERS.c.meter_id)
        .with_for_update(key_share=True)  # SQLite leaves it out: there one writes at a time
    )
    return {
        meter_id: _Owner(firm_id=firm_id, declared=declared)
        for meter_id, firm_id, declared in connection.execute(wanted).all()
    }


def _make_known(connection: Connection, firm_by_meter: Mapping[str, str]) -> None:
    rows = [
        {"meter_id": meter_id, "firm_id": firm_id, "declared": False}
        for meter_id, firm_id in firm_by_meter.items()
    ]
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    connection.execute(dialect.insert(METERS).on_conflict_do_nothing(), rows)


def _refuse_foreign(firm_by_meter: Mapping[str, str], owners: Mapping[str, _Owner]) -> None:
    for meter_id, firm_id in firm_by_meter.items():
        owner = owners.get(meter_id)
        if owner is not None and owner.firm_id != firm_id:
            raise MeterOfAnotherFirmError(
                f"meter {meter_id} is {owner.firm_id}'s, not {firm_id}'s; nothing was stored, "
                "give the meter an id of its own or name the other firm"
            )


def _refuse_undeclared(connection: Connection, firm_by_meter: Mapping[str, str]) -> None:
    """Refuse readings that no declaration counts, which would be stored and never seen."""
    firm_ids = sorted(set(firm_by_meter.values()))
    wanted = (
        select(METERS.c.firm_id, METERS.c.meter_id)
        .where(_among(connection, METERS.c.firm_id, firm_ids), METERS.c.declared)
        .order_by(METERS.c.meter_id)
    )
    declared: dict[str, list[str]] = {}
    for row in connection.execute(wanted):
        declared.setdefault(row.firm_id, []).append(row.meter_id)
    for meter_id, firm_id in firm_by_meter.items():
        if firm_id in declared:
            raise UndeclaredMeterError(
                f"{firm_id} has no meter {meter_id}, only {', '.join(declared[firm_id])}; nothing "
                "was stored, say which of them it is or declare the meter"
            )


def _refuse_forgotten(connection: Connection, firm_id: str, meter_ids: Sequence[str]) -> None:
    told = exists().where(READINGS.c.meter_id == METERS.c.meter_id)
    wanted = (
        select(METERS.c.meter_id)
        .where(METERS.c.firm_id == firm_id, METERS.c.meter_id.not_in(meter_ids), told)
        .order_by(METERS.c.meter_id)
    )
    forgotten = connection.execute(wanted).scalars().all()
    if forgotten:
        raise ForgottenReadingsError(
            f"{firm_id}: readings are stored under meter {', '.join(forgotten)}, which the "
            "declaration does not have; declare it too, with 'counted: false' if it is no part of "
            "the load, or let the declaration begin later, with valid_from"
        )


def _among(connection: Connection, column: ColumnElement[str], names: list[str]) -> Any:  # noqa: ANN401  a condition, of no one type in both dialects
    """Whether a column is one of ``names``, passed as one parameter whatever their number."""
    told = json.dumps(names)
    if connection.dialect.name == "postgresql":
        elements = func.json_array_elements_text(cast(literal(told, Text), JSON))
        return column == any_(func.array(select(elements).scalar_subquery()))
    each = func.json_each(told).table_valued("value")
    return column.in_(select(each.c.value))
