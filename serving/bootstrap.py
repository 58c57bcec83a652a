"""The one place where the service is put together: stores, model, use cases, routes."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from http import HTTPStatus
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from feature_store.errors import NoModelError, SandanError
from feature_store.settings import Settings
from feature_store.storage.ledger_store import LedgerStore, open_store
from feature_store.storage.meter_watch import MeterWatch
from feature_store.storage.recent_window import WindowedStore
from models.dispatch.firm_plan import PeakValues
from models.forecasting.ladder import ForecastLadder
from models.forecasting.load_forecast import QualityReason
from models.forecasting.typical_firm import LearntInTraining, TypicalFirmsSource
from models.forecasting.typical_of_store import TypicalOfStore
from models.registry.bundle_error import BundleError, OtherModelError
from models.registry.local_registry import refuse_if_never_made
from serving.api import (
    advice_routes,
    bill_routes,
    complex_routes,
    explanation_routes,
    firm_routes,
    peak_routes,
    quality_routes,
    reading_routes,
    schedule_routes,
    set_point_routes,
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
from serving.set_points import SetPoints
from serving.suggestions.suggestion_store import SuggestionStore
from serving.web.mount import mount_pages
from serving.web.problem_page import ProblemPage, problem_page

logger = logging.getLogger(__name__)

GUARDS = (NativeErrors, BodyLimit, SameOriginWrites, SecurityHeaders)
"""Middleware around every route, innermost first."""
ROUTES = (
    firm_routes.router,
    reading_routes.router,
    schedule_routes.router,
    set_point_routes.router,
    suggestion_routes.router,
    bill_routes.router,
    worked_bill_routes.router,
    advice_routes.router,
    quality_routes.router,
    explanation_routes.router,
    peak_routes.router,
    complex_routes.router,
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


def build(settings: Settings) -> Application:
    """Open the ledger, load the champion if there is one and wire the use cases."""
    ledger = open_store(settings)
    windows = WindowedStore(ledger)
    ladder = _ladder(settings, TypicalOfStore(store=windows, state=ledger.last_import_id))
    peak_values = PeakValues()
    planner = Planner(
        store=windows,
        forecaster=ladder,
        scheduler=peak_values.plan,
        peak_values=peak_values,
        suggestions=SuggestionStore(engine=ledger.engine),
        settings=settings,
        without_model=None if ladder.model else ladder.without_model,
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
    app.state.set_points = SetPoints(planner=application.planner)
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


def _ladder(settings: Settings, of_ledger: TypicalFirmsSource) -> ForecastLadder:
    """Load what forecasts: the champion with the typical firms that it learnt.

    The service starts without a model too: the ladder then says why there is none, and typical
    firms are those of the ledger.
    """
    why: QualityReason
    try:
        refuse_if_never_made(settings)
        from models.registry.champion import load_champion  # lightgbm and mlflow take seconds

        champion = load_champion(settings)
    except NoModelError as error:
        logger.warning("%s; until then forecasts are made without a model", error)
        why = "no_model"
    except OtherModelError as error:
        logger.warning("%s; until then forecasts are made without a model", error)
        why = "model_of_other_features"
    except BundleError as error:
        logger.warning("%s; until then forecasts are made without a model", error)
        why = "model_failed"
    except Exception:  # the registry may be out of reach, or hold what no version of ours wrote
        logger.exception(
            "the model cannot be loaded from %s; forecasts are made without one, see to the "
            "registry or run 'sandan train', and restart",
            settings.tracking_uri,
        )
        why = "model_failed"
    else:
        learnt = LearntInTraining(firms=champion.typical)
        typical = learnt if champion.typical.shapes else of_ledger
        return ForecastLadder(model=champion.forecaster, typical=typical)
    return ForecastLadder(model=None, typical=of_ledger, without_model=why)
