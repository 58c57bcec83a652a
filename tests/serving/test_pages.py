"""The operators' pages work without script: list, firm, proposing, deciding, two languages."""

from __future__ import annotations

from datetime import timedelta

import pytest

from feature_store.errors import NotEnoughReadingsError
from models.optimizer.schedule import Infeasible, TimedOut
from tests.fakes.forecaster import FailingForecaster, LastWeekForecaster
from tests.fakes.scheduler import NoScheduler, RatchetScheduler
from tests.serving.conftest import FIRM, NOW, Served
from tests.serving.outline import Outline

ACCEPT = {"decision": "accepted", "decided_by": "김운영", "reason": ""}


def every_page(served: Served) -> dict[str, str]:
    """Each kind of page there is, in Korean."""
    client = served.client
    pages = {"nothing proposed": client.get("/").text}
    pages["firm without"] = client.get(f"/firms/{FIRM}").text
    pages["firm without readings"] = client.get("/firms/dye_works").text
    client.post(f"/firms/{FIRM}/suggestions")
    suggestion_id = served.planner.suggest(FIRM).suggestion_id
    pages["list"] = client.get("/").text
    pages["firm"] = client.get(f"/firms/{FIRM}").text
    path = f"/suggestions/{suggestion_id}/decision"
    pages["refused"] = client.post(path, data={"decision": "rejected", "decided_by": "P"}).text
    client.post(path, data=ACCEPT)
    pages["decided"] = client.get(f"/suggestions/{suggestion_id}").text
    pages["conflict"] = client.post(path, data=ACCEPT).text
    pages["missing"] = client.get("/nowhere").text
    pages["docs"] = client.get("/docs").text
    return pages


def test_every_page_is_whole_and_can_be_used_without_seeing_it(served: Served):
    for name, html in every_page(served).items():
        page = Outline(html)
        assert page.unclosed == [], name
        assert page.all("html")[0]["lang"] == "ko", name
        assert len(page.all("main")) == len(page.all("h1")) == 1, name
        ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
        assert len(ids) == len(set(ids)), name
        labelled = {label["for"] for label in page.all("label")}
        fields = [*page.all("input"), *page.all("textarea")]
        assert all(field["id"] in labelled for field in fields), name
        assert html.count("<table") == html.count("<caption"), name
        for picture in page.all("svg"):
            assert picture.get("aria-label") or picture.get("aria-hidden"), name


def test_no_page_runs_or_styles_anything_inline_or_from_elsewhere(served: Served):
    for name, html in every_page(served).items():
        page = Outline(html)
        assert all(script.get("src", "").startswith("/static/") for script in page.all("script"))
        assert all(link["href"].startswith("/static/") for link in page.all("link")), name
        assert page.all("style") == [], name
        for tag, attributes in page.tags:
            assert "style" not in attributes, f"{name}: {tag}"
            assert not any(key.startswith("on") for key in attributes), f"{name}: {tag}"


def test_a_move_is_shown_with_what_holds_it_in_both_languages(served: Served):
    served.client.post(f"/firms/{FIRM}/suggestions")
    korean = served.client.get(f"/firms/{FIRM}").text
    english = served.client.get(f"/firms/{FIRM}?lang=en").text
    assert "제약: 가능 시간의 끝, 작업 인원 (건조로)" in korean
    assert "Held by: end of its window, crew (건조로)" in english


def test_an_operator_proposes_and_accepts_with_plain_forms(served: Served):
    client = served.client
    assert "제안받기" in client.get("/").text
    proposed = client.post(f"/firms/{FIRM}/suggestions")
    assert (proposed.status_code, proposed.headers["location"]) == (303, f"/firms/{FIRM}")
    page = client.get(f"/firms/{FIRM}").text
    assert "결정 대기" in page
    assert "3월 23일 (월) 08:00–09:00" in page  # usually
    assert "3월 23일 (월) 10:00–11:00" in page  # planned
    assert "12,345원" in page

    suggestion_id = served.planner.suggest(FIRM).suggestion_id
    accepted = client.post(f"/suggestions/{suggestion_id}/decision", data=ACCEPT)
    assert accepted.status_code == 303
    decided = client.get(accepted.headers["location"]).text
    assert "수락됨" in decided
    assert "김운영" in decided
    assert 'name="decision"' not in decided
    assert "수락됨" in client.get("/").text


def test_a_rejection_without_a_reason_comes_back_with_what_was_typed(served: Served):
    suggestion_id = served.suggestion_id()
    path = f"/suggestions/{suggestion_id}/decision"
    refused = served.client.post(path, data={"decision": "rejected", "decided_by": "<박>"})
    assert refused.status_code == 422
    assert "거절 사유를 적어" in refused.text
    assert 'value="&lt;박&gt;"' in refused.text
    data = {"decision": "rejected", "decided_by": "박", "reason": "정비 중"}
    kept = served.client.get(served.client.post(path, data=data).headers["location"]).text
    assert "거절됨" in kept
    assert "정비 중" in kept


def test_a_second_decision_shows_the_one_that_stands(served: Served):
    path = f"/suggestions/{served.suggestion_id()}/decision"
    served.client.post(path, data=ACCEPT)
    data = {"decision": "rejected", "decided_by": "박", "reason": "늦음"}
    conflict = served.client.post(path, data=data)
    assert conflict.status_code == 409
    assert "이미 결정된 제안입니다" in conflict.text
    assert "김운영" in conflict.text
    assert "늦음" not in conflict.text


