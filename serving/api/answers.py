"""What the API is asked and what it answers, beyond forecasts and schedules themselves."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from feature_store.entities.firm import Contract, Firm
from feature_store.time_grid import STEPS_PER_HOUR
from models.optimizer.problem_file.firm_now import FirmNow
from serving.api.issue_time import FIRST_YEAR, LAST_YEAR, IssueTime
from serving.api.problem import DecisionTaken
from serving.planner import HORIZON_STEPS, MAX_HORIZON_STEPS
from serving.suggestions.documents import (
    ForecastDocument,
    ScheduleDocument,
    forecast_document,
    schedule_document,
)
from serving.suggestions.expectations import Document
from serving.suggestions.suggestion import (
    Accepted,
    Expired,
    NothingToChange,
    Proposed,
    Rejected,
    State,
    Suggestion,
    Verdict,
)

StateName = Literal["proposed", "nothing_to_change", "accepted", "rejected", "expired"]
FIRM_ID = Field(description="Id of the firm, as listed by /v1/firms.", examples=["metal-works"])
ISSUE_TIME_WORDS = (
    "RFC 3339 time with offset on a quarter hour, not in the future, of the years "
    f"{FIRST_YEAR} to {LAST_YEAR}. Only what was known then is used. Left out: the end of the "
    "firm's newest reading, or of a firm without readings the quarter hour that is now."
)
ISSUE_TIME = Field(
    default=None, description=ISSUE_TIME_WORDS, examples=["2026-11-19T06:00:00+09:00"]
)
PLAN_ISSUE_TIME = Field(
    default=None,
    description=f"{ISSUE_TIME_WORDS} With states or running told: the quarter hour that is now.",
    examples=["2026-11-19T06:00:00+09:00"],
)
PREVIOUS_ID = Field(
    default=None,
    description="Accepted suggestion that keep_unless_saves_krw asked to keep, see kept_previous; "
    "null where it was not asked, or none of this equipment covers the time.",
)


class _Asked(BaseModel):
    """A request body; unknown keys are refused, so that a typing error is not passed over."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class ForecastRequest(_Asked):
    """Which forecast is wanted."""

    firm_id: str = FIRM_ID
    issue_time: IssueTime | None = ISSUE_TIME
    steps: int = Field(
        default=HORIZON_STEPS,
        ge=1,
        le=MAX_HORIZON_STEPS,
        description=f"Quarter hours to forecast; {STEPS_PER_HOUR} make an hour.",
    )


class _PlanAsked(_Asked):
    issue_time: IssueTime | None = PLAN_ISSUE_TIME


class SuggestionRequest(FirmNow, _PlanAsked):
    """Which suggestion is wanted."""

    @property
    def told(self) -> FirmNow:
        """What it tells of the firm now."""
        return FirmNow(**{name: getattr(self, name) for name in FirmNow.model_fields})


class _ScheduleAsked(_Asked):
    firm_id: str = FIRM_ID


class ScheduleRequest(SuggestionRequest, _ScheduleAsked):
    """Which schedule is wanted."""


class ScheduleAnswer(ScheduleDocument):
    """A plan that is shown and not proposed."""

    proved: bool = Field(
        description="Whether it is proved the cheapest. Else it is the best one found by the time "
        "limit, every limit checked; another run may find another, and none is suggested so."
    )
    gap_krw: float | None = Field(
        description="Most that another plan could be cheaper, won; null where that is not known."
    )
    reason: str | None = Field(
        description="Why it is not proved, and which accepted plan goes on meanwhile; else null."
    )
    previous_id: str | None = PREVIOUS_ID


class DecisionRequest(_Asked):
    """An operator's decision."""

    decision: Verdict
    """Whether the plan will be run."""
    decided_by: str = Field(
        min_length=1, max_length=120, description="Name of the operator who decides."
    )
    reason: str = Field(
        default="", max_length=2000, description="Why; required to reject, optional to accept."
    )


