"""Forecast and schedule over the wire; BentoML serves them, this says what is answered."""

from __future__ import annotations

from models.optimizer.schedule import Infeasible, Solved, TimedOut
from serving.api.answers import ForecastRequest, ScheduleRequest
from serving.api.problem import Problem, problem_of_outcome
from serving.planner import Planner
from serving.suggestions.documents import (
    ForecastDocument,
    ScheduleDocument,
    forecast_document,
    schedule_document,
)


def answer_forecast(planner: Planner, asked: ForecastRequest) -> ForecastDocument:
    """Forecast a firm's load."""
    forecast = planner.forecast(asked.firm_id, asked.issue_time, asked.steps)
    return forecast_document(forecast, planner.firm(asked.firm_id).zone)


def answer_schedule(planner: Planner, asked: ScheduleRequest) -> ScheduleDocument | Problem:
    """Plan a firm's equipment without proposing the plan."""
    made = planner.plan(asked.firm_id, asked.issue_time)
    match made.outcome:
        case Solved(schedule=schedule):
            return schedule_document(schedule, made.forecast, planner.firm(asked.firm_id).zone)
        case (Infeasible() | TimedOut()) as outcome:
            return problem_of_outcome(asked.firm_id, outcome)
