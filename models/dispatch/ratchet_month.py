"""A month of a stretch whose months are billed for each other's peaks."""

from __future__ import annotations

from dataclasses import dataclass

from models.dispatch.policy import Month


@dataclass(frozen=True, kw_only=True)
class RatchetMonth:
    """A month of a stretch whose peaks are remembered."""

    month: Month
    krw_per_kw: float
    """Demand charge."""
    floor_kw: float
    """Billed whatever happens in the stretch."""
    remembers: tuple[int, ...]
    """Earlier months of the stretch whose peaks it is billed for."""
