"""Moments and days as they are written on the command line."""

from __future__ import annotations

from datetime import date, datetime

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


def day_of(text: str) -> date:
    """Return the day that ``text`` writes as ISO 8601.

    Example:
        >>> day_of("2026-06-01")
        datetime.date(2026, 6, 1)
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise SandanError(f"{text!r} is not a day; write it like 2026-06-01") from None
