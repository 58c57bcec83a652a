"""The errors that a user is meant to read: what is wrong, where, and the next step."""

from __future__ import annotations


class SandanError(Exception):
    """A problem with a user's input or state, told in words the user can act on.

    The message is one sentence of what and where, a semicolon, and the next step:
    ``"kiln: 8 steps of work do not fit between 17:30 and 18:00; widen the window"``.
    The command line prints it without a traceback; the API answers it as a problem document.
    """


class NaiveTimeError(SandanError):
    """A time without an offset reached an edge where the instant matters."""


class UnknownFirmError(SandanError):
    """No firm of that id is known at the moment asked about."""


class NotEnoughReadingsError(SandanError):
    """The readings known at the issue time do not suffice for what was asked."""


class NoModelError(SandanError):
    """No model serves yet: the alias ``champion`` points to nothing."""
