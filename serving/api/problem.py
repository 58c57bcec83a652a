"""Errors as problem documents (RFC 9457): what went wrong, in words the caller can act on."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Literal

from fastapi.responses import JSONResponse
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from feature_store.errors import (
    NotEnoughReadingsError,
    SandanError,
    UnknownFirmError,
)
from feature_store.ingestion.read_file import UnknownFormatError
from feature_store.storage.deliveries import IdempotencyKeyError, IdempotencyKeyReusedError
from feature_store.storage.refusals import UnknownRefusalError
from models.diagnosis.known_firm import MomentAheadError, MonthNotOverError
from models.dispatch.set_point_terms import (
    BatteryStateError,
    NoBatteryError,
    NoPlanToFollowError,
    NotValuedError,
)
from models.forecasting.explained_forecast import NotExplainedError
from models.optimizer.complex.terms import ComplexTermsError
from models.optimizer.problem_file.errors import (
    BaseLoadError,
    MissingPastPeaksError,
    OffGridError,
    ProbabilityError,
    ProblemError,
    ProblemTooLargeError,
    StaleStateError,
    StatedPricesError,
    StateOutsideWindowError,
    UnreadableProblemError,
)
from models.optimizer.schedule import Infeasible, TimedOut
from models.site import EquipmentError
from models.tariffs.bill.errors import (
    BillCasesError,
    ImpossiblePeakError,
    NegativeReadingError,
    ReadingsOutsideMonthError,
    TooManyMissingReadingsError,
    UnknownChangeError,
)
from models.tariffs.errors import (
    NoTariffError,
    TariffTableError,
    UnknownMonthError,
    UnknownSwitchError,
)
from serving.api.row_fault import RowFault
from serving.api.sent_body import BodyOfAnotherTypeError, UnsupportedMediaTypeError
from serving.planner import IssueTimeError
from serving.suggestions.suggestion import (
    AlreadyDecidedError,
    NothingToDecideError,
    SuggestionExpiredError,
    UnknownSuggestionError,
    UnreadableDecisionError,
)

MEDIA_TYPE = "application/problem+json"


class DecisionTaken(BaseModel):
    """The decision that stands."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    decision: Literal["accepted", "rejected"]
    """What was decided."""
    reason: str
    """Why, in the operator's words; empty if none was given."""
    decided_by: str
    """Name the operator gave."""
    decided_at: AwareDatetime
    """When it was decided, by the wall clock."""