def test_korean_unless_english_is_asked_for_and_then_it_stays(served: Served):
    client = served.client
    assert "단지 입주 업체" in client.get("/").text
    assert "Firms of the complex" in client.get("/?lang=en").text
    assert "Firms of the complex" in client.get("/").text
    assert client.get("/").headers["content-language"] == "en"
    assert "단지 입주 업체" in client.get("/?lang=xx&lang=ko").text


@pytest.mark.parametrize(
    ("nothing", "status"),
    [
        (Infeasible(reason="kiln: 8 steps do not fit; widen the window"), 409),
        (TimedOut(time_limit_s=1.0), 503),
    ],
)
def test_where_there_is_no_plan_the_page_says_why(serve_with, nothing, status):
    answer = serve_with(NoScheduler(nothing)).client.post(f"/firms/{FIRM}/suggestions")
    assert answer.status_code == status
    reason = nothing.reason if isinstance(nothing, Infeasible) else "1 s"
    assert reason in answer.text


def test_the_forecast_is_shown_before_any_plan_and_its_absence_explained(serve_with):
    page = serve_with().client.get(f"/firms/{FIRM}").text
    assert 'class="band-wide"' in page
    assert "계획 제안받기" in page
    failing = FailingForecaster(NotEnoughReadingsError("nothing is known; import some"))
    without = serve_with(forecaster=failing).client
    page = without.get(f"/firms/{FIRM}")
    assert page.status_code == 200
    assert "nothing is known; import some" in page.text


def test_the_chart_data_holds_the_day_before_and_the_forecast(served: Served):
    suggestion_id = served.suggestion_id()
    chart = served.client.get(f"/suggestions/{suggestion_id}/chart.json?lang=en").json()
    series = {one["role"]: one["kw"] for one in chart["series"]}
    measured = [value is not None for value in series["measured"]]
    forecast = [value is not None for value in series["median"]]
    assert measured == [not there for there in forecast]
    assert sum(measured) * 2 == sum(forecast)
    assert chart["times"][sum(measured)] == chart["issue_time"] == int(NOW.timestamp())
    assert {line["role"]: line["kw"] for line in chart["lines"]} == {
        "contract": 500.0,
        "floor": 150.0,
    }
    assert {span["role"] for span in chart["spans"]} == {"off-peak", "mid", "peak"}


def test_the_list_is_sorted_by_saving_and_adds_it_up(served: Served):
    served.client.post(f"/firms/{FIRM}/suggestions")
    page = served.client.get("/").text
    assert page.index("가마 공장") < page.index("염색 공장")  # by id it would be the other way
    assert page.count("12,345원") == 2  # the firm's and the total


def test_the_value_of_a_kw_and_the_later_months_are_shown(serve_with):
    client = serve_with(RatchetScheduler()).client
    client.post(f"/firms/{FIRM}/suggestions")
    page = client.get(f"/firms/{FIRM}?lang=en").text
    assert "₩99,840" in page
    assert "over the 12 monthly bills that remember it" in page
    assert "₩10,700 of it in later months" in page
    row = page.split("Demand charge of later months")[1].split("</tr>")[0]
    assert ["₩765,000" in row, "₩754,300" in row, "−₩10,700" in row] == [True] * 3
    month = page.split("Demand charge of the month")[1].split("</tr>")[0]
    assert "₩1,235,000" in month  # the 2,000,000 of all demand without the later months


def test_a_peak_that_no_later_month_remembers_has_no_row_of_later_months(served: Served):
    served.client.post(f"/firms/{FIRM}/suggestions")
    page = served.client.get(f"/firms/{FIRM}?lang=en").text
    assert "Demand charge of the month" in page
    assert "later months" not in page


def test_newer_readings_than_the_plan_saw_offer_a_new_one(served: Served):
    served.planner.suggest(FIRM, NOW - timedelta(hours=1))
    assert "새로 제안받기" in served.client.get(f"/firms/{FIRM}").text
    served.client.post(f"/firms/{FIRM}/suggestions")
    page = served.client.get(f"/firms/{FIRM}").text
    assert "새로 제안받기" not in page
    assert "이 업체의 다른 제안" in page


def test_sample_firms_are_said_to_be_a_sample_and_others_are_not(served: Served):
    from feature_store.sample.complex import load_sample

    assert "예시 데이터" not in served.client.get("/").text
    firm = load_sample().firms[0]
    served.application.ledger.declare(firm, known_at=NOW)
    assert "예시 데이터" in served.client.get("/").text
    assert "예시 데이터" in served.client.get(f"/firms/{firm.firm_id}").text
    assert "예시 데이터" not in served.client.get(f"/firms/{FIRM}").text


def test_an_unknown_firm_is_a_page_that_leads_back(served: Served):
    answer = served.client.get("/firms/nobody")
    assert answer.status_code == 404
    assert "없는 업체입니다" in answer.text
    assert 'href="/"' in answer.text


def test_pages_do_without_the_script_libraries(served: Served, monkeypatch, tmp_path):
    # The folder is where set-up puts them, beside the code: only its absence can be arranged.
    monkeypatch.setattr("serving.web.rendering.VENDOR", tmp_path)
    served.client.post(f"/firms/{FIRM}/suggestions")
    page = served.client.get(f"/firms/{FIRM}").text
    assert "vendor" not in page
    assert "hx-post" not in page
    assert 'class="band-wide"' in page


def test_another_model_than_made_the_plan_offers_a_new_one(serve_with):
    serve_with().planner.suggest(FIRM)
    client = serve_with(forecaster=LastWeekForecaster("last-week/2")).client
    assert "새로 제안받기" in client.get(f"/firms/{FIRM}").text
    client.post(f"/firms/{FIRM}/suggestions")
    assert "새로 제안받기" not in client.get(f"/firms/{FIRM}").text
