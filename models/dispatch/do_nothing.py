"""The battery rests, jobs stay where they are: what every other policy is measured against."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from feature_store.time_grid import KilowattArray
from models.dispatch.known_load import KnownLoad
from models.dispatch.policy import Month, Morning, Move, Now


@dataclass(frozen=True)
class DoNothing:
    """Never charge, never discharge, move no job, give nothing up."""

    reads_forecasts: ClassVar[bool] = False

    name: str = "nothing"

    def start(self, month: Month, known: KnownLoad) -> RestingDispatcher:  # noqa: ARG002  nothing to know
        """Begin a month."""
        return RestingDispatcher(month=month)


@dataclass(frozen=True, kw_only=True)
class RestingDispatcher:
    """A month in which nothing is done."""

    month: Month

    def place(self, morning: Morning) -> KilowattArray:
        """Leave every run at its usual place."""
        return self.month.usual_runs_kw(morning)

    def move(self, now: Now) -> Move:  # noqa: ARG002  whatever happens
        """Do nothing."""
        return Move(power_kw=0.0)
