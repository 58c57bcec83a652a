"""How the OpenAPI document describes the problems that a route can answer."""

from __future__ import annotations

from typing import Any

from serving.api.problem import INVALID, MEDIA_TYPE, Kind

PROBLEM_SCHEMA = {"$ref": "#/components/schemas/Problem"}


def problems(*kinds: Kind) -> dict[int | str, dict[str, Any]]:
    """Describe a route's problems by status; a request not as documented is always one."""
    by_status: dict[int | str, list[Kind]] = {}
    for kind in (*kinds, INVALID):
        by_status.setdefault(kind.status, []).append(kind)
    return {
        status: {
            "description": "; ".join(f"{kind.title} (`/problems/{kind.slug}`)" for kind in same),
            "content": {MEDIA_TYPE: {"schema": PROBLEM_SCHEMA}},
        }
        for status, same in by_status.items()
    }
