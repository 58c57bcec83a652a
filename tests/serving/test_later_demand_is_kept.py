"""A stored schedule still knows what of its demand charge falls in later months."""

from dataclasses import replace
from datetime import timedelta

from models.optimizer.monthly_saving import saved_krw_per_month
from models.optimizer.plan import plan
from models.optimizer.schedule import Solved
from serving.suggestions.documents import ScheduleDocument, schedule_document, schedule_of
from tests.builders import SEOUL
from tests.models.optimizer.example_works import ESS, a_day_shape, forecast_of, works
from tests.models.optimizer.test_later_months import HISTORY, JULY_WEDNESDAY

LOAD_KW = a_day_shape(day_kw=500) + 0.0
LOAD_KW[60:64] = 700.0
FORECAST = forecast_of(LOAD_KW, start=JULY_WEDNESDAY + timedelta(days=1))


def a_schedule():
    outcome = plan(works(ESS), HISTORY, FORECAST)
    assert isinstance(outcome, Solved)
    return outcome.schedule


def test_it_comes_back_as_it_was_written():
    schedule = a_schedule()
    assert schedule.usual_cost.later_demand_krw > schedule.planned_cost.later_demand_krw > 0
    written = schedule_document(schedule, FORECAST, SEOUL).model_dump_json()
    read = schedule_of(ScheduleDocument.model_validate_json(written))
    assert read.usual_cost == schedule.usual_cost
    assert read.planned_cost == schedule.planned_cost
    assert (read.peak_krw_per_kw, read.peak_months) == (
        schedule.peak_krw_per_kw,
        schedule.peak_months,
    )
    assert schedule.peak_months == 12
    assert saved_krw_per_month(read, works(ESS)) == saved_krw_per_month(schedule, works(ESS))


def test_one_written_before_has_none():
    schedule = replace(a_schedule(), peak_krw_per_kw=0.0, peak_months=0)
    document = schedule_document(schedule, FORECAST, SEOUL).model_dump(mode="json")
    for cost in (document["usual_cost"], document["planned_cost"]):
        del cost["later_demand_krw"]
    del document["peak_krw_per_kw"], document["peak_months"]
    read = schedule_of(ScheduleDocument.model_validate(document))
    assert read.usual_cost.later_demand_krw == read.peak_krw_per_kw == read.peak_months == 0
