"""The battery rests: what every other policy is measured against."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from models.dispatch.known_load import KnownLoad
from models.dispatch.policy import Month, Now


@dataclass(frozen=True)
class DoNothing:
    """Never charge, never discharge."""

    reads_forecasts: ClassVar[bool] = False

    name: str = "nothing"

    def start(self, month: Month, known: KnownLoad) -> DoNothing:  # noqa: ARG002  nothing to know
        """Begin a month."""
        return self

    def power_kw(self, now: Now) -> float:  # noqa: ARG002  whatever happens
        """Return zero."""
        return 0.0
