"""What can be wrong with a problem that somebody else wrote, told before anything is solved."""

from __future__ import annotations

from feature_store.errors import SandanError


class ProblemError(SandanError):
    """A problem cannot be scheduled as it is written."""


class UnreadableProblemError(ProblemError):
    """It is no JSON, of another format, or a field is missing, unknown or of a wrong kind."""


class ProblemTooLargeError(ProblemError):
    """It has more intervals, equipment or paths than are scheduled in one piece."""


class OffGridError(ProblemError):
    """A time that must lie on a quarter hour does not, or has no offset from UTC."""


class BaseLoadError(ProblemError):
    """The load that cannot be scheduled is missing, negative or no number somewhere."""


class ProbabilityError(ProblemError):
    """Probabilities of scenarios do not add up to 1."""


class StatedPricesError(ProblemError):
    """Prices do not fit the grid, or cannot be planned with."""


class StateError(ProblemError):
    """A state is told of equipment that is not declared, or cannot have it."""


class StaleStateError(StateError):
    """A state was measured too long ago, or has not been measured yet."""


class StateOutsideWindowError(StateError):
    """A state of charge lies outside of the window that the equipment declares."""


class MissingPastPeaksError(ProblemError):
    """The tariff's ratchet looks at months whose peak is not told."""


class EventError(ProblemError):
    """A demand-response event does not lie on the grid."""


class RunningIntervalError(ProblemError):
    """What is told of the interval under way cannot be."""


class PreviousPlanError(ProblemError):
    """The plan made before is not one of this site's equipment on these intervals."""
