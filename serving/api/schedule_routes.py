"""``/v1/schedule``: the cheapest schedule of a site, or of a complex, that the caller describes."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from feature_store.ingestion.limits import MEBIBYTE
from models.optimizer.complex.schedule_complex import ComplexSolved, schedule_complex
from models.optimizer.complex.terms import ComplexTermsError
from models.optimizer.plan_limits import plan_limits
from models.optimizer.problem_file.answer import RAISE_OR_SHORTEN, answer_of
from models.optimizer.problem_file.answer_document import AnswerDocument
from models.optimizer.problem_file.complex_answer import RAISE_OR_NAME_FEWER, answer_of_complex
from models.optimizer.problem_file.complex_answer_document import ComplexAnswerDocument
from models.optimizer.problem_file.complex_document import ComplexDocument
from models.optimizer.problem_file.complex_reading import read_complex
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
from models.optimizer.problem_file.limits import MOST_BYTES, MOST_COMPLEX_BYTES
from models.optimizer.problem_file.reading import read_problem
from models.optimizer.schedule import Solved, TimedOut
from models.optimizer.schedule_site import schedule_site
from models.site import EquipmentError
from models.tariffs.errors import NoTariffError, UnknownMonthError
from serving.api.problem import (
    INFEASIBLE,
    KINDS,
    RAISE_SERVICE_LIMIT,
    TIMED_OUT,
    problem_of_outcome,
    problem_response,
)
from serving.api.responses import writing_problems
from serving.in_use import PlannerInUse

router = APIRouter(prefix="/v1/schedule", tags=["prediction"])

SERVED_COMPLEX_LIMIT_S = 60.0
"""Half of what an answer may take: others wait too."""


def _body(form: type[BaseModel], what: str, most_bytes: int) -> dict[str, Any]:
    return {
        "required": True,
        "description": f"{what} as `sandan schedule --problem` takes it, up to "
        f"{most_bytes // MEBIBYTE} MiB; see docs/schedules.md.",
        "content": {
            "application/json": {"schema": {"$ref": f"#/components/schemas/{form.__name__}"}}
        },
    }


EXPLAIN = (
    "Whether to tell too what sets the peak, what more of each limit is worth and what other plans "
    "there are; takes up to the time limit once more."
)


async def _content(request: Request) -> bytes:
    """Take the body as it is: it is read, and what is wrong in it told, as a file's is."""
    return await request.body()


_PROBLEMS = (
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
)


@router.post(
    "/problem",
    responses=writing_problems(*_PROBLEMS),
    response_model=AnswerDocument,
    openapi_extra={"requestBody": _body(ProblemDocument, "A problem", MOST_BYTES)},
)
def schedule_problem(
    content: Annotated[bytes, Depends(_content)],
    planner: PlannerInUse,
    explain: Annotated[bool, Query(description=EXPLAIN)] = False,
) -> AnswerDocument | JSONResponse:
    """Plan a site that the body describes; nothing of it is stored.

    The solver is given the problem's time limit, or the service's if that is shorter. Where it ends
    first, the best plan found by then is answered as not proved: its outcome is `timed_out`.
    """
    told = read_problem(content)
    service_s = planner.settings.solver_time_limit_s
    limit_s = min(told.time_limit_s, service_s)
    outcome = schedule_site(told.problem, time_limit_s=limit_s)
    if_late = RAISE_OR_SHORTEN
    if service_s < told.time_limit_s:
        if_late = f"shorten the grid or {RAISE_SERVICE_LIMIT}"
    match outcome:
        case Solved(schedule=schedule) if explain:
            limits = plan_limits(told.problem, schedule.equipment_kw, time_limit_s=limit_s)
            return answer_of(told.problem, outcome, limits)
        case Solved():
            return answer_of(told.problem, outcome)
        case TimedOut(incumbent=found) if found is not None:
            return answer_of(told.problem, outcome, if_late=if_late)
        case none:
            site_id = told.problem.site.firm_id
            return problem_response(problem_of_outcome(site_id, none, if_late=if_late))


@router.post(
    "/complex",
    responses=writing_problems(*_PROBLEMS, KINDS[ComplexTermsError]),
    response_model=ComplexAnswerDocument,
    openapi_extra={"requestBody": _body(ComplexDocument, "A complex", MOST_COMPLEX_BYTES)},
)
def schedule_told_complex(
    content: Annotated[bytes, Depends(_content)], planner: PlannerInUse
) -> ComplexAnswerDocument | JSONResponse:
    """Plan firms that share a feeder, batteries or a peak; nothing of it is stored.

    Given are the complex's time limit, the service's for each firm, and a minute at most.
    """
    told = read_complex(content)
    service_s = len(told.members) * planner.settings.solver_time_limit_s
    if_late_by_limit_s = {
        SERVED_COMPLEX_LIMIT_S: "name fewer firms, or plan them with 'sandan schedule'",
        service_s: f"name fewer firms or {RAISE_SERVICE_LIMIT}",
        told.time_limit_s: RAISE_OR_NAME_FEWER,
    }
    limit_s = min(if_late_by_limit_s)
    outcome = schedule_complex(
        told.members, told.terms, split=told.split, gap_share=told.gap_share, time_limit_s=limit_s
    )
    if isinstance(outcome, ComplexSolved):
        return answer_of_complex(told, outcome)
    if_late = if_late_by_limit_s[limit_s]
    return problem_response(problem_of_outcome("the complex", outcome, if_late=if_late))
