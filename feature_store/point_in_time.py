"""The one door to data: what was known at a moment."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.entities.reactive_energy import ReactiveEnergy


class Knowledge(Protocol):
    """Everything known at one moment; nothing later can be read through it."""

    @property
    def moment(self) -> datetime:
        """The moment that this knowledge is of."""
        ...

    def firms(self) -> tuple[Firm, ...]:
        """Return the firms declared by then, by id."""
        ...

    def firm(self, firm_id: str) -> Firm:
        """Return one firm; an unknown id is an :class:`UnknownFirmError`."""
        ...

    def history(self, firm_id: str, *, days: int | None = None) -> LoadHistory:
        """Return the load known by then, from its first reading or the last ``days`` days.

        A firm without readings is a :class:`NotEnoughReadingsError`.
        """
        ...

    def reactive_energy(self, firm_id: str, *, days: int | None = None) -> ReactiveEnergy:
        """Return the reactive energy known by then, on the grid of :meth:`history`.

        It is for the bill; NaN where the meter did not tell. A firm without readings is a
        :class:`NotEnoughReadingsError`.
        """
        ...


class Store(Protocol):
    """Whatever can answer what was known at a moment: the ledger, or a fake in a test."""

    def as_of(self, moment: datetime) -> Knowledge:
        """Return what was known at ``moment``."""
        ...
