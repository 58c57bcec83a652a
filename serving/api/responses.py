"""How the OpenAPI document describes the problems that a route can answer."""

from __future__ import annotations

from typing import Any

from serving.api.problem import (
    CROSS_SITE,
    INVALID,
    MEDIA_TYPE,
    OVERLOADED,
    TOO_LARGE,
    UNEXPECTED,
    Kind,
)

PROBLEM_SCHEMA = {"$ref": "#/components/schemas/Problem"}

_ANYWHERE = (UNEXPECTED, OVERLOADED)
_ON_WRITING = (INVALID, CROSS_SITE, TOO_LARGE)
"""What the guards refuse, and a body that is not as documented."""


def reading_problems(*kinds: Kind) -> dict[int | str, dict[str, Any]]:
    """Describe the problems of a route that only reads."""
    return _by_status(*kinds, *_ANYWHERE)


def writing_problems(*kinds: Kind) -> dict[int | str, dict[str, Any]]:
    """Describe the problems of a route that takes a body."""
    return _by_status(*kinds, *_ON_WRITING, *_ANYWHERE)


def _by_status(*kinds: Kind) -> dict[int | str, dict[str, Any]]:
    by_status: dict[int, list[Kind]] = {}
    for kind in kinds:
        by_status.setdefault(kind.status, []).append(kind)
    return {
        status: {
            "description": "; ".join(f"{kind.title} (`/problems/{kind.slug}`)" for kind in same),
            "content": {MEDIA_TYPE: {"schema": PROBLEM_SCHEMA}},
        }
        for status, same in sorted(by_status.items())
    }
