"""What the columns of one kind of export are called."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ExportForm:
    """Names without blanks, brackets and units, see ``column_name``; each may be absent."""

    day: frozenset[str]
    """The label of the interval, or its day where a column of clock times stands beside it."""
    clock: frozenset[str] = frozenset()
    """The time of day at which the interval ends, in a table with a row an interval."""
    energy: frozenset[str]
    """Energy drawn in the interval, kWh."""
    power: frozenset[str] = frozenset()
    """Its mean power, kW."""
    lagging: frozenset[str] = frozenset()
    """Reactive energy 지상, kVarh."""
    leading: frozenset[str] = frozenset()
    """Reactive energy 진상, kVarh."""
    customer: frozenset[str] = frozenset({"고객번호"})
    meter: frozenset[str] = frozenset({"계기번호"})
    day_a_row: bool = True
    """Whether the export also comes with a day a row and a column a quarter hour."""

    parts: bool = False
    """Whether the meter's own rows are told, with parts of intervals around a power cut."""

    @property
    def values(self) -> frozenset[str]:
        """What a table with a row an interval must have one of."""
        return self.energy | self.power
