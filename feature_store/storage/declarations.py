"""What is declared about a firm: for which time, and since when that is known.

Of the declarations known by a moment, the latest known one whose validity covers a time holds then.
So a contract from 1 July on leaves June's as it was, and an earlier mistake can still be put right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError
from sqlalchemy import Connection, RowMapping, Select, func, or_, select

from feature_store.entities.firm import Firm
from feature_store.entities.meter import Meter
from feature_store.entities.validity import Bound, moment_of_bound
from feature_store.errors import SandanError
from feature_store.storage.moments import epoch_seconds
from feature_store.storage.tables import FIRMS

EVER, FOR_GOOD = -(2**62), 2**62
"""Before the first second and after the last one that anything is about."""

DOCUMENTS_AT_MOST = 8192
"""Declarations kept as they were parsed: two of each of 4,000 firms, some 50 MB of them."""


class UnreadableDeclarationError(SandanError):
    """A declaration in the ledger is not one that this version accepts."""


@dataclass(frozen=True, kw_only=True)
class Span:
    """UTC epoch seconds from ``start`` on, before ``end``."""

    start: int = EVER
    end: int = FOR_GOOD

    def covers(self, other: Span) -> bool:
        """Whether all of ``other`` lies inside."""
        return self.start <= other.start and other.end <= self.end

    def meets(self, other: Span) -> bool:
        """Whether any second lies in both."""
        return self.start < other.end and other.start < self.end

    def common(self, other: Span) -> Span:
        """What lies in both; empty or reversed if nothing does."""
        return Span(start=max(self.start, other.start), end=min(self.end, other.end))


@dataclass(frozen=True, kw_only=True)
class Declared:
    """A declaration of a firm and the time that it is about."""

    span: Span
    firm: Firm


@dataclass(frozen=True, kw_only=True)
class Service:
    """A time in which a meter's readings are its firm's."""

    meter: Meter
    span: Span


def declared_firms(
    connection: Connection, *, known_by: int, on: int, firm_id: str | None = None
) -> list[Firm]:
    """Return the firms as declared for the second ``on``, by id; one firm if it is named."""
    newest = (
        func.row_number()
        .over(partition_by=FIRMS.c.firm_id, order_by=(FIRMS.c.known_at.desc(), FIRMS.c.id.desc()))
        .label("newest")
    )
    known = select(FIRMS.c.document, FIRMS.c.firm_id, newest).where(
        FIRMS.c.known_at <= known_by,
        or_(FIRMS.c.valid_from.is_(None), FIRMS.c.valid_from <= on),
        or_(FIRMS.c.valid_to.is_(None), FIRMS.c.valid_to > on),
    )
    if firm_id is not None:
        known = known.where(FIRMS.c.firm_id == firm_id)
    ranked = known.subquery()
    wanted = select(ranked.c.document, ranked.c.firm_id).where(ranked.c.newest == 1)
    rows = sorted(connection.execute(wanted), key=lambda row: str(row.firm_id))
    return [_firm_of(str(row.firm_id), row.document) for row in rows]


def declarations_of(
    connection: Connection, firm_id: str, *, known_by: int | None = None
) -> list[Declared]:
    """Return a firm's declarations known by a second, in the order in which they became known."""
    wanted: Select[Any] = (
        select(FIRMS).where(FIRMS.c.firm_id == firm_id).order_by(FIRMS.c.known_at, FIRMS.c.id)
    )
    if known_by is not None:
        wanted = wanted.where(FIRMS.c.known_at <= known_by)
    return [_declared(row) for row in connection.execute(wanted).mappings()]


def every_declaration(connection: Connection) -> dict[str, list[tuple[int, Declared]]]:
    """Return each firm's declarations, by id, each since when it is known (UTC epoch second)."""
    wanted = select(FIRMS).order_by(FIRMS.c.known_at, FIRMS.c.id)
    found: dict[str, list[tuple[int, Declared]]] = {}
    for row in connection.execute(wanted).mappings():
        told = (row[FIRMS.c.known_at], _declared(row))
        found.setdefault(row[FIRMS.c.firm_id], []).append(told)
    return dict(sorted(found.items()))


