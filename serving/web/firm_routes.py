"""The operators' pages: the list of firms, a firm, and the forms that propose and decide."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import JSONResponse, RedirectResponse
from pydantic import BaseModel, Field
from starlette.background import BackgroundTask
from starlette.responses import Response

from feature_store.storage.meter_watch import MeterWatch
from feature_store.time_grid import STEPS_PER_HOUR
from models.optimizer.monthly_saving import saved_krw_per_month
from models.optimizer.schedule import Infeasible, TimedOut
from serving.in_use import PlannerInUse, WatchInUse
from serving.planner import Planner
from serving.suggestions.suggestion import (
    AlreadyDecidedError,
    Suggestion,
    UnreadableDecisionError,
    Verdict,
)
from serving.web.battery_panel import has_battery
from serving.web.chart_data import chart_data
from serving.web.chart_drawing import draw_chart
from serving.web.data_section import FINDINGS_SHOWN
from serving.web.firm_list import firm_list
from serving.web.firm_page import chart_of, firm_page, newest_suggestion
from serving.web.forecast_parts import BAR_WIDTH
from serving.web.gantt import draw_gantt
from serving.web.language import texts_for
from serving.web.notices import notices_for
from serving.web.peaks_drawing import draw_peaks
from serving.web.peaks_to_come import LEAST_CHANCE
from serving.web.plan_peak import peak_of_plan
from serving.web.problem_page import ProblemPage, problem_page
from serving.web.rendering import page
from serving.web.words import (
    ACTIONS,
    ALTERNATIVES,
    BANDS,
    BINDING_LIMITS,
    DEMAND_ORIGINS,
    EQUIPMENT_KINDS,
    FORECAST_PARTS,
    FORECAST_QUALITIES,
    FORECAST_REASONS,
    FRESHNESS,
    LIMITS,
    REASONS,
    SEVERITIES,
    STATES,
    TARIFF_CLASSES,
    UNEXPLAINED,
    VOLTAGES,
    state_key,
)

router = APIRouter(include_in_schema=False)


class DecisionForm(BaseModel):
    """What the decision's form sends; what is missing is told beside its field."""

    decision: Verdict
    decided_by: str = Field(default="", max_length=120)
    reason: str = Field(default="", max_length=2000)


WORDS: dict[str, object] = {
    "actions": ACTIONS,
    "alternatives": ALTERNATIVES,
    "bands": BANDS,
    "binding_limits": BINDING_LIMITS,
    "demand_origins": DEMAND_ORIGINS,
    "equipment_kinds": EQUIPMENT_KINDS,
    "forecast_parts": FORECAST_PARTS,
    "forecast_qualities": FORECAST_QUALITIES,
    "forecast_reasons": FORECAST_REASONS,
    "freshness_states": FRESHNESS,
    "limits": LIMITS,
    "severities": SEVERITIES,
    "reasons": REASONS,
    "states": STATES,
    "state_key": state_key,
    "tariff_classes": TARIFF_CLASSES,
    "unexplained": UNEXPLAINED,
    "voltages": VOLTAGES,
}


@router.get("/")
def list_page(request: Request, planner: PlannerInUse, watch: WatchInUse) -> Response:
    """All firms, the largest saving first."""
    listed = firm_list(planner, watch)
    content: dict[str, object] = {
        "list": listed,
        "now": planner.now(),
        "notices": notices_for(planner, tuple(row.firm.firm_id for row in listed.rows)),
    }
    return page(request, "firms.html", WORDS | content)


@router.get("/firms/{firm_id}")
def newest_page(
    firm_id: str, request: Request, planner: PlannerInUse, watch: WatchInUse
) -> Response:
    """A firm with its newest suggestion."""
    planner.firm(firm_id)
    return _firm_page(request, planner, watch, firm_id, newest_suggestion(planner, firm_id))


@router.get("/suggestions/{suggestion_id}")
def suggestion_page(
    suggestion_id: str, request: Request, planner: PlannerInUse, watch: WatchInUse
) -> Response:
    """A firm with the suggestion asked for."""
    suggestion = planner.suggestions.get(suggestion_id)
    return _firm_page(request, planner, watch, suggestion.firm_id, suggestion)


@router.get("/suggestions/{suggestion_id}/limits")
def limits_page(suggestion_id: str, request: Request, planner: PlannerInUse) -> Response:
    """What more of each limit would be worth, and other plans; worked out when it is asked for."""
    suggestion = planner.suggestions.get(suggestion_id)
    content: dict[str, object] = {
        "firm": planner.firm(suggestion.firm_id),
        "suggestion": suggestion,
        "found": planner.limits(suggestion),
        "notices": notices_for(planner, (suggestion.firm_id,)),
    }
    return page(request, "limits.html", WORDS | content)


