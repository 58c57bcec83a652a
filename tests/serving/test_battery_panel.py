"""What the pages say of a battery now: words, the peak it holds, and where its charge is from."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta

import pytest

from models.dispatch.firm_plan import PeakValues
from serving.planner import Planner
from serving.suggestions.suggestion import Suggestion
from tests.fakes.forecaster import FailingForecaster
from tests.serving.conftest import FIRM
from tests.serving.run_works import BARE, NEW, NOW, TWO, serve_run


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    served = serve_run(tmp_path_factory.mktemp("home"), scheduler=PeakValues().plan)
    yield served
    served.application.close()


def page(served, firm_id, language="en"):
    answer = served.client.get(f"/firms/{firm_id}/battery?lang={language}")
    assert answer.status_code == 200
    return " ".join(answer.text.split())


def test_a_firm_with_a_battery_has_the_panel_and_one_without_has_none(served):
    told = served.client.get(f"/firms/{FIRM}?lang=en").text
    assert "Battery now" in told
    assert f'href="/firms/{FIRM}/battery"' in told
    assert "Battery now" not in served.client.get(f"/firms/{BARE}?lang=en").text


def test_an_unknown_charge_is_said_to_be_unknown_in_both_languages(served):
    assert "The charge is not known, and no plan is accepted" in page(served, FIRM)
    korean = page(served, FIRM, "ko")
    assert "충전량을 모르고 수락한 계획도 없습니다" in korean
    assert "지키는 최대수요" in korean


def test_it_tells_the_charge_of_the_accepted_plan(served):
    planner: Planner = served.planner
    suggestion = planner.suggest(TWO)
    assert isinstance(suggestion, Suggestion)
    planner.decide(
        suggestion.suggestion_id, verdict="accepted", decided_by="Kim", reason="as it is"
    )
    before = suggestion.issue_time - timedelta(minutes=15)
    assert planner.accepted(TWO, NOW, known_at=before) is None
    assert planner.accepted(TWO, NOW, known_at=NOW).suggestion_id == suggestion.suggestion_id
    told = page(served, TWO)
    assert "the charge that the accepted plan has at 13:32" in told
    assert f"charge {suggestion.schedule.soc_kwh['Large'][0]:.0f} →" in told
    assert "Small" in told


def test_it_tells_what_the_controller_told_while_that_is_fresh(served):
    asked = {"load_kw": 290.0, "batteries": [{"name": "Battery", "charge_kwh": 199.0}]}
    earlier = (NOW - timedelta(minutes=20)).isoformat()
    answer = served.client.post(f"/v1/firms/{FIRM}/set-point", json=asked | {"at": earlier})
    assert answer.status_code == 200
    told = page(served, FIRM)
    assert "The charge is that which its controller told at 13:12." in told
    assert "charge 199 →" in told
    assert "the newest reading, of 13:15" in told


def test_it_holds_the_peak_that_the_controller_told_of_the_billing_meter(served):
    charge = {"name": "Battery", "charge_kwh": 199.0}
    asked = {"load_kw": 290.0, "batteries": [charge], "peak_so_far_kw": 444.0}
    assert served.client.post(f"/v1/firms/{FIRM}/set-point", json=asked).status_code == 200
    assert "444 kW" in page(served, FIRM)


def test_why_nothing_can_be_told_is_said_in_words(served, tmp_path):
    assert "28 whole days" in page(served, NEW)
    assert "declares no battery" in page(served, BARE)
    failing = serve_run(tmp_path, forecaster=FailingForecaster(RuntimeError("no leaf fits")))
    with closing(failing.application):
        assert "the running day could not be valued" in page(failing, FIRM)
    assert served.client.get("/firms/nobody/battery").status_code == 404
