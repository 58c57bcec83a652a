"""Why a set-point is what it is, and what can be in its way; told without what computes it."""

from __future__ import annotations

from typing import Literal

from feature_store.errors import SandanError

Because = Literal[
    "holds_peak",
    "lowers_peak",
    "lets_peak_pass",
    "empty",
    "charges",
    "discharges",
    "rests",
    "follows_plan",
]
"""Why batteries do what they do, seen from the peak that costs nothing more."""


DecidedBy = Literal["look_up", "plan", "look_up_without_plan"]
"""What decides: price and value, the accepted plan as the firm declares, or price and value because
no accepted plan of the firm's equipment covers the interval."""


class NoBatteryError(SandanError):
    """The firm declares no battery that could be run."""


class NoPlanToFollowError(SandanError):
    """The batteries follow the accepted plan, none is accepted, and they cannot be looked up."""


class BatteryStateError(SandanError):
    """A state is of no declared battery, or one that is needed is missing."""


class NotValuedError(SandanError):
    """The running day could not be valued."""
