"""``/v1/schedule/problem``: the cheapest schedule of a site that the caller describes."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse

from models.optimizer.plan_limits import plan_limits
from models.optimizer.problem_file.answer import answer_of
from models.optimizer.problem_file.answer_document import AnswerDocument
from models.optimizer.problem_file.document import ProblemDocument
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
from models.optimizer.problem_file.reading import read_problem
from models.optimizer.schedule import Solved
from models.optimizer.schedule_site import schedule_site
from models.site import EquipmentError
from models.tariffs.errors import NoTariffError, UnknownMonthError
from serving.api.planner_in_use import PlannerInUse
from serving.api.problem import INFEASIBLE, KINDS, TIMED_OUT, problem_of_outcome, problem_response
from serving.api.responses import writing_problems

router = APIRouter(prefix="/v1/schedule", tags=["prediction"])

BODY: dict[str, Any] = {
    "required": True,
    "description": "A problem as `sandan schedule --problem` takes it, up to 4 MiB; see "
    "docs/schedules.md.",
    "content": {
        "application/json": {"schema": {"$ref": f"#/components/schemas/{ProblemDocument.__name__}"}}
    },
}


EXPLAIN = (
    "Whether to tell too what sets the peak, what more of each limit is worth and what other plans "
    "there are; takes up to the time limit once more."
)


async def _content(request: Request) -> bytes:
    """Take the body as it is: it is read, and what is wrong in it told, as a file's is."""
    return await request.body()


@router.post(
    "/problem",
    responses=writing_problems(
        KINDS[ProblemError],
        KINDS[UnreadableProblemError],
        KINDS[ProblemTooLargeError],
        KINDS[OffGridError],
        KINDS[BaseLoadError],
        KINDS[ProbabilityError],
        KINDS[StatedPricesError],
        KINDS[StaleStateError],
        KINDS[StateOutsideWindowError],
        KINDS[MissingPastPeaksError],
        KINDS[EquipmentError],
        KINDS[NoTariffError],
        KINDS[UnknownMonthError],
        INFEASIBLE,
        TIMED_OUT,
    ),
    response_model=AnswerDocument,
    openapi_extra={"requestBody": BODY},
)
def schedule_problem(
    content: Annotated[bytes, Depends(_content)],
    planner: PlannerInUse,
    explain: Annotated[bool, Query(description=EXPLAIN)] = False,
) -> AnswerDocument | JSONResponse:
    """Plan a site that the body describes; nothing of it is stored.

    The solver is given the problem's time limit, or the service's if that is shorter.
    """
    told = read_problem(content)
    limit_s = min(told.time_limit_s, planner.settings.solver_time_limit_s)
    outcome = schedule_site(told.problem, time_limit_s=limit_s)
    if isinstance(outcome, Solved):
        limits = None
        if explain:
            limits = plan_limits(told.problem, outcome.schedule.equipment_kw, time_limit_s=limit_s)
        return answer_of(told.problem, outcome, limits)
    return problem_response(problem_of_outcome(told.problem.site.firm_id, outcome))
