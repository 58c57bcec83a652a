"""``/v1/.../suggestions``: propose a schedule, read it, decide on it once."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Query, Response
from fastapi.responses import JSONResponse

from feature_store.errors import UnknownFirmError
from models.optimizer.schedule import Infeasible, TimedOut
from serving.api.answers import (
    DecisionRequest,
    SuggestionAnswer,
    SuggestionRequest,
    SuggestionsAnswer,
    suggestion_answer,
    suggestion_summary,
)
from serving.api.problem import (
    INFEASIBLE,
    INVALID,
    KINDS,
    TIMED_OUT,
    TOLD_PROBLEMS,
    problem_of_outcome,
    problem_response,
)
from serving.api.responses import reading_problems, writing_problems
from serving.in_use import PlannerInUse
from serving.planner import IssueTimeError
from serving.suggestions.suggestion import (
    AlreadyDecidedError,
    NothingToDecideError,
    SuggestionExpiredError,
    UnknownSuggestionError,
    UnreadableDecisionError,
)

router = APIRouter(prefix="/v1", tags=["suggestions"])

LIST_LIMIT = 200
"""Most suggestions of one answer: two days of quarter-hourly ones."""


@router.get(
    "/firms/{firm_id}/suggestions",
    responses=reading_problems(KINDS[UnknownFirmError], INVALID),
)
def list_suggestions(
    firm_id: str,
    planner: PlannerInUse,
    limit: Annotated[int, Query(ge=1, le=LIST_LIMIT, description="Most that are listed.")] = 20,
) -> SuggestionsAnswer:
    """A firm's suggestions without their series, newest issue time first."""
    planner.firm(firm_id)
    found = planner.suggestions.of_firm(firm_id, limit=limit)
    return SuggestionsAnswer(suggestions=[suggestion_summary(one, planner.now()) for one in found])


@router.post(
    "/firms/{firm_id}/suggestions",
    status_code=201,
    response_model=SuggestionAnswer,
    responses=writing_problems(
        KINDS[UnknownFirmError],
        KINDS[IssueTimeError],
        *TOLD_PROBLEMS,
        INFEASIBLE,
        TIMED_OUT,
    ),
)
def make_suggestion(
    firm_id: str,
    planner: PlannerInUse,
    response: Response,
    asked: Annotated[SuggestionRequest | None, Body()] = None,
) -> SuggestionAnswer | JSONResponse:
    """Plan a firm's equipment and propose the plan.

    The same firm, issue time, model and state told give the suggestion that was stored first.
    """
    wanted = asked or SuggestionRequest()
    outcome = planner.suggest(firm_id, wanted.issue_time, wanted.told)
    if isinstance(outcome, Infeasible | TimedOut):
        return problem_response(problem_of_outcome(firm_id, outcome))
    response.headers["Location"] = f"/v1/suggestions/{outcome.suggestion_id}"
    return suggestion_answer(outcome, planner.now(), planner.firm(firm_id))


@router.get(
    "/suggestions/{suggestion_id}", responses=reading_problems(KINDS[UnknownSuggestionError])
)
def show_suggestion(suggestion_id: str, planner: PlannerInUse) -> SuggestionAnswer:
    """One suggestion with its forecast, its schedule and its decision."""
    suggestion = planner.suggestions.get(suggestion_id)
    return suggestion_answer(suggestion, planner.now(), planner.firm(suggestion.firm_id))


@router.post(
    "/suggestions/{suggestion_id}/decision",
    status_code=201,
    responses=writing_problems(
        KINDS[UnknownSuggestionError],
        KINDS[AlreadyDecidedError],
        KINDS[SuggestionExpiredError],
        KINDS[NothingToDecideError],
        KINDS[UnreadableDecisionError],
    ),
)
def decide(suggestion_id: str, asked: DecisionRequest, planner: PlannerInUse) -> SuggestionAnswer:
    """Accept or reject a suggestion that moves something, once; a decision is never changed."""
    suggestion = planner.decide(
        suggestion_id,
        verdict=asked.decision,
        decided_by=asked.decided_by,
        reason=asked.reason,
    )
    return suggestion_answer(suggestion, planner.now(), planner.firm(suggestion.firm_id))
