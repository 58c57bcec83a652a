"""A firm that asks for it is planned by what its peak is expected to cost; the answer says so."""

from dataclasses import replace

import pytest

from models.dispatch.firm_plan import PeakValues
from models.optimizer.plan import plan
from models.optimizer.schedule import ExpectedDemand, Solved
from serving.suggestions.documents import ScheduleDocument, schedule_document, schedule_of
from serving.suggestions.suggestion import Suggestion
from tests.builders import SEOUL, a_firm
from tests.models.optimizer.example_works import ESS, a_day_shape, forecast_of, history_of, works
from tests.serving.conftest import FIRM, NOW

FORECAST = forecast_of(a_day_shape())


def a_schedule():
    outcome = plan(works(ESS), history_of(), FORECAST)
    assert isinstance(outcome, Solved)
    return outcome.schedule


@pytest.mark.parametrize(
    ("expected", "because"),
    [
        (ExpectedDemand(usual_krw=3e6, planned_krw=2.5e6, days_left=9), None),
        (None, "few_days"),
        (None, None),
    ],
)
def test_it_comes_back_as_it_was_written(expected, because):
    schedule = replace(a_schedule(), expected_demand=expected, by_bill_because=because)
    written = schedule_document(schedule, FORECAST, SEOUL).model_dump_json()
    read = schedule_of(ScheduleDocument.model_validate_json(written))
    assert read.expected_demand == expected
    assert read.by_bill_because == because


def test_one_written_before_was_chosen_by_its_bill():
    document = schedule_document(a_schedule(), FORECAST, SEOUL).model_dump(mode="json")
    del document["expected_demand"], document["by_bill_because"]
    read = schedule_of(ScheduleDocument.model_validate(document))
    assert read.expected_demand is None
    assert read.by_bill_because is None


def test_three_weeks_of_readings_are_too_few_and_the_plan_says_so(serve_with):
    served = serve_with(PeakValues().plan)
    asked = a_firm(FIRM, peak_pricing="month_value")
    served.application.ledger.declare(asked, known_at=NOW)
    suggestion = served.planner.suggest(FIRM)
    assert isinstance(suggestion, Suggestion)
    assert suggestion.schedule.by_bill_because == "few_days"
    stored = served.planner.suggestions.of_firm(FIRM, limit=1)[0]
    assert stored.schedule.by_bill_because == "few_days"
    told = served.client.get(f"/v1/suggestions/{suggestion.suggestion_id}").json()
    assert "few_days" in str(told)
