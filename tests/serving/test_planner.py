"""The planner uses only what was known, proposes once, and says plainly when there is no plan."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest

from feature_store.errors import NaiveTimeError, NotEnoughReadingsError, UnknownFirmError
from feature_store.time_grid import STEPS_PER_DAY
from models.optimizer.schedule import AcceptedPlan, Infeasible, Solved, TimedOut
from serving.planner import IssueTimeError
from serving.suggestions.suggestion import Suggestion
from tests.builders import a_batch, a_firm
from tests.fakes.forecaster import LastWeekForecaster
from tests.fakes.scheduler import NoScheduler, OneJobScheduler
from tests.serving.conftest import FIRM, NOW, Served, serve


def test_a_forecast_begins_where_the_readings_end(served: Served):
    forecast = served.planner.forecast(FIRM)
    assert forecast.issue_time == NOW
    assert forecast.grid.steps == 2 * STEPS_PER_DAY


def test_readings_known_later_change_no_forecast_of_an_earlier_moment(served: Served):
    earlier = NOW - timedelta(days=3)
    before, now_before = served.planner.forecast(FIRM, earlier), served.planner.forecast(FIRM)
    doubled = a_batch([60.0] * 5 * STEPS_PER_DAY, start=NOW - timedelta(days=10))
    served.application.ledger.append(doubled, recorded_at=NOW)
    assert np.array_equal(served.planner.forecast(FIRM, earlier).demand_kw, before.demand_kw)
    assert not np.array_equal(served.planner.forecast(FIRM).demand_kw, now_before.demand_kw)


def test_a_declaration_known_later_changes_no_schedule_of_an_earlier_moment(served: Served):
    earlier = NOW - timedelta(days=3)
    seen = []

    def remembering(firm, *asked, **limits):
        seen.append(firm)
        return OneJobScheduler()(firm, *asked, **limits)

    planner = replace(served.planner, scheduler=remembering)
    closed = a_firm(FIRM, closure_days=[(NOW + timedelta(days=1)).date()])
    served.application.ledger.declare(closed, known_at=NOW - timedelta(days=1))
    planner.schedule(FIRM, earlier)
    planner.schedule(FIRM)
    assert [firm.closure_days for firm in seen] == [(), closed.closure_days]


def test_the_same_firm_moment_and_model_give_the_suggestion_stored_first(serve_with):
    scheduler = OneJobScheduler()
    planner = serve_with(scheduler).planner
    first, second = planner.suggest(FIRM), planner.suggest(FIRM)
    assert isinstance(first, Suggestion)
    assert isinstance(second, Suggestion)
    assert first.suggestion_id == second.suggestion_id
    assert scheduler.calls == 1


def test_another_model_makes_a_suggestion_of_its_own(serve_with):
    first = serve_with().planner.suggest(FIRM)
    second = serve_with(forecaster=LastWeekForecaster("last-week/2")).planner.suggest(FIRM)
    assert first.suggestion_id != second.suggestion_id


def test_newer_readings_make_a_new_suggestion(served: Served):
    assert served.planner.suggest(FIRM, NOW - timedelta(hours=1)).issue_time < NOW
    assert served.planner.suggest(FIRM).issue_time == NOW


def test_two_who_propose_the_same_get_the_one_that_was_first(served: Served):
    planner = served.planner
    outcome = planner.schedule(FIRM)
    assert isinstance(outcome, Solved)
    forecast = planner.forecast(FIRM)
    made = [
        planner.suggestions.propose(
            forecast, outcome.schedule, zone=planner.firm(FIRM).zone, created_at=when
        )
        for when in (NOW, NOW + timedelta(minutes=1))
    ]
    assert made[0].created_at == made[1].created_at == NOW


@pytest.mark.parametrize(
    "nothing", [Infeasible(reason="kiln: does not fit; widen it"), TimedOut(time_limit_s=1.0)]
)
def test_where_there_is_no_schedule_nothing_is_proposed(serve_with, nothing):
    planner = serve_with(NoScheduler(nothing)).planner
    assert planner.suggest(FIRM) == nothing
    assert planner.suggestions.of_firm(FIRM, limit=5) == ()


def test_where_the_time_ends_the_accepted_plan_that_goes_on_is_named(serve_with):
    planner = serve_with(OneJobScheduler()).planner
    accepted = planner.suggest(FIRM, NOW - timedelta(hours=2))
    assert isinstance(accepted, Suggestion)
    planner.suggest(FIRM, NOW - timedelta(hours=1))  # newer, but nobody decided on it
    late = replace(planner, scheduler=NoScheduler(TimedOut(time_limit_s=1.0)))
    assert late.suggest(FIRM) == TimedOut(time_limit_s=1.0)
    planner.decide(accepted.suggestion_id, verdict="accepted", decided_by="Kim", reason="")
    outcome = late.suggest(FIRM)
    end = accepted.schedule.grid.end
    assert outcome == TimedOut(
        time_limit_s=1.0,
        last_accepted=AcceptedPlan(plan_id=accepted.suggestion_id, until=end),
    )
    assert accepted.suggestion_id in outcome.reason
    later = replace(late, settings=late.settings.model_copy(update={"replay_time": end}))
    assert later.suggest(FIRM, end) == TimedOut(time_limit_s=1.0)


def test_what_was_proposed_is_read_back_as_it_was(served: Served):
    outcome = served.planner.schedule(FIRM)
    assert isinstance(outcome, Solved)
    stored = served.planner.suggest(FIRM).schedule
    made = outcome.schedule
    for name in ("usual_cost", "planned_cost", "moves", "demand_floor_kw", "issue_time", "grid"):
        assert getattr(stored, name) == getattr(made, name), name
    assert stored.equipment_kw.keys() == made.equipment_kw.keys()
    assert np.allclose(stored.planned_import_kw, made.planned_import_kw, atol=0.0005)


def test_a_moment_that_cannot_be_asked_about_is_refused_with_what_to_write(served: Served):
    with pytest.raises(IssueTimeError, match="not come yet"):
        served.planner.forecast(FIRM, NOW + timedelta(hours=1))
    with pytest.raises(IssueTimeError, match="quarter hour; write"):
        served.planner.forecast(FIRM, NOW - timedelta(minutes=7))
    with pytest.raises(NaiveTimeError):
        served.planner.forecast(FIRM, datetime(2026, 3, 20))  # noqa: DTZ001 (that is the point)


def test_a_firm_nobody_declared_or_without_readings_is_said_to_be_so(served: Served):
    with pytest.raises(UnknownFirmError):
        served.planner.forecast("nobody")
    with pytest.raises(NotEnoughReadingsError):
        served.planner.forecast("dye_works")
    assert served.planner.readings_end("dye_works") is None


def test_the_newest_reading_is_found_however_old_it_is(serve_with, settings):
    serve_with()
    for age in (timedelta(days=30), timedelta(days=300)):
        later = settings.model_copy(update={"replay_time": NOW + age})
        served = serve(later, OneJobScheduler())
        assert served.planner.readings_end(FIRM) == NOW
        served.application.close()


def test_readings_that_stopped_long_ago_are_forecast_from_where_they_end(serve_with, settings):
    at_once = serve_with().planner.forecast(FIRM)
    later = settings.model_copy(update={"replay_time": NOW + timedelta(days=500)})
    served = serve(later, OneJobScheduler())
    forecast = served.planner.forecast(FIRM)
    outcome = served.planner.schedule(FIRM)
    served.application.close()
    assert forecast.issue_time == NOW
    assert np.array_equal(forecast.demand_kw, at_once.demand_kw)
    assert isinstance(outcome, Solved)
