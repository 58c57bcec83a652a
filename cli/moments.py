"""Moments as they are written on the command line."""

from __future__ import annotations

from datetime import datetime

from feature_store.errors import NaiveTimeError, SandanError


def moment_of(text: str) -> datetime:
    """Return the moment that ``text`` writes in RFC 3339; one without an offset is refused.

    Example:
        >>> moment_of("2026-11-19T06:00:00+09:00").isoformat()
        '2026-11-19T06:00:00+09:00'
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise SandanError(
            f"{text!r} is not a time; write it like 2026-11-19T06:00:00+09:00"
        ) from None
    if moment.tzinfo is None:
        raise NaiveTimeError(
            f"{text!r} has no offset from UTC; write it like {moment.isoformat()}+09:00"
        )
    return moment
