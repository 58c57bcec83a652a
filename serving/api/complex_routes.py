"""``/v1/complex``: all firms together."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from feature_store.errors import NotEnoughReadingsError
from models.diagnosis.complex_outlook import complex_outlook
from models.diagnosis.peaks_document import ComplexForecastDocument, complex_document
from serving.api.issue_time import FIRST_YEAR, LAST_YEAR
from serving.api.known_firm import QueryTime
from serving.api.problem import INVALID, KINDS
from serving.api.responses import reading_problems
from serving.in_use import PlannerInUse
from serving.planner import IssueTimeError

router = APIRouter(prefix="/v1/complex", tags=["prediction"])


class ComplexAsked(BaseModel):
    """Which totals are wanted; unknown parameters are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    issue_time: QueryTime | None = Field(
        default=None,
        description="RFC 3339 time with offset on a quarter hour, not in the future, of the years "
        f"{FIRST_YEAR} to {LAST_YEAR}. Only what was known then is used. Left out: the end of the "
        "newest reading of any firm.",
        examples=["2026-11-19T06:00:00+09:00"],
    )


@router.get(
    "/forecast",
    responses=reading_problems(KINDS[NotEnoughReadingsError], KINDS[IssueTimeError], INVALID),
)
def forecast_complex(
    asked: Annotated[ComplexAsked, Query()], planner: PlannerInUse
) -> ComplexForecastDocument:
    """Forecast the load of all firms together, and by feeder.

    Firms that cannot be forecast at the common issue time are left out and named.
    """
    known = planner.outlooks(asked.issue_time)
    zone = known.firms[0].firm.zone
    return complex_document(complex_outlook(known.firms), zone.key, known.left_out)
