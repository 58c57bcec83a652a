"""The page tells what sets a plan's peak at once, and what limits are worth when it is asked."""

from __future__ import annotations

import pytest

from feature_store.settings import Settings
from models.optimizer.plan import plan
from tests.builders import MONDAY, a_firm
from tests.fakes.scheduler import OneJobScheduler
from tests.models.optimizer.example_works import CHILLER_LOAD, ESS, KILN_JOB
from tests.serving.conftest import FIRM, NOW, fill, serve

EQUIPMENT = (ESS, KILN_JOB, CHILLER_LOAD)


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    settings = Settings(home=tmp_path_factory.mktemp("home"), replay_time=NOW)
    served = serve(settings, plan)
    ledger = served.application.ledger
    fill(ledger)
    ledger.declare(a_firm(FIRM, equipment=EQUIPMENT), known_at=MONDAY)
    yield served
    served.application.close()


@pytest.mark.parametrize(
    ("language", "title", "base", "cheapest"),
    [
        ("ko", "이 계획을 제한하는 것", "옮길 수 없는 부하", "가장 저렴한 계획"),
        ("en", "What limits this plan", "Load that cannot be moved", "Cheapest"),
    ],
)
def test_the_peak_is_told_on_the_page_and_the_rest_behind_a_link(
    served, language, title, base, cheapest
):
    suggestion = f"/suggestions/{served.suggestion_id()}"
    page = served.client.get(f"{suggestion}?lang={language}").text
    assert title in page
    assert base in page
    assert f'href="{suggestion}/limits"' in page
    assert cheapest not in page
    answer = served.client.get(f"{suggestion}/limits?lang={language}")
    assert answer.status_code == 200
    assert cheapest in answer.text
    for equipment in EQUIPMENT:
        assert equipment.name in answer.text


def test_of_a_plan_for_other_equipment_than_is_declared_no_peak_is_told(tmp_path):
    served = serve(Settings(home=tmp_path, replay_time=NOW), OneJobScheduler())
    fill(served.application.ledger)
    suggestion = f"/suggestions/{served.suggestion_id()}"
    page = served.client.get(f"{suggestion}?lang=en").text
    assert "What limits this plan" in page
    assert "Load that cannot be moved" not in page
    refused = served.client.get(f"{suggestion}/limits?lang=en")
    assert refused.status_code == 422
    assert "other equipment than is declared" in refused.text
    served.application.close()


def test_an_unknown_suggestion_has_no_limits(served):
    assert served.client.get("/suggestions/nobody/limits").status_code == 404