def timeline(declarations: Sequence[Declared]) -> list[Declared]:
    """Return which declaration holds when: spans that do not meet, in the order of time.

    Args:
        declarations: In the order in which they became known.
    """
    bounds = sorted({bound for one in declarations for bound in (one.span.start, one.span.end)})
    holding = []
    for start, end in pairwise(bounds):
        span = Span(start=start, end=end)
        covering = [one for one in declarations if one.span.covers(span)]
        if covering:
            holding.append(Declared(span=span, firm=covering[-1].firm))
    return holding


def services(held: Sequence[Declared]) -> list[Service]:
    """Return when which meter is in service, counted or not.

    What is declared first holds for the time before it too: readings may be older than it.

    Args:
        held: A :func:`timeline`, not empty.
    """
    found = []
    for number, one in enumerate(held):
        declared_for = one.span if number else Span(end=one.span.end)
        for meter in one.firm.read_meters:
            span = declared_for.common(_in_service(meter, one.firm))
            if span.start < span.end:
                found.append(Service(meter=meter, span=span))
    return found


def services_known(
    declarations: Sequence[Declared], firm_id: str
) -> tuple[list[Service], ZoneInfo]:
    """Return when which meter of a firm is in service, and the firm's zone.

    Args:
        declarations: Of the firm, in the order in which they became known; perhaps none.
        firm_id: A firm that is not declared has one meter of its name, and UTC.
    """
    held = timeline(declarations)
    if not held:
        return [Service(meter=Meter(meter_id=firm_id), span=Span())], ZoneInfo("UTC")
    return services(held), held[-1].firm.zone


def service_times(
    connection: Connection, firm_id: str, *, known_by: int | None = None
) -> tuple[list[Service], ZoneInfo]:
    """Return what :func:`services_known` does of the declarations known by a second."""
    return services_known(declarations_of(connection, firm_id, known_by=known_by), firm_id)


def adds_nothing(declarations: Sequence[Declared], new: Declared) -> bool:
    """Whether ``new`` says for all of its span what holds there already."""
    touched = [one for one in declarations if one.span.meets(new.span)]
    return bool(touched) and touched[-1].firm == new.firm and touched[-1].span.covers(new.span)


def _in_service(meter: Meter, firm: Firm) -> Span:
    def second(bound: Bound | None, otherwise: int) -> int:
        return otherwise if bound is None else epoch_seconds(moment_of_bound(bound, firm.zone))

    return Span(start=second(meter.valid_from, EVER), end=second(meter.valid_to, FOR_GOOD))


def _declared(row: RowMapping) -> Declared:
    start, end = row[FIRMS.c.valid_from], row[FIRMS.c.valid_to]
    return Declared(
        span=Span(start=EVER if start is None else start, end=FOR_GOOD if end is None else end),
        firm=_firm_of(str(row[FIRMS.c.firm_id]), row[FIRMS.c.document]),
    )


@lru_cache(maxsize=DOCUMENTS_AT_MOST)
def _firm_of(firm_id: str, document: str) -> Firm:
    """Read a stored declaration; what cannot be is told by the firm's id, for there are many.

    Kept by its text, since a restored database may give its row's id again.
    """
    try:
        return Firm.model_validate_json(document)
    except ValidationError as error:
        faults = ", ".join(
            f"{'.'.join(map(str, fault['loc'])) or 'the firm'}: {fault['msg']}"
            for fault in error.errors()
        )
        raise UnreadableDeclarationError(
            f"{firm_id}: what the ledger keeps of it cannot be read ({faults}); "
            "restore a backup from before it was declared, or install the version that took it"
        ) from None
