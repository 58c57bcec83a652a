"""What a forecast is made of, over the API: its parts add up to the median that is answered."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from models.forecasting.explained_forecast import REASONS, NotExplainedError
from models.forecasting.lightgbm_quantiles import LightGBMQuantiles
from serving.api.answers import ForecastRequest
from serving.api.explanation_routes import PartsDocument
from serving.api.prediction import answer_forecast
from tests.fakes.fitted_model import VERSION, a_fitted_model
from tests.fakes.forecaster import FailingForecaster, LastWeekForecaster
from tests.serving.conftest import FIRM
from tests.serving.explained_works import (
    IDLE,
    NEW,
    NOW,
    READ,
    SILENT,
    fill_home,
    serve_explained,
)


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    return fill_home(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def served(settings):
    served = serve_explained(settings, a_fitted_model())
    yield served
    served.application.close()


def asked(served, firm_id: str, issue_time: datetime | None):
    params = {} if issue_time is None else {"issue_time": issue_time.isoformat()}
    return served.client.get(f"/v1/firms/{firm_id}/forecast/explanation", params=params)


@pytest.mark.parametrize("firm_id", [FIRM, IDLE])
@pytest.mark.parametrize(
    "issue_time",
    [None, NOW, READ - timedelta(days=3, hours=-10, minutes=-15)],
    ids=["from the newest reading", "hours after it", "days before it"],
)
def test_the_parts_add_up_to_the_median_of_the_forecast(served, firm_id, issue_time):
    answer = asked(served, firm_id, issue_time)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    request = ForecastRequest(firm_id=firm_id, issue_time=issue_time and issue_time.isoformat())
    forecast = answer_forecast(served.planner, request).model_dump(mode="json")
    for name in ("firm_id", "issue_time", "model_version", "timezone", "quality", "reasons"):
        assert told[name] == forecast[name], name
    assert [one["valid_time"] for one in told["series"]] == forecast["valid_times"]
    assert [one["median_kw"] for one in told["series"]] == forecast["quantiles"]["q0.5"]
    for one in told["series"]:
        assert sum(one["parts_kw"].values()) == pytest.approx(one["median_kw"], abs=1e-6)


def test_a_working_firm_is_explained_by_its_usual_day_first(served):
    noon = asked(served, FIRM, None).json()["series"][40]
    parts_kw = noon["parts_kw"]
    assert max(parts_kw, key=parts_kw.get) == "weekday_profile"
    assert parts_kw["weekday_profile"] > noon["median_kw"] / 2
    assert parts_kw["closure"] == 0


def test_every_reason_is_a_documented_part():
    assert tuple(PartsDocument.model_fields) == REASONS


@pytest.mark.parametrize("firm_id", [NEW, SILENT])
def test_a_firm_with_hardly_a_reading_is_told_what_is_lacking(served, firm_id):
    answer = asked(served, firm_id, None)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/not-explained")
    assert f"{firm_id}: this forecast was made without the model" in answer.json()["detail"]
    assert "7 days of readings" in answer.json()["detail"]


class Unexplained(LightGBMQuantiles):
    """Boosters that predict and cannot say why."""

    def median_parts(self, rows, firm_id):
        """Fail."""
        raise RuntimeError(f"no parts of {len(rows.values)} rows of {firm_id[0]}")


BOOSTERS = a_fitted_model().boosters
UNEXPLAINED = replace(a_fitted_model(), boosters=Unexplained(**vars(BOOSTERS)))


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (None, "made without the model; run 'sandan train' and restart"),
        (FailingForecaster(RuntimeError("broken"), VERSION), "made without the model; the server"),
        (LastWeekForecaster(), "made without the model that can be explained; last-week/1"),
        (UNEXPLAINED, "could not be worked out; the server's log"),
    ],
    ids=["no model", "a model that fails", "a model of another kind", "parts that fail"],
)
def test_what_made_the_forecast_without_reasons_is_told(settings, model, said):
    served = serve_explained(settings, model)
    answer = asked(served, FIRM, None)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/not-explained")
    assert said in answer.json()["detail"]
    assert served.planner.forecast(FIRM).median_kw.max() > 0  # it stands all the same
    served.application.close()


def test_a_forecaster_that_explains_nothing_says_so(served):
    planner = replace(served.planner, forecaster=LastWeekForecaster())
    with pytest.raises(NotExplainedError, match=r"kiln_works: .* last-week/1 does not tell"):
        planner.explanation(FIRM)


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("nobody/forecast/explanation", "404 unknown-firm"),
        (f"{FIRM}/forecast/explanation?issue_time=2027-01-01T00:00:00Z", "422 issue-time"),
        (f"{FIRM}/forecast/explanation?issue_time=2026-03-20T00:05:00Z", "422 issue-time"),
        (f"{FIRM}/forecast/explanation?issue_time=yesterday", "422 invalid-request"),
        (f"{FIRM}/forecast/explanation?steps=4", "422 invalid-request"),
    ],
)
def test_what_cannot_be_asked_is_a_named_problem(served, path, problem):
    answer = served.client.get(f"/v1/firms/{path}")
    status, kind = problem.split()
    assert (answer.status_code, answer.json()["type"]) == (int(status), f"/problems/{kind}")
