"""Forecast and schedule over the wire; BentoML serves them, this says what is answered."""

from __future__ import annotations

from models.optimizer.schedule import Solved, TimedOut
from serving.api.answers import ForecastRequest, ScheduleAnswer, ScheduleRequest
from serving.api.problem import Problem, problem_of_outcome
from serving.planner import Planner
from serving.suggestions.documents import ForecastDocument, forecast_document, schedule_document


def answer_forecast(planner: Planner, asked: ForecastRequest) -> ForecastDocument:
    """Forecast a firm's load."""
    forecast = planner.forecast(asked.firm_id, asked.issue_time, asked.steps)
    return forecast_document(forecast, planner.firm(asked.firm_id).zone)


def answer_schedule(planner: Planner, asked: ScheduleRequest) -> ScheduleAnswer | Problem:
    """Plan a firm's equipment without proposing the plan."""
    made = planner.plan(asked.firm_id, asked.issue_time, asked.told)
    zone = planner.firm(asked.firm_id).zone
    match made.outcome:
        case Solved(schedule=schedule) as solved:
            document = schedule_document(schedule, made.forecast, zone)
            return ScheduleAnswer(
                **dict(document),
                proved=True,
                gap_krw=solved.gap_krw,
                reason=None,
                previous_id=made.previous_id,
            )
        case TimedOut(incumbent=found) as late if found is not None:
            document = schedule_document(found, made.forecast, zone)
            return ScheduleAnswer(
                **dict(document),
                proved=False,
                gap_krw=late.gap_krw,
                reason=late.reason,
                previous_id=made.previous_id,
            )
        case none:
            return problem_of_outcome(asked.firm_id, none)
