"""One OpenAPI document for everything that is served, by BentoML itself or mounted in it."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.responses import PlainTextResponse

from feature_store.errors import UnknownFirmError
from models.optimizer.problem_file.complex_document import ComplexDocument
from models.optimizer.problem_file.document import ProblemDocument
from serving.api.answers import ForecastRequest, ScheduleAnswer, ScheduleRequest
from serving.api.problem import INFEASIBLE, KINDS, MEDIA_TYPE, TIMED_OUT, TOLD_PROBLEMS, Problem
from serving.api.responses import writing_problems
from serving.planner import IssueTimeError
from serving.suggestions.documents import ForecastDocument

DESCRIPTION = """\
Forecasts the electric load of firms and plans their equipment so that billed peak and bill fall.

Every time is RFC 3339 with an offset, in the firm's zone. Intervals last 15 minutes (`PT15M`) and
are labelled by their start. Powers are in kW, energies in kWh, money in won before VAT and fund
unless a field says otherwise. A draw from the site bus is positive. Errors are problem documents
(RFC 9457).
"""

_FORECAST_PROBLEMS = (
    KINDS[UnknownFirmError],
    KINDS[IssueTimeError],
)


def openapi_document(app: FastAPI) -> dict[str, Any]:
    """Describe the routes of ``app`` and those that BentoML serves itself."""
    document = get_openapi(
        title=app.title,
        version=app.version,
        description=DESCRIPTION,
        routes=[*app.routes, *served_by_bentoml().routes],
        tags=[
            {"name": "prediction", "description": "Forecasts and schedules, computed when asked."},
            {"name": "firms", "description": "Who is declared."},
            {"name": "readings", "description": "What meters measured, taken in or refused."},
            {
                "name": "quality",
                "description": "Whether meters report, and whether readings are right.",
            },
            {"name": "suggestions", "description": "Schedules proposed, and their decisions."},
            {
                "name": "bills",
                "description": "What a month costs, to the won, and would have cost.",
            },
            {"name": "advice", "description": "What another contract, or one kW, would be worth."},
            {"name": "health", "description": "For whatever watches over the service."},
        ],
    )
    schemas = document["components"]["schemas"]
    for named in (Problem, ProblemDocument, ComplexDocument):
        described = named.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas.update(described.pop("$defs", {}))
        schemas[named.__name__] = described
    _drop_frameworks_own_problems(document)
    return document


def _drop_frameworks_own_problems(document: dict[str, Any]) -> None:
    """Remove the 422 that FastAPI adds wherever a path has a part: any text is a valid one."""
    for operations in document["paths"].values():
        for operation in operations.values():
            if MEDIA_TYPE not in operation["responses"].get("422", {}).get("content", {}):
                operation["responses"].pop("422", None)
    for unused in ("HTTPValidationError", "ValidationError"):
        document["components"]["schemas"].pop(unused, None)


def served_by_bentoml() -> APIRouter:
    """Describe BentoML's own routes; the router documents them and never answers."""
    router = APIRouter()

    @router.post(
        "/v1/forecast", tags=["prediction"], responses=writing_problems(*_FORECAST_PROBLEMS)
    )
    def forecast(asked: ForecastRequest) -> ForecastDocument:
        """Forecast a firm's load as quantiles."""
        raise NotImplementedError(asked)

    @router.post(
        "/v1/schedule",
        tags=["prediction"],
        responses=writing_problems(*_FORECAST_PROBLEMS, *TOLD_PROBLEMS, INFEASIBLE, TIMED_OUT),
    )
    def schedule(asked: ScheduleRequest) -> ScheduleAnswer:
        """Plan a firm's equipment without proposing the plan."""
        raise NotImplementedError(asked)

    health: dict[str, tuple[str, dict[int | str, dict[str, Any]]]] = {
        "/livez": ("The process answers.", {}),
        "/readyz": (
            "A forecast of a declared firm has succeeded, or none is declared yet.",
            {503: {"description": "A firm is declared and no forecast has succeeded yet."}},
        ),
        "/metrics": ("Counters in the Prometheus text format.", {}),
    }
    for path, (summary, responses) in health.items():
        router.add_api_route(
            path,
            _never_called,
            summary=summary,
            name=path.strip("/"),
            tags=["health"],
            response_class=PlainTextResponse,
            responses=responses,
        )
    return router


def _never_called() -> None:
    raise NotImplementedError
