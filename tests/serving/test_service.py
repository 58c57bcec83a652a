"""BentoML answers as the rest does: same models, same problems, same guards, pages not shadowed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import anyio
import httpx
import pytest

from feature_store.errors import NotEnoughReadingsError
from serving.service import mounted, service
from serving.suggestions.documents import ForecastDocument, ScheduleDocument
from tests.fakes.forecaster import FailingForecaster
from tests.serving.app_client import ORIGIN
from tests.serving.conftest import FIRM, Served

Ask = Callable[..., list[httpx.Response]]


@pytest.fixture(scope="module")
def app():
    """The whole service; once, because its counters are the process's."""
    return service.to_asgi()


@pytest.fixture
def ask(app, monkeypatch) -> Iterator[Callable[[Served], Ask]]:
    """Send requests to the whole service, started and ended around them."""

    def of(served: Served) -> Ask:
        # BentoML makes the instance itself, with no arguments: only the build can be replaced.
        monkeypatch.setattr("serving.service.build", lambda _: served.application)

        async def answers(requests):
            async with app.router.lifespan_context(app):
                transport = httpx.ASGITransport(app, raise_app_exceptions=False)
                async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
                    return [await client.request(*line, **options) for line, options in requests]

        return lambda *requests: anyio.run(answers, requests)

    yield of
    mounted.state.planner = None


def post(path: str, **body) -> tuple:
    return ("POST", path), {"json": body}


def get(path: str) -> tuple:
    return ("GET", path), {}


def test_forecast_and_schedule_are_answered_in_the_documented_form(served, ask):
    forecast, schedule = ask(served)(
        post("/v1/forecast", firm_id=FIRM), post("/v1/schedule", firm_id=FIRM)
    )
    assert forecast.status_code == schedule.status_code == 200
    assert forecast.headers["content-type"].startswith("application/json")
    assert ForecastDocument.model_validate(forecast.json()).model_version == "last-week/1"
    assert ScheduleDocument.model_validate(schedule.json()).saved_krw > 0
    assert "frame-ancestors 'none'" in forecast.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({"firm_id": "nobody"}, "404 unknown-firm"),
        ({"firm_id": "dye_works"}, "409 not-enough-readings"),
        ({"firm_id": FIRM, "issue_time": "2027-01-01T00:00:00Z"}, "422 issue-time"),
        ({"firm_id": FIRM, "issue_time": "2026-03-20T00:00:00"}, "422 invalid-request"),
        ({"firm_id": FIRM, "issue_time": "0001-01-01T00:00:00+09:00"}, "422 invalid-request"),
        ({"firm_id": FIRM, "issue_time": "9999-12-31T23:45:00-23:00"}, "422 invalid-request"),
        ({"firm_id": FIRM, "issue_time": 1774000800}, "422 invalid-request"),
        ({"firm_id": FIRM, "steps": 0}, "422 invalid-request"),
        ({}, "422 invalid-request"),
    ],
)
def test_what_bentoml_refuses_is_a_problem_document_too(served, ask, body, problem):
    (answer,) = ask(served)(post("/v1/forecast", **body))
    status, kind = problem.split()
    assert answer.status_code == answer.json()["status"] == int(status)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == f"/problems/{kind}"


def test_what_is_told_of_a_firm_is_refused_by_bentoml_as_elsewhere(served, ask):
    state = {"equipment": "ESS", "measured_at": "2026-03-23T00:00:00+09:00", "soc_kwh": 1.0}
    unknown, misspelt = ask(served)(
        post("/v1/schedule", firm_id=FIRM, states=[state]),
        post("/v1/schedule", firm_id=FIRM, states=[state | {"soc": 1.0}]),
    )
    assert (unknown.status_code, unknown.json()["type"]) == (422, "/problems/unusable-problem")
    assert "no equipment is called 'ESS'" in unknown.json()["detail"]
    assert (misspelt.status_code, misspelt.json()["type"]) == (422, "/problems/invalid-request")


def test_a_body_that_is_no_json_and_a_wrong_method_are_problems(served, ask):
    broken, wrong = ask(served)((("POST", "/v1/forecast"), {"content": b"x{"}), get("/v1/forecast"))
    assert (broken.status_code, broken.json()["type"]) == (422, "/problems/invalid-request")
    assert (wrong.status_code, wrong.json()["type"]) == (405, "/problems/method-not-allowed")


def test_a_write_from_another_site_does_not_reach_bentoml(served, ask):
    headers = {"sec-fetch-site": "cross-site"}
    line, options = post("/v1/forecast", firm_id=FIRM)
    (answer,) = ask(served)((line, options | {"headers": headers}))
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/cross-site")


def test_bentomls_own_pages_do_not_shadow_ours(served, ask):
    index, guide, document, nowhere = ask(served)(
        get("/"), get("/docs"), get("/docs.json"), get("/nowhere")
    )
    assert "단지 입주 업체" in index.text
    assert "/v1/forecast" in guide.text
    assert "/v1/firms" in document.json()["paths"]
    assert "없는 화면입니다" in nowhere.text


def test_alive_at_once_but_ready_only_with_a_forecast(served, serve_with, ask):
    live, ready = ask(served)(get("/livez"), get("/readyz"))
    assert live.status_code == ready.status_code == 200

    failing = FailingForecaster(NotEnoughReadingsError("nothing is known; import some"))
    live, ready, forecast, listed = ask(serve_with(forecaster=failing))(
        get("/livez"), get("/readyz"), post("/v1/forecast", firm_id=FIRM), get("/v1/firms")
    )
    assert (live.status_code, ready.status_code) == (200, 503)
    assert (forecast.status_code, forecast.json()["type"]) == (409, "/problems/not-enough-readings")
    assert listed.status_code == 200


def test_an_unforeseen_error_is_answered_at_once_and_tells_nothing_of_the_inside(serve_with, ask):
    broken = FailingForecaster(RuntimeError("the secret path"))
    native, mounted_route, page = ask(serve_with(forecaster=broken))(
        post("/v1/forecast", firm_id=FIRM),
        post(f"/v1/firms/{FIRM}/suggestions"),
        get(f"/firms/{FIRM}"),
    )
    assert native.status_code == mounted_route.status_code == page.status_code == 500
    assert native.json()["type"] == mounted_route.json()["type"] == "/problems/unexpected"
    assert "문제가 생겼습니다" in page.text
    assert "secret" not in native.text + mounted_route.text + page.text
