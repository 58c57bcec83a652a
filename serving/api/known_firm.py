"""How a route gets at a firm as it was known at the moment that the request names."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated

from fastapi import Path
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from models.diagnosis.known_firm import KnownFirm
from serving.api.issue_time import FIRST_YEAR, LAST_YEAR, IssueTime
from serving.planner import Planner

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def _with_its_plus(written: object) -> object:
    """Put back the plus of an offset, which a query string carries as a space."""
    return written.replace(" ", "+") if isinstance(written, str) else written


def _written_as_a_day(written: object) -> object:
    """Refuse the numbers that pydantic would take for seconds since 1970."""
    if isinstance(written, str) and not _DAY.fullmatch(written):
        raise PydanticCustomError("day_form", "not a day; write it like 2026-06-01")
    return written


QueryTime = Annotated[IssueTime, BeforeValidator(_with_its_plus)]
"""A moment in a query string."""
QueryDay = Annotated[date, BeforeValidator(_written_as_a_day)]
"""A day in a query string."""
FirmId = Annotated[
    str, Path(description="Id of the firm, as listed by /v1/firms.", examples=["metal_1"])
]


class Asked(BaseModel):
    """The query of a question about what was known; unknown parameters are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    as_of: QueryTime | None = Field(
        default=None,
        description="RFC 3339 time with offset, not in the future, of the years "
        f"{FIRST_YEAR} to {LAST_YEAR}. Only what was known then is used. Left out: now.",
        examples=["2026-11-19T06:00:00+09:00"],
    )


def known_firm(planner: Planner, firm_id: str, asked: Asked) -> KnownFirm:
    """Return the firm as it was known at the moment asked about, or now."""
    return KnownFirm.at(planner.store, firm_id, as_of=asked.as_of, now=planner.now())
