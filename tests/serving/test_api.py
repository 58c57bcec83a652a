"""The REST interface: units, offsets and versions on every answer, a problem for every error."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from feature_store.errors import NotEnoughReadingsError
from models.forecasting.load_forecast import QUANTILES, quantile_key
from models.optimizer.schedule import Infeasible, TimedOut
from serving.api.answers import ForecastRequest, ScheduleAnswer, ScheduleRequest
from serving.api.prediction import answer_forecast, answer_schedule
from serving.api.problem import EVERY_KIND, KINDS, Problem, problem_of
from tests.builders import a_firm
from tests.fakes.forecaster import FailingForecaster
from tests.fakes.scheduler import (
    SAVED_KRW,
    UNPROVED_KRW,
    LateScheduler,
    NoScheduler,
    OneJobScheduler,
)
from tests.serving.conftest import FIRM, NOW, Served, serve

SUGGESTIONS = f"/v1/firms/{FIRM}/suggestions"


def test_a_forecast_states_units_offsets_version_and_quantiles_by_name(served: Served):
    answer = answer_forecast(served.planner, ForecastRequest(firm_id=FIRM, steps=8))
    body = answer.model_dump(mode="json")
    assert list(body["quantiles"]) == [quantile_key(level) for level in QUANTILES]
    assert (body["unit"], body["interval"], body["timezone"]) == ("kW", "PT15M", "Asia/Seoul")
    assert body["model_version"] == "last-week/1"
    assert body["valid_times"][:2] == ["2026-03-23T00:00:00+09:00", "2026-03-23T00:15:00+09:00"]
    assert {len(series) for series in body["quantiles"].values()} == {8}
    for lower, upper in pairwise(QUANTILES):
        pairs = zip(
            body["quantiles"][quantile_key(lower)],
            body["quantiles"][quantile_key(upper)],
            strict=True,
        )
        assert all(low <= high for low, high in pairs)


def test_a_schedule_says_what_moves_and_what_it_saves(served: Served):
    body = answer_schedule(served.planner, ScheduleRequest(firm_id=FIRM)).model_dump(mode="json")
    assert body["saved_krw"] == pytest.approx(SAVED_KRW)
    assert body["moves"][0]["reason"] == "cheaper_hours"
    assert body["moves"][0]["limits"] == [
        {"limit": "window_end", "others": []},
        {"limit": "crew", "others": ["건조로"]},
    ]
    assert body["moves"][0]["planned"][0]["start"] == "2026-03-23T10:00:00+09:00"
    assert body["model_version"] == "last-week/1"
    assert len(body["planned_import_kw"]) == len(body["valid_times"])
    assert body["usual_cost"]["total_krw"] - body["planned_cost"]["total_krw"] == pytest.approx(
        body["saved_krw"]
    )


@pytest.mark.parametrize(
    ("nothing", "status", "kind"),
    [
        (Infeasible(reason="kiln: does not fit; widen it"), 409, "infeasible"),
        (TimedOut(time_limit_s=1.0), 503, "solver-timed-out"),
    ],
)
def test_no_schedule_is_a_problem_never_a_schedule(serve_with, nothing, status, kind):
    served = serve_with(NoScheduler(nothing))
    direct = answer_schedule(served.planner, ScheduleRequest(firm_id=FIRM))
    posted = served.client.post(f"/v1/firms/{FIRM}/suggestions")
    assert isinstance(direct, Problem)
    assert direct.status == posted.status_code == status
    assert direct.type == posted.json()["type"] == f"/problems/{kind}"


def test_a_plan_that_is_not_proved_is_shown_as_such_and_not_proposed(serve_with):
    served = serve_with(OneJobScheduler())
    suggestion_id = served.suggestion_id()
    served.planner.decide(suggestion_id, verdict="accepted", decided_by="Kim", reason="")
    proved = answer_schedule(served.planner, ScheduleRequest(firm_id=FIRM))
    assert isinstance(proved, ScheduleAnswer)
    assert (proved.proved, proved.gap_krw, proved.reason) == (True, None, None)
    planner = replace(served.planner, scheduler=LateScheduler())
    unproved = answer_schedule(planner, ScheduleRequest(firm_id=FIRM))
    assert isinstance(unproved, ScheduleAnswer)
    assert (unproved.proved, unproved.gap_krw) == (False, UNPROVED_KRW)
    assert f"the accepted plan {suggestion_id} goes on" in str(unproved.reason)
    assert unproved.moves == proved.moves
    assert isinstance(planner.suggest(FIRM, NOW - timedelta(hours=1)), TimedOut)


def test_where_no_forecast_succeeds_what_is_stored_is_served_and_the_service_is_not_ready(
    serve_with,
):
    suggestion_id = serve_with().suggestion_id()
    failing = FailingForecaster(NotEnoughReadingsError("nothing is known; import some"))
    served = serve_with(forecaster=failing)
    assert served.client.get(f"/v1/suggestions/{suggestion_id}").status_code == 200
    refused = served.client.post(f"/v1/firms/{FIRM}/suggestions")
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/not-enough-readings")
    assert not served.application.readiness.is_ready()


def test_ready_only_after_a_forecast(serve_with):
    forecasts: list[str] = []

    class Counting(FailingForecaster):
        """Answers from the second firm on, so that the first failure does not decide."""

        def predict(self, firm, *_):
            forecasts.append(firm.firm_id)
            return serve_with().planner.forecast(firm.firm_id)

    counting = Counting(RuntimeError("never raised"))
    readiness = serve_with(forecaster=counting).application.readiness
    assert forecasts == []
    assert readiness.is_ready()
    assert readiness.is_ready()
    assert forecasts == ["dye_works", FIRM]  # the first has no readings; once proved, no more


def test_ready_while_no_firm_is_declared_but_not_for_good(settings):
    """Nothing can be forecast then; what is sent can be taken."""
    failing = FailingForecaster(NotEnoughReadingsError("nothing is known; import some"))
    served = serve(settings, OneJobScheduler(), failing)
    assert served.application.readiness.is_ready()
    served.application.ledger.declare(a_firm(FIRM), known_at=NOW)
    assert not served.application.readiness.is_ready()
    served.application.close()


def test_firms_are_listed_with_their_freshness(served: Served):
    firms = served.client.get("/v1/firms").json()["firms"]
    assert [firm["firm_id"] for firm in firms] == ["dye_works", FIRM]
    assert firms[0]["readings_end"] is None
    assert datetime.fromisoformat(firms[1]["readings_end"]) == NOW
    assert served.client.get(f"/v1/firms/{FIRM}").json() == firms[1]


def test_a_suggestion_is_created_with_its_place_and_read_from_there(served: Served):
    made = served.client.post(
        f"/v1/firms/{FIRM}/suggestions", json={"issue_time": "2026-03-22T14:00:00Z"}
    )
    assert made.status_code == 201
    read = served.client.get(made.headers["location"])
    assert read.json() == made.json()
    assert read.json()["forecast"]["issue_time"] == "2026-03-22T23:00:00+09:00"
    listed = served.client.get(f"/v1/firms/{FIRM}/suggestions").json()["suggestions"]
    assert [one["suggestion_id"] for one in listed] == [made.json()["suggestion_id"]]


@pytest.mark.parametrize(
    ("request_line", "body", "problem"),
    [
        ("GET /v1/firms/nobody", None, "404 unknown-firm"),
        ("GET /v1/firms/nobody/suggestions", None, "404 unknown-firm"),
        ("POST /v1/firms/nobody/suggestions", None, "404 unknown-firm"),
        ("POST /v1/firms/dye_works/suggestions", None, "409 not-enough-readings"),
        ("GET /v1/suggestions/nothing", None, "404 unknown-suggestion"),
        ("GET /v1/elsewhere", None, "404 not-found"),
        ("POST /v1/firms", None, "405 method-not-allowed"),
        (f"GET {SUGGESTIONS}?limit=0", None, "422 invalid-request"),
        (f"POST {SUGGESTIONS}", {"issue_time": "2026-03-20T00:00:00"}, "422 invalid-request"),
        (f"POST {SUGGESTIONS}", {"issue_time": "2027-03-20T00:00:00Z"}, "422 issue-time"),
        (f"POST {SUGGESTIONS}", {"isue_time": None}, "422 invalid-request"),
    ],
)
def test_every_error_is_a_problem_document(served: Served, request_line, body, problem):
    method, path = request_line.split()
    status, kind = problem.split()
    options = {} if body is None else {"json": body}
    answer = getattr(served.client, method.lower())(path, **options)
    assert answer.status_code == answer.json()["status"] == int(status)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == f"/problems/{kind}"
    assert set(answer.json()) == {"type", "title", "status", "detail"}


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("0001-01-01T00:00:00+09:00", "write one from 2000 to 2099"),
        ("9999-12-31T23:45:00-23:00", "write one from 2000 to 2099"),
        ("2026-03-20T00:00:00", "write 2026-03-20T00:00:00+09:00"),
        ("2026-03-20 00:00:00+09:00", "write text such as 2026-11-19T06:00:00+09:00"),
        ("2026-03-20", "write text such as"),
        ("1774000800", "write text such as"),
        (1774000800, "write text such as"),
        (True, "write text such as"),
        ("2026-02-30T00:00:00+09:00", "issue_time"),
    ],
)
def test_an_issue_time_that_is_no_usable_rfc_3339_text_is_told_what_to_write(
    served: Served, written, told
):
    answer = served.client.post(SUGGESTIONS, json={"issue_time": written})
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-request")
    assert told in answer.json()["detail"]


def test_an_unforeseen_error_tells_a_caller_nothing_of_the_inside(serve_with):
    broken = FailingForecaster(RuntimeError("the secret path"))
    answer = serve_with(forecaster=broken).client.post(f"/v1/firms/{FIRM}/suggestions")
    assert (answer.status_code, answer.json()["type"]) == (500, "/problems/unexpected")
    assert "secret" not in answer.text


def test_an_error_of_a_kind_nobody_listed_is_still_a_problem():
    class OddError(NotEnoughReadingsError):
        """A later kind of missing readings."""

    assert problem_of(OddError("odd; mend it")).type == "/problems/not-enough-readings"


def test_each_kind_of_problem_has_a_name_of_its_own():
    assert len({kind.slug for kind in EVERY_KIND}) == len(EVERY_KIND)
    assert set(KINDS.values()) <= set(EVERY_KIND)