@router.get("/firms/{firm_id}/chart.json")
def newest_chart(firm_id: str, request: Request, planner: PlannerInUse) -> JSONResponse:
    """What the script draws while a firm has no suggestion."""
    chart = chart_of(planner, planner.firm(firm_id), newest_suggestion(planner, firm_id))
    return JSONResponse(chart_data(chart, texts_for(request)))


@router.get("/suggestions/{suggestion_id}/chart.json")
def suggestion_chart(suggestion_id: str, request: Request, planner: PlannerInUse) -> JSONResponse:
    """What the script draws of a suggestion."""
    suggestion = planner.suggestions.get(suggestion_id)
    chart = chart_of(planner, planner.firm(suggestion.firm_id), suggestion)
    return JSONResponse(chart_data(chart, texts_for(request)))


@router.post("/firms/{firm_id}/suggestions")
def make_suggestion(firm_id: str, request: Request, planner: PlannerInUse) -> Response:
    """Plan, propose, and show the page with the proposal."""
    back = f"/firms/{firm_id}"
    match planner.suggest(firm_id):
        case Suggestion():
            return RedirectResponse(back, status_code=303)
        case Infeasible(reason=reason):
            problem = ProblemPage(kind="infeasible", status=409, detail=reason, back=back)
        case TimedOut() as outcome:
            detail = f"{outcome.reason}; try again"
            problem = ProblemPage(kind="solver-timed-out", status=503, detail=detail, back=back)
    return problem_page(request, problem)


@router.post("/suggestions/{suggestion_id}/decision")
def decide(
    suggestion_id: str,
    request: Request,
    planner: PlannerInUse,
    watch: WatchInUse,
    form: Annotated[DecisionForm, Form()],
) -> Response:
    """Record the decision and show it; a second one is told of the first."""
    try:
        planner.decide(
            suggestion_id, verdict=form.decision, decided_by=form.decided_by, reason=form.reason
        )
    except UnreadableDecisionError:
        suggestion = planner.suggestions.get(suggestion_id)
        return _firm_page(request, planner, watch, suggestion.firm_id, suggestion, refused=form)
    except AlreadyDecidedError as error:
        return _already_decided(request, planner, error)
    return RedirectResponse(f"/suggestions/{suggestion_id}", status_code=303)


def _firm_page(  # noqa: PLR0913  what is shown, and the two doors to it
    request: Request,
    planner: Planner,
    watch: MeterWatch,
    firm_id: str,
    suggestion: Suggestion | None,
    *,
    refused: DecisionForm | None = None,
) -> Response:
    firm = planner.firm(firm_id)
    shown = firm_page(planner, watch, firm, suggestion)
    peaks = shown.data.peaks
    path = f"/suggestions/{suggestion.suggestion_id}" if suggestion else f"/firms/{firm_id}"
    content: dict[str, object] = {
        "page": shown,
        "firm": firm,
        "suggestion": suggestion,
        "schedule": shown.schedule,
        "charts": draw_chart(shown.chart) if shown.chart else (),
        "chart_url": f"{path}/chart.json",
        "gantts": draw_gantt(shown.schedule, firm.zone) if shown.schedule else (),
        "hours": shown.schedule.grid.steps / STEPS_PER_HOUR if shown.schedule else 0,
        "monthly_krw": saved_krw_per_month(shown.schedule, firm) if shown.schedule else 0,
        "refused": refused,
        "peaks_drawings": draw_peaks(peaks) if peaks else (),
        "bar_width": BAR_WIDTH,
        "plan_peak": peak_of_plan(firm, suggestion) if suggestion else None,
        "least_chance": LEAST_CHANCE,
        "has_battery": has_battery(firm),
        "findings_shown": FINDINGS_SHOWN,
        "notices": notices_for(planner, (firm_id,)),
    }
    status = 422 if refused else 200
    answer = page(request, "firm.html", WORDS | content, status=status, path=path)
    answer.background = BackgroundTask(watch.daily_loads.refresh, firm_id)  # for the next reader
    return answer


def _already_decided(request: Request, planner: Planner, error: AlreadyDecidedError) -> Response:
    suggestion = planner.suggestions.get(error.suggestion_id)
    content: dict[str, object] = {
        "firm": planner.firm(suggestion.firm_id),
        "suggestion": suggestion,
        "decision": error.decision,
        "notices": notices_for(planner, (suggestion.firm_id,)),
    }
    path = f"/suggestions/{suggestion.suggestion_id}"
    return page(request, "already_decided.html", WORDS | content, status=409, path=path)
