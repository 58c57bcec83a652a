"""Every declaration in memory: what is declared about which firm, as known at any moment."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, select

from feature_store.entities.firm import Firm
from feature_store.storage.declarations import Declared, Service, every_declaration, services_known
from feature_store.storage.tables import FIRMS

_NUMBER = select(func.count(), func.coalesce(func.max(FIRMS.c.id), 0)).select_from(FIRMS)
"""Asked before every answer: built once."""


@dataclass(frozen=True, kw_only=True)
class FirmDeclarations:
    """One firm's declarations, in the order in which they became known."""

    firm_id: str
    known_at: tuple[int, ...]
    """UTC epoch seconds."""
    declared: tuple[Declared, ...]
    _services: dict[int, tuple[list[Service], ZoneInfo]] = field(default_factory=dict, repr=False)
    """What follows from the first so many of them: asked for with every history."""

    def holding(self, *, known_by: int, on: int) -> Firm | None:
        """The latest known one that is about the second ``on``, None if there is none."""
        for one in reversed(self.declared[: self._number_known(known_by)]):
            if one.span.start <= on < one.span.end:
                return one.firm
        return None

    def services(self, *, known_by: int) -> tuple[list[Service], ZoneInfo]:
        """See :func:`feature_store.storage.declarations.services_known`."""
        number = self._number_known(known_by)
        if number not in self._services:
            self._services[number] = services_known(self.declared[:number], self.firm_id)
        return self._services[number]

    def _number_known(self, known_by: int) -> int:
        return bisect_right(self.known_at, known_by)


@dataclass(frozen=True, kw_only=True)
class HeldDeclarations:
    """The declarations of every firm, by id."""

    by_firm: Mapping[str, FirmDeclarations]

    def firms(self, *, known_by: int, on: int) -> tuple[Firm, ...]:
        """The firms as declared for the second ``on``, by id."""
        held = (one.holding(known_by=known_by, on=on) for one in self.by_firm.values())
        return tuple(firm for firm in held if firm is not None)

    def firm(self, firm_id: str, *, known_by: int, on: int) -> Firm | None:
        """One of them, None if it is not declared for ``on``."""
        found = self.by_firm.get(firm_id)
        return None if found is None else found.holding(known_by=known_by, on=on)

    def services(self, firm_id: str, *, known_by: int) -> tuple[list[Service], ZoneInfo]:
        """When which meter of a firm is in service, and the firm's zone."""
        found = self.by_firm.get(firm_id)
        if found is None:
            return services_known([], firm_id)
        return found.services(known_by=known_by)


def held_declarations(connection: Connection) -> HeldDeclarations:
    """Read all of them."""
    by_firm = {
        firm_id: FirmDeclarations(
            firm_id=firm_id,
            known_at=tuple(known_at for known_at, _ in told),
            declared=tuple(declared for _, declared in told),
        )
        for firm_id, told in every_declaration(connection).items()
    }
    return HeldDeclarations(by_firm=by_firm)


def number_of_declarations(connection: Connection) -> tuple[int, int]:
    """Return how many declarations there are, and the id of the newest one (0 if there is none).

    Only together do they tell whether one was added: PostgreSQL may show a smaller id later.
    """
    number, newest = connection.execute(_NUMBER).one()
    return number, newest
