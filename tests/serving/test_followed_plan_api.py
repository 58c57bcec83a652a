"""A firm that follows its plan, over the API and the pages: with one, and without."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta

import numpy as np
import pytest

from feature_store.entities.firm import Equipment
from feature_store.storage.ledger_store import open_store
from models.dispatch.firm_plan import PeakValues
from serving.suggestions.suggestion import Suggestion
from tests.made_replay import BATTERY
from tests.serving.run_works import NEW, NOW, TWO, serve_run

NOON = NOW.replace(hour=12, minute=0)
DEAR = BATTERY | {"wear_krw_per_kwh": 60, "discharge_efficiency": 0.8}
"""Of a battery that the plan leaves at rest while the other charges."""


@pytest.fixture
def served(tmp_path):
    served = serve_run(tmp_path, scheduler=PeakValues().plan)
    yield served
    served.application.close()


def declare(served, firm_id, *equipment, known_at=NOW - timedelta(days=1)):
    """Declare that a firm follows its plan, and the equipment if there is any."""
    changes = {"battery_operation": "plan"} | ({"equipment": equipment} if equipment else {})
    with closing(open_store(served.planner.settings)) as ledger:
        firm = served.planner.firm(firm_id).model_copy(update=changes)
        ledger.declare(firm, known_at=known_at)


def battery(name, parameters=BATTERY):
    return Equipment(name=name, kind="battery", parameters=parameters)


def accept(served, firm_id) -> Suggestion:
    suggestion = served.planner.suggest(firm_id, NOON)
    assert isinstance(suggestion, Suggestion)
    return served.planner.decide(
        suggestion.suggestion_id, verdict="accepted", decided_by="Kim", reason="as it is"
    )


def ask(served, firm_id, load_kw, *names, charge_kwh=125.0):
    batteries = [{"name": name, "charge_kwh": charge_kwh} for name in names]
    asked = {"load_kw": load_kw, "batteries": batteries}
    return served.client.post(f"/v1/firms/{firm_id}/set-point", json=asked)


def page(served, firm_id, language):
    return " ".join(served.client.get(f"/firms/{firm_id}/battery?lang={language}").text.split())


def test_each_battery_does_what_the_plan_has_for_it_and_the_table_tells_the_same(served):
    declare(served, TWO, battery("Large"), battery("Small", DEAR))
    accepted = accept(served, TWO)
    schedule = accepted.schedule
    planned_kw = [schedule.equipment_kw[name][6] for name in ("Large", "Small")]
    assert planned_kw[0] > 10
    assert planned_kw[1] == pytest.approx(0.0)
    told = ask(served, TWO, 100.0, "Large", "Small").json()
    assert [one["power_kw"] for one in told["batteries"]] == pytest.approx(planned_kw, abs=1e-3)
    assert (told["because"], told["decided_by"]) == ("follows_plan", "plan")
    assert told["decided_on"]["plan_id"] == accepted.suggestion_id
    assert told["decided_on"]["days_valued_at"] is None
    assert told["decided_on"]["next_forecast"] == "2026-06-25T14:00:00+09:00"
    assert "Follow the accepted plan." in page(served, TWO, "en")
    assert "수락한 계획을 따르세요" in page(served, TWO, "ko")
    assert "계획 시각" in page(served, TWO, "ko")
    table = served.client.get(f"/v1/firms/{TWO}/set-points").json()
    assert [one["start"][11:16] for one in table["intervals"]] == ["13:30", "13:45"]
    now = table["intervals"][0]
    assert now["planned_kw"] == pytest.approx(planned_kw, abs=1e-3)
    held_kw = max(schedule.planned_peak_kw, table["peak_so_far_kw"])
    for load_kw in (0.0, 90.0, held_kw - 5.0, held_kw + 40.0, held_kw + 500.0):
        one = ask(served, TWO, load_kw, "Large", "Small").json()
        for by_load in np.array(now["power_kw"]).T:
            read_kw = np.interp(load_kw, table["load_kw"], by_load)
            assert read_kw == pytest.approx(one["power_kw"], abs=0.01)


def test_what_charge_does_not_allow_is_left_of_the_plan_and_a_smaller_battery_is_still_told(served):
    declare(served, TWO, battery("Large"), battery("Small", DEAR))
    assert accept(served, TWO).schedule.equipment_kw["Large"][6] > 10
    full = ask(served, TWO, 100.0, "Large", "Small", charge_kwh=225.0).json()
    assert full["power_kw"] == pytest.approx(0.0)
    assert full["because"] == "follows_plan"
    smaller = [battery(name, BATTERY | {"capacity_kwh": 60}) for name in ("Large", "Small")]
    declare(served, TWO, *smaller, known_at=NOW)
    told = page(served, TWO, "en")
    assert "cannot be told" not in told
    assert "54 kWh" in told  # nine tenths, the most that is declared, where the plan had more


def test_without_a_plan_of_its_equipment_price_and_value_decide_and_it_is_said(served):
    declare(served, TWO)
    free = served.client.get(f"/v1/firms/{TWO}/set-points").json()
    told = ask(served, TWO, 100.0, "Large", "Small", charge_kwh=30.0).json()
    assert told["decided_by"] == free["decided_by"] == "look_up_without_plan"
    assert told["because"] != "follows_plan"
    assert told["decided_on"]["plan_id"] is free["intervals"][0]["planned_kw"] is None
    assert told["decided_on"]["days_valued_at"] == "2026-06-22T00:00:00+09:00"
    assert "so price and value decide" in page(served, TWO, "en")
    assert "수락한 계획이 없어" in page(served, TWO, "ko")
    accept(served, TWO)
    assert ask(served, TWO, 100.0, "Large", "Small", charge_kwh=30.0).json()["decided_by"] == "plan"
    declare(served, TWO, battery("Large"), battery("New"), known_at=NOW)
    renamed = ask(served, TWO, 100.0, "Large", "New").json()
    assert renamed["decided_by"] == "look_up_without_plan"
    assert renamed["because"] != "follows_plan"


def test_a_plan_is_followed_with_few_readings_and_without_one_nothing_can_decide(served):
    declare(served, NEW)
    for refused in (
        ask(served, NEW, 100.0, "Battery"),
        served.client.get(f"/v1/firms/{NEW}/set-points"),
    ):
        assert (refused.status_code, refused.json()["type"]) == (409, "/problems/no-plan")
        assert "accept a suggestion" in refused.json()["detail"]
        assert "28 whole days" in refused.json()["detail"]
    accepted = accept(served, NEW)
    told = ask(served, NEW, 100.0, "Battery")
    assert told.status_code == 200, told.text
    planned_kw = accepted.schedule.equipment_kw["Battery"][6]
    assert told.json()["power_kw"] == pytest.approx(planned_kw, abs=1e-3)
    assert told.json()["decided_by"] == "plan"
    assert served.client.get(f"/v1/firms/{NEW}/set-points").status_code == 200
