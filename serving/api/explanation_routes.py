"""``/v1/firms/.../forecast/explanation``: what the median of a forecast is made of."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from feature_store.errors import UnknownFirmError
from models.forecasting.explained_forecast import REASONS, Explanation, NotExplainedError
from models.forecasting.load_forecast import Quality, QualityReason
from serving.api.answers import ISSUE_TIME
from serving.api.known_firm import FirmId, QueryTime
from serving.api.problem import INVALID, KINDS
from serving.api.responses import reading_problems
from serving.in_use import PlannerInUse
from serving.planner import IssueTimeError
from serving.suggestions.documents import QUALITY_WORDS, REASON_WORDS
from serving.suggestions.expectations import Document
from serving.suggestions.moves import DECIMALS

router = APIRouter(prefix="/v1/firms", tags=["prediction"])


class ExplanationAsked(BaseModel):
    """Which forecast is to be explained; unknown parameters are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    issue_time: QueryTime | None = ISSUE_TIME


class PartsDocument(Document):
    """What each kind of knowledge adds to a median, kW; a part below zero lowers it."""

    weekday_profile: float
    """The usual load of such a weekday at that time, kW."""
    closure: float
    """That the firm is closed, kW; 0 where it is not."""
    days_alike: float
    """Past days that went like the last hours, kW."""
    present_level: float
    """Where the load stood at the end of the readings, kW."""
    same_time_earlier: float
    """The same time of the day before and of the week before, kW."""
    calendar: float
    """Time of day, weekday and lead time, kW."""
    weather: float
    """The weather that was foretold, off the usual of such days, kW; 0 where none is known."""
    past_errors: float
    """What the forecasts of the last weeks taught, kW."""


class ExplainedMedianDocument(Document):
    """The median of an interval and what it is made of."""

    valid_time: AwareDatetime
    """Start of the interval."""
    median_kw: float
    """The forecast's median, kW: `q0.5` of `/v1/forecast`."""
    parts_kw: PartsDocument = Field(
        description="What the median is made of, kW. The parts add up to it."
    )


class ExplanationDocument(Document):
    """A forecast's median, interval by interval, with what it is made of."""

    firm_id: str
    """Id of the firm."""
    issue_time: AwareDatetime
    """When the forecast was made, in the firm's zone. Nothing known later was used."""
    model_version: str
    """Name and version of the model that made it."""
    timezone: str
    """IANA zone of every time in this answer."""
    interval: Literal["PT15M"] = "PT15M"
    """Length of each interval."""
    unit: Literal["kW"] = "kW"
    """Unit of every median and part."""
    quality: Quality = Field(description=QUALITY_WORDS)
    reasons: list[QualityReason] = Field(description=REASON_WORDS)
    series: list[ExplainedMedianDocument]
    """The intervals in order of time, those of `/v1/forecast`."""


@router.get(
    "/{firm_id}/forecast/explanation",
    responses=reading_problems(
        KINDS[UnknownFirmError], KINDS[NotExplainedError], KINDS[IssueTimeError], INVALID
    ),
)
def explain_forecast(
    firm_id: FirmId, asked: Annotated[ExplanationAsked, Query()], planner: PlannerInUse
) -> ExplanationDocument:
    """Say why a firm's forecast is what it is: what each kind of knowledge adds to its median.

    The forecast is the one of `/v1/forecast`. A forecast that was made without the model has no
    parts.
    """
    told = planner.explanation(firm_id, asked.issue_time)
    return explanation_document(told, planner.firm(firm_id).timezone)


def explanation_document(told: Explanation, timezone: str) -> ExplanationDocument:
    """Write an explanation; times are in the zone of its forecast's issue time."""
    forecast = told.forecast
    zone = forecast.issue_time.tzinfo
    return ExplanationDocument(
        firm_id=forecast.firm_id,
        issue_time=forecast.issue_time,
        model_version=forecast.model_version,
        timezone=timezone,
        quality=forecast.quality,
        reasons=list(forecast.reasons),
        series=[
            ExplainedMedianDocument(
                valid_time=forecast.grid.at(step).astimezone(zone),
                median_kw=round(median_kw, DECIMALS),
                parts_kw=_parts(told, step),
            )
            for step, median_kw in enumerate(forecast.median_kw.tolist())
        ],
    )


def _parts(told: Explanation, step: int) -> PartsDocument:
    """Write the parts of a step; the last takes what rounding leaves, so that they add up."""
    *others, last = REASONS
    parts_kw = {reason: round(float(told.parts_kw[reason][step]), DECIMALS) for reason in others}
    median_kw = round(float(told.forecast.median_kw[step]), DECIMALS)
    parts_kw[last] = round(median_kw - sum(parts_kw.values()), DECIMALS)
    return PartsDocument.model_validate(parts_kw)