class Problem(BaseModel):
    """A problem document (RFC 9457)."""

    type: str = Field(description="Kind of problem, a relative reference explained in /docs.")
    title: str = Field(description="The kind in words; the same for every problem of the kind.")
    status: int = Field(description="HTTP status code.")
    detail: str = Field(description="What is wrong, where, and the next step.")
    decided: DecisionTaken | None = Field(
        default=None, description="Only for /problems/already-decided: the decision that stands."
    )
    rows_refused: int | None = Field(
        default=None, description="Only for /problems/readings-refused: rows at fault."
    )
    faults: list[RowFault] | None = Field(
        default=None,
        description="Only for /problems/readings-refused: what is wrong with them, the first "
        "faults.",
    )
    faults_url: str | None = Field(
        default=None,
        description="Only for /problems/readings-refused: where all of the faults are, as CSV.",
    )


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of problem."""

    slug: str
    status: int
    title: str


KINDS: dict[type[SandanError], Kind] = {
    UnknownFirmError: Kind(slug="unknown-firm", status=404, title="No such firm"),
    UnknownSuggestionError: Kind(slug="unknown-suggestion", status=404, title="No such suggestion"),
    AlreadyDecidedError: Kind(
        slug="already-decided", status=409, title="The suggestion is decided already"
    ),
    SuggestionExpiredError: Kind(
        slug="suggestion-expired", status=409, title="The suggestion's horizon is over"
    ),
    NothingToDecideError: Kind(
        slug="nothing-to-decide", status=409, title="The suggestion changes nothing"
    ),
    NotEnoughReadingsError: Kind(
        slug="not-enough-readings", status=409, title="Too few readings are known"
    ),
    NotExplainedError: Kind(
        slug="not-explained", status=409, title="The forecast was made without the model"
    ),
    NoBatteryError: Kind(slug="no-battery", status=409, title="The firm has no battery"),
    NoPlanToFollowError: Kind(
        slug="no-plan", status=409, title="No accepted plan is there to follow"
    ),
    BatteryStateError: Kind(
        slug="battery-state", status=422, title="The state of every battery is not told"
    ),
    NotValuedError: Kind(slug="not-valued", status=503, title="The day could not be valued"),
    UnreadableDecisionError: Kind(
        slug="incomplete-decision", status=422, title="The decision is incomplete"
    ),
    IssueTimeError: Kind(slug="issue-time", status=422, title="The issue time cannot be used"),
    MonthNotOverError: Kind(slug="month-not-over", status=409, title="The month is not over"),
    TooManyMissingReadingsError: Kind(
        slug="too-many-missing-readings", status=409, title="Too much of the month is missing"
    ),
    ReadingsOutsideMonthError: Kind(
        slug="readings-outside-month", status=409, title="The readings are not of the month"
    ),
    NegativeReadingError: Kind(
        slug="negative-reading", status=409, title="A reading is below zero or not finite"
    ),
    TariffTableError: Kind(
        slug="contradicting-tariffs", status=409, title="The tariff tables contradict themselves"
    ),
    NoTariffError: Kind(slug="no-tariff", status=422, title="No tariff table answers"),
    UnknownMonthError: Kind(slug="unknown-month", status=422, title="No such billing month"),
    UnknownChangeError: Kind(
        slug="unknown-terms", status=422, title="No contract can have these terms"
    ),
    UnknownSwitchError: Kind(slug="unknown-switch", status=422, title="No such switch or value"),
    ImpossiblePeakError: Kind(
        slug="impossible-peak", status=422, title="No statement can print this peak"
    ),
    MomentAheadError: Kind(slug="moment-ahead", status=422, title="The moment has not come yet"),
    BillCasesError: Kind(
        slug="unreadable-worked-bills",
        status=422,
        title="The worked bills do not follow their schema",
    ),
    UnknownRefusalError: Kind(slug="unknown-refusal", status=404, title="No such refusal"),
    IdempotencyKeyReusedError: Kind(
        slug="idempotency-key-reused", status=409, title="The key came with other content before"
    ),
    UnsupportedMediaTypeError: Kind(
        slug="unsupported-media-type", status=415, title="Readings do not come in this form"
    ),
    IdempotencyKeyError: Kind(
        slug="idempotency-key", status=422, title="The idempotency key cannot be used"
    ),
    UnknownFormatError: Kind(slug="unknown-format", status=422, title="No known format fits"),
    BodyOfAnotherTypeError: Kind(
        slug="body-of-another-type", status=422, title="The body is not what its media type says"
    ),
    ProblemError: Kind(
        slug="unusable-problem", status=422, title="The problem cannot be scheduled as written"
    ),
    UnreadableProblemError: Kind(
        slug="unreadable-problem", status=422, title="The problem does not follow its format"
    ),
    ProblemTooLargeError: Kind(
        slug="problem-too-large", status=422, title="The problem is too large for one piece"
    ),
    OffGridError: Kind(slug="off-grid", status=422, title="A time is not on a quarter hour"),
    BaseLoadError: Kind(
        slug="unusable-base-load", status=422, title="The load is not told for every interval"
    ),
    ProbabilityError: Kind(
        slug="probabilities", status=422, title="Probabilities do not add up to 1"
    ),
    StatedPricesError: Kind(
        slug="unusable-prices", status=422, title="The prices do not fit the grid"
    ),
    StaleStateError: Kind(slug="stale-state", status=422, title="A state is too old to plan from"),
    StateOutsideWindowError: Kind(
        slug="state-outside-window", status=422, title="A state lies outside of its window"
    ),
    MissingPastPeaksError: Kind(
        slug="missing-past-peaks", status=422, title="The ratchet needs peaks that are not told"
    ),
    ComplexTermsError: Kind(
        slug="unusable-complex", status=422, title="What is shared does not fit the firms"
    ),
    EquipmentError: Kind(
        slug="unusable-equipment", status=422, title="Equipment cannot be scheduled as declared"
    ),
}
REFUSED = Kind(slug="readings-refused", status=422, title="Not every row is a reading")
UNUSABLE = Kind(slug="unusable-input", status=422, title="The request cannot be used")
INVALID = Kind(slug="invalid-request", status=422, title="The request is not as documented")
INFEASIBLE = Kind(slug="infeasible", status=409, title="No schedule satisfies every limit")
TIMED_OUT = Kind(slug="solver-timed-out", status=503, title="No schedule was found in time")
UNEXPECTED = Kind(slug="unexpected", status=500, title="The service failed")
CROSS_SITE = Kind(slug="cross-site", status=403, title="The request came from another site")
TOO_LARGE = Kind(slug="body-too-large", status=413, title="The request body is too large")
NOT_FOUND = Kind(slug="not-found", status=404, title="Nothing is served under this path")
METHOD = Kind(slug="method-not-allowed", status=405, title="The path does not take this method")
OVERLOADED = Kind(slug="overloaded", status=503, title="The service cannot answer now")

TOLD_PROBLEMS = (
    KINDS[ProblemError],
    KINDS[OffGridError],
    KINDS[StatedPricesError],
    KINDS[StaleStateError],
    KINDS[StateOutsideWindowError],
    KINDS[EquipmentError],
)
"""What can be wrong with what is told of a declared firm."""

EVERY_KIND = (
    *KINDS.values(),
    REFUSED,
    UNUSABLE,
    INVALID,
    INFEASIBLE,
    TIMED_OUT,
    UNEXPECTED,
    CROSS_SITE,
    TOO_LARGE,
    NOT_FOUND,
    METHOD,
    OVERLOADED,
)


def problem(kind: Kind, detail: str, decided: DecisionTaken | None = None) -> Problem:
    """Return the document of one problem."""
    return Problem(
        type=f"/problems/{kind.slug}",
        title=kind.title,
        status=kind.status,
        detail=detail,
        decided=decided,
    )


def problem_of(error: SandanError) -> Problem:
    """Return what the API answers for an error that the caller is meant to read."""
    kind = next((KINDS[cls] for cls in type(error).__mro__ if cls in KINDS), UNUSABLE)
    decided = None
    if isinstance(error, AlreadyDecidedError):
        decided = DecisionTaken(
            decision=error.decision.verdict,
            reason=error.decision.reason,
            decided_by=error.decision.decided_by,
            decided_at=error.decision.decided_at,
        )
    return problem(kind, str(error), decided)


RAISE_SERVICE_LIMIT = "raise SANDAN_SOLVER_TIME_LIMIT_S"
"""The next step where the service's own time limit ended."""


