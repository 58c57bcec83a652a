"""The battery rests, jobs stay where they are: what every other policy is measured against."""

from __future__ import annotations

from dataclasses import dataclass

from feature_store.time_grid import KilowattArray
from models.dispatch.known_load import KnownLoad
from models.dispatch.policy import Month, Morning, Move, Now
from models.dispatch.usual_places import usual_places_kw


@dataclass(frozen=True)
class DoNothing:
    """Never charge, never discharge, move no job, give nothing up."""

    name: str = "nothing"

    def start(self, month: Month, known: KnownLoad) -> RestingDispatcher:  # noqa: ARG002  nothing to know
        """Begin a month."""
        return RestingDispatcher(month=month)


@dataclass(frozen=True, kw_only=True)
class RestingDispatcher:
    """A month in which nothing is done."""

    month: Month

    def power_kw(self, now: Now) -> float:  # noqa: ARG002  whatever happens
        """Return zero."""
        return 0.0

    def place(self, morning: Morning) -> KilowattArray:
        """Leave every run at its usual place."""
        return usual_places_kw(self.month, morning)

    def move(self, now: Now) -> Move:
        """Do nothing."""
        return Move(power_kw=self.power_kw(now))
