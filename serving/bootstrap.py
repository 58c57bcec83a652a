"""The one place where the service is put together: stores, model, use cases, routes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.errors import NoModelError, SandanError
from feature_store.settings import Settings
from feature_store.storage.ledger_store import LedgerStore, open_store
from feature_store.storage.meter_watch import MeterWatch
from feature_store.storage.recent_window import WindowedStore
from feature_store.time_grid import Instants, KilowattArray
from models.forecasting.forecaster import Forecaster, predict_one
from models.forecasting.load_forecast import LoadForecast
from models.optimizer.schedule import Outcome
from serving.api import (
    advice_routes,
    bill_routes,
    firm_routes,
    quality_routes,
    reading_routes,
    suggestion_routes,
    worked_bill_routes,
)
from serving.api.guards import BodyLimit, SameOriginWrites, SecurityHeaders
from serving.api.native_errors import NativeErrors, validation_complaints
from serving.api.openapi import openapi_document
from serving.api.problem import (
    INVALID,
    Problem,
    problem,
    problem_of,
    problem_of_status,
    problem_response,
)
from serving.health import Readiness
from serving.planner import Planner
from serving.suggestions.suggestion_store import SuggestionStore
from serving.web.mount import mount_pages
from serving.web.problem_page import ProblemPage, problem_page

GUARDS = (NativeErrors, BodyLimit, SameOriginWrites, SecurityHeaders)
"""Middleware around every route, innermost first."""
ROUTES = (
    firm_routes.router,
    reading_routes.router,
    suggestion_routes.router,
    bill_routes.router,
    worked_bill_routes.router,
    advice_routes.router,
    quality_routes.router,
)
"""Everything under ``/v1`` that BentoML does not serve itself."""


@dataclass(frozen=True, kw_only=True)
class Application:
    """Everything that answers."""

    planner: Planner
    readiness: Readiness
    ledger: LedgerStore
    windows: WindowedStore | None = None
    """The recent readings in memory that the planner reads, where it does."""

    def close(self) -> None:
        """Let go of the database and of what is held of it."""
        if self.windows is not None:
            self.windows.forget()
        self.ledger.close()


@dataclass(frozen=True, kw_only=True)
class NoForecaster:
    """Stands in while no model serves, so that what is stored can still be read."""

    missing: str
    """What to do about it, in words."""
    version: str = ""

    def predict(
        self, firm: Firm, history: LoadHistory, issue_time: datetime, steps: int
    ) -> LoadForecast:
        """Refuse: there is no model."""
        return predict_one(self, firm, history, issue_time, steps)

    def predict_many(
        self, firm: Firm, history: LoadHistory, issue_times: Instants, steps: int
    ) -> KilowattArray:
        """Refuse: there is no model."""
        del firm, history, issue_times, steps
        raise NoModelError(self.missing)


def build(settings: Settings) -> Application:
    """Open the ledger, load the champion and wire the use cases."""
    ledger = open_store(settings)
    windows = WindowedStore(ledger)
    planner = Planner(
        store=windows,
        forecaster=_champion(settings),
        scheduler=_cheapest_plan,
        suggestions=SuggestionStore(engine=ledger.engine),
        settings=settings,
    )
    return Application(
        planner=planner, readiness=Readiness(planner=planner), ledger=ledger, windows=windows
    )


def create_app() -> FastAPI:
    """Return the mounted routes; they answer once :func:`connect` has given them a planner."""
    app = FastAPI(
        title="sandan",
        version=version("sandan"),
        docs_url=None,  # both would fetch their scripts from a CDN; /docs is a page of ours
        redoc_url=None,
        openapi_url=None,
    )
    for routes in ROUTES:
        app.include_router(routes)
    document: dict[str, Any] = {}

    @app.get("/openapi.json", include_in_schema=False)
    @app.get("/docs.json", include_in_schema=False)  # BentoML's own would tell half of it
    def openapi() -> dict[str, Any]:
        if not document:
            document.update(openapi_document(app))
        return document

    mount_pages(app, openapi)
    app.add_exception_handler(Exception, _answer_error)
    for error in (SandanError, RequestValidationError, HTTPException):
        app.add_exception_handler(error, _answer_error)
    return app


def connect(app: FastAPI, application: Application) -> None:
    """Give the routes of ``app`` what they answer from."""
    app.state.planner = application.planner
    app.state.ledger = application.ledger
    app.state.watch = MeterWatch.of(application.ledger)


async def _answer_error(request: Request, error: Exception) -> Response:
    """Answer an error as a problem document to a program, as a page to a person."""
    document = _problem(request.url.path, error)
    if request.url.path.startswith("/v1/"):
        return problem_response(document)
    kind = document.type.rpartition("/")[2]
    shown = ProblemPage(kind=kind, status=document.status, detail=document.detail)
    return problem_page(request, shown)


def _problem(path: str, error: Exception) -> Problem:
    match error:
        case SandanError():
            return problem_of(error)
        case RequestValidationError():
            return problem(INVALID, f"{validation_complaints(list(error.errors()))}; see /docs")
        case HTTPException(status_code=status) if status < HTTPStatus.INTERNAL_SERVER_ERROR:
            return problem_of_status(status, path)
        case _:
            return problem_of_status(HTTPStatus.INTERNAL_SERVER_ERROR, path)


def _champion(settings: Settings) -> Forecaster:
    from models.registry.champion import load_champion  # mlflow takes seconds to import

    try:
        return load_champion(settings)
    except NoModelError as error:
        return NoForecaster(missing=str(error))


def _cheapest_plan(
    firm: Firm, history: LoadHistory, forecast: LoadForecast, *, time_limit_s: float
) -> Outcome:
    from models.optimizer.plan import plan  # cvxpy takes seconds to import

    return plan(firm, history, forecast, time_limit_s=time_limit_s)
