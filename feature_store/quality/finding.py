"""What a check says about a stretch of a meter's readings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Severity = Literal["notice", "warning", "fault"]
"""A notice may be left alone; a warning touches a forecast or a bill; a fault makes both wrong."""


_FOUR_DIGITS = 1000
"""From here on a number is written whole; below, four digits say all that is certain."""


@dataclass(frozen=True, kw_only=True)
class Quantity:
    """One number that was seen or learnt, with its unit."""

    name: str
    value: float
    unit: str

    def __str__(self) -> str:
        """Write it as a person reads it, e.g. ``missing energy 41.5 kWh``."""
        digits = ",.0f" if abs(self.value) >= _FOUR_DIGITS else ".4g"
        return f"{self.name} {self.value:{digits}} {self.unit}".rstrip()


@dataclass(frozen=True, kw_only=True)
class Words:
    """What operators read, in both languages of the pages."""

    ko: str
    en: str


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Readings of one meter that cannot be believed, or are missing, and what to do about it."""

    firm_id: str
    """Whose meter."""
    meter_id: str | None
    """Which of the firm's meters; None where their sum was looked at."""
    kind: str
    """Id of the check that found it."""
    name: Words
    start: datetime
    """Start of the first interval concerned, in the firm's zone."""
    end: datetime
    """The instant after the last interval concerned."""
    severity: Severity
    seen: tuple[Quantity, ...]
    rule: str
    """The rule that the readings broke, in words."""
    learnt: Quantity | None
    """The threshold of the rule, learnt from this meter's own readings; None for a fixed rule."""
    advice: Words
    """What the operator should do."""