def problem_of_outcome(
    name: str,
    outcome: Infeasible | TimedOut,
    *,
    if_late: str = f"ask again or {RAISE_SERVICE_LIMIT}",
) -> Problem:
    """Return what the API answers when there is no schedule.

    Args:
        name: Of the firm, or of what was told.
        outcome: Why there is none.
        if_late: The next step if the time limit ended.
    """
    match outcome:
        case Infeasible(reason=reason):
            return problem(INFEASIBLE, reason)
        case TimedOut():
            return problem(TIMED_OUT, f"{name}: {outcome.reason}; {if_late}")


def problem_of_status(status: int, path: str) -> Problem:
    """Return what the API answers where only the HTTP status is known."""
    match status:
        case HTTPStatus.NOT_FOUND:
            return problem(NOT_FOUND, f"{path} is not served; see /docs for what is")
        case HTTPStatus.METHOD_NOT_ALLOWED:
            return problem(METHOD, f"{path} takes another method; see /docs")
        case HTTPStatus.TOO_MANY_REQUESTS | HTTPStatus.SERVICE_UNAVAILABLE:
            return problem(OVERLOADED, "too many requests are being answered; ask again soon")
        case HTTPStatus.GATEWAY_TIMEOUT:
            return problem(OVERLOADED, "the answer took too long; ask again")
        case _ if status < HTTPStatus.INTERNAL_SERVER_ERROR:
            return problem(INVALID, f"{path} cannot be asked like that; see /docs")
        case _:
            return problem(UNEXPECTED, "something unforeseen happened; the server's log says what")


def problem_response(document: Problem) -> JSONResponse:
    """Answer a problem document."""
    return JSONResponse(
        document.model_dump(mode="json", exclude_none=True),
        status_code=document.status,
        media_type=MEDIA_TYPE,
    )
