"""The issue time as a request may write it: RFC 3339 text with an offset, within a century."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BeforeValidator
from pydantic_core import PydanticCustomError

FIRST_YEAR, LAST_YEAR = 2000, 2099
"""Meters of 15 minutes are no older, and farther out an offset leads past the calendar's ends."""

_RFC_3339 = re.compile(
    r"(\d{4}-\d{2}-\d{2})[Tt](\d{2}:\d{2}:\d{2}(?:\.\d+)?)(?P<offset>[Zz]|[+-]\d{2}:\d{2})?",
    re.ASCII,
)


def _written_in_full(written: object) -> str:
    """Refuse what pydantic would guess at: numbers, a space for the T, a missing offset."""
    found = _RFC_3339.fullmatch(written) if isinstance(written, str) else None
    if found is None:
        raise PydanticCustomError(
            "issue_time_form",
            "not an RFC 3339 time with an offset; write text such as 2026-11-19T06:00:00+09:00",
        )
    if found["offset"] is None:
        raise PydanticCustomError(
            "issue_time_offset",
            "{written} has no offset from UTC; write {written}+09:00",
            {"written": found[0]},
        )
    return found[0]


def _within_a_century(moment: AwareDatetime) -> AwareDatetime:
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise PydanticCustomError(
            "issue_time_year",
            "the year {year} is out of range; write one from {first} to {last}",
            {"year": moment.year, "first": FIRST_YEAR, "last": LAST_YEAR},
        )
    return moment


IssueTime = Annotated[
    AwareDatetime, BeforeValidator(_written_in_full), AfterValidator(_within_a_century)
]