class FirmAnswer(Document):
    """A declared firm."""

    firm_id: str
    """Id of the firm."""
    name_ko: str
    """Name in Korean."""
    name_en: str
    """Name in English."""
    timezone: str = Field(description="IANA zone of the firm's days and bills.")
    contract: Contract = Field(description="Supply contract; power_kw in kW.")
    equipment: list[str] = Field(description="Names of the equipment that can be scheduled.")
    readings_end: AwareDatetime | None = Field(
        description="End of the newest reading known, with offset; null if there is none."
    )


class FirmsAnswer(Document):
    """All declared firms, by id."""

    firms: list[FirmAnswer]
    """The firms, by id."""


class SuggestionSummary(Document):
    """A suggestion without its series."""

    suggestion_id: str
    """Id of the suggestion."""
    firm_id: str
    """Id of the firm whose schedule it is."""
    issue_time: AwareDatetime
    """When its forecast was made, in the firm's zone."""
    created_at: AwareDatetime
    """When it was stored, by the wall clock."""
    model_version: str
    """Name and version of the model that made the forecast."""
    state: StateName
    """Only `proposed` awaits a decision; `nothing_to_change` moves nothing and takes none."""
    saved_krw: float = Field(description="What the plan saves over the horizon, won.")
    decided: DecisionTaken | None = Field(description="The decision; null while there is none.")


class SuggestionAnswer(SuggestionSummary):
    """A suggestion with the forecast and the schedule it proposes."""

    forecast: ForecastDocument
    """The forecast that the schedule was made for."""
    schedule: ScheduleDocument
    """The schedule that is proposed."""
    told: FirmNow
    """What was told of the firm when it was made."""
    previous_id: str | None = PREVIOUS_ID


class SuggestionsAnswer(Document):
    """A firm's suggestions, newest issue time first."""

    suggestions: list[SuggestionSummary]
    """The suggestions, newest issue time first."""


def firm_answer(firm: Firm, readings_end: datetime | None) -> FirmAnswer:
    """Write a firm."""
    return FirmAnswer(
        firm_id=firm.firm_id,
        name_ko=firm.name_ko,
        name_en=firm.name_en,
        timezone=firm.timezone,
        contract=firm.contract,
        equipment=[item.name for item in firm.equipment],
        readings_end=readings_end and readings_end.astimezone(firm.zone),
    )


def suggestion_summary(suggestion: Suggestion, now: datetime) -> SuggestionSummary:
    """Write a suggestion without its series."""
    return SuggestionSummary(
        suggestion_id=suggestion.suggestion_id,
        firm_id=suggestion.firm_id,
        issue_time=suggestion.issue_time,
        created_at=suggestion.created_at,
        model_version=suggestion.model_version,
        state=state_name(suggestion.state(now)),
        saved_krw=suggestion.schedule.saved_krw,
        decided=_decided(suggestion),
    )


def suggestion_answer(suggestion: Suggestion, now: datetime, firm: Firm) -> SuggestionAnswer:
    """Write a suggestion in full."""
    return SuggestionAnswer(
        **dict(suggestion_summary(suggestion, now)),
        forecast=forecast_document(suggestion.forecast, firm.zone),
        schedule=schedule_document(suggestion.schedule, suggestion.forecast, firm.zone),
        told=suggestion.made_with.told,
        previous_id=suggestion.made_with.previous_id,
    )


def state_name(state: State) -> StateName:
    """Name a state as the API writes it."""
    match state:
        case Proposed():
            return "proposed"
        case NothingToChange():
            return "nothing_to_change"
        case Accepted():
            return "accepted"
        case Rejected():
            return "rejected"
        case Expired():
            return "expired"


def _decided(suggestion: Suggestion) -> DecisionTaken | None:
    decision = suggestion.decision
    if decision is None:
        return None
    return DecisionTaken(
        decision=decision.verdict,
        reason=decision.reason,
        decided_by=decision.decided_by,
        decided_at=decision.decided_at,
    )
