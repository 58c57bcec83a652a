"""Set-points over the API: what batteries do now, what it was decided on, and what is refused."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta

import numpy as np
import pytest

from feature_store.storage.ledger_store import open_store
from feature_store.time_grid import STEPS_PER_DAY, TimeGrid
from serving.set_points import SetPoints
from tests.builders import a_batch
from tests.fakes.forecaster import CountingForecaster, FailingForecaster
from tests.serving.conftest import FIRM
from tests.serving.run_works import BARE, NEW, NOW, TWO, serve_run

ESS = {"name": "Battery", "charge_kwh": 150.0}
ASKED = {"load_kw": 255.0, "batteries": [ESS], "peak_so_far_kw": 240.0}


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    served = serve_run(tmp_path_factory.mktemp("home"))
    yield served
    served.application.close()


def set_point(served, firm_id=FIRM, **changes):
    answer = served.client.post(f"/v1/firms/{firm_id}/set-point", json=ASKED | changes)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_answer_says_what_to_do_what_the_meter_shows_and_what_it_was_decided_on(served):
    told = set_point(served)
    (battery,) = told["batteries"]
    assert told["firm_id"] == FIRM
    assert told["timezone"] == "Asia/Seoul"
    assert told["interval_start"] == "2026-06-25T13:30:00+09:00"
    assert told["holds_until"] == "2026-06-25T13:45:00+09:00"
    assert told["import_kw"] == pytest.approx(255 + told["power_kw"])
    assert battery["power_kw"] == told["power_kw"]
    assert -60 <= battery["power_kw"] <= 60
    assert 25 <= battery["after_kwh"] <= 225
    assert told["held_kw"] >= told["peak_so_far_kw"] == 240
    assert told["counted"]
    assert told["krw_per_kwh"] > 0
    assert told["decided_by"] == "look_up"
    assert told["decided_on"] == {
        "issue_time": "2026-06-25T12:00:00+09:00",
        "next_forecast": "2026-06-25T14:00:00+09:00",
        "days_valued_at": "2026-06-22T00:00:00+09:00",
        "plan_id": None,
        "readings_until": "2026-06-25T13:30:00+09:00",
        "model_version": "last-week/1",
        "quality": "full",
        "reasons": [],
    }


def test_each_reason_is_told_where_it_is_the_reason(served):
    """Late in the month a peak is held; far above it nothing can; below it charge is traded."""
    asked = (
        {"load_kw": 268.0, "peak_so_far_kw": 262.0},
        {"load_kw": 400.0, "peak_so_far_kw": 262.0},
        {
            "load_kw": 400.0,
            "peak_so_far_kw": 262.0,
            "batteries": [{"name": "Battery", "charge_kwh": 25.0}],
        },
        {"at": "2026-06-25T03:00:00+09:00", "load_kw": 50.0, "peak_so_far_kw": 262.0},
    )
    told = [set_point(served, **one) for one in asked]
    assert [one["because"] for one in told[:3]] == ["holds_peak", "lowers_peak", "empty"]
    assert told[0]["import_kw"] == pytest.approx(262, abs=2.0)
    assert told[1]["held_kw"] == told[1]["import_kw"] == 340
    assert told[3]["because"] in {"charges", "rests"}
    assert not told[3]["counted"]


def test_meter_and_battery_power_say_the_same_as_the_load(served):
    by_load = set_point(served)
    by_meter = set_point(
        served, load_kw=None, import_kw=215.0, batteries=[ESS | {"power_kw": -40.0}]
    )
    assert by_meter == by_load


def test_without_a_peak_that_is_told_it_is_that_of_the_readings(served):
    told = set_point(served, peak_so_far_kw=None)
    june = TimeGrid(NOW.replace(day=1, hour=0, minute=0), 24 * STEPS_PER_DAY + 54)
    assert told["peak_so_far_kw"] == pytest.approx(
        served.planner.measured_on(FIRM, june).max(), abs=0.01
    )


def test_two_batteries_each_keep_their_own_limits(served):
    told = set_point(
        served,
        TWO,
        load_kw=400.0,
        peak_so_far_kw=262.0,
        batteries=[{"name": "Small", "charge_kwh": 12.0}, {"name": "Large", "charge_kwh": 200.0}],
    )
    large, small = told["batteries"]
    assert (large["name"], small["name"]) == ("Large", "Small")
    assert large["power_kw"] == -60
    assert small["power_kw"] == pytest.approx(-7 * 0.95 * 4)
    assert small["after_kwh"] == pytest.approx(5.0, abs=1e-3)
    assert told["power_kw"] == pytest.approx(large["power_kw"] + small["power_kw"])


def test_the_table_tells_the_same_until_the_next_forecast(served):
    path = f"/v1/firms/{FIRM}/set-points"
    answer = served.client.get(path, params={"peak_so_far_kw": 240.0})
    assert answer.status_code == 200, answer.text
    table = answer.json()
    assert [one["start"][11:16] for one in table["intervals"]] == ["13:30", "13:45"]
    assert table["decided_on"] == set_point(served)["decided_on"]
    assert table["load_kw"] == sorted(table["load_kw"])
    assert 240.0 in table["load_kw"]
    now = np.array(table["intervals"][0]["power_kw"])
    assert now.shape == (len(table["load_kw"]), len(table["charge_kwh"]))
    for place, number in ((20, 3), (28, 7), (30, 12)):
        told = set_point(
            served,
            load_kw=table["load_kw"][place],
            batteries=[ESS | {"charge_kwh": table["charge_kwh"][number]}],
        )
        assert now[place, number] == pytest.approx(told["power_kw"], abs=0.01)
    (battery,) = table["batteries"]
    assert battery["least_kwh"] == table["charge_kwh"][0] == 25
    assert battery["most_kwh"] == table["charge_kwh"][-1] == 225


def test_a_past_moment_is_answered_from_what_was_known_then(tmp_path):
    """All readings are corrected later; the set-point of the moment before stays as it was."""
    told = []
    for folder, corrected in (("as known", False), ("corrected", True)):
        served = serve_run(tmp_path / folder, now=NOW + timedelta(days=3))
        with closing(served.application):
            if corrected:
                with closing(open_store(served.planner.settings)) as ledger:
                    rows = a_batch(
                        np.full(60 * STEPS_PER_DAY, 80.0).tolist(),
                        start=NOW.replace(month=5, day=1, hour=0, minute=0),
                        known_at=NOW + timedelta(hours=1),
                    )
                    ledger.append(rows, recorded_at=NOW + timedelta(hours=1))
            asked = {"at": NOW.isoformat(), "peak_so_far_kw": None}
            told.append(set_point(served, **asked))
    assert told[0] == told[1]
    assert told[0]["interval_start"] == "2026-06-25T13:30:00+09:00"


def test_the_day_is_forecast_and_valued_once_until_the_next_forecast(tmp_path):
    counting = CountingForecaster()
    served = serve_run(tmp_path, forecaster=counting)
    with closing(served.application):
        for at in ("12:15", "12:30", "13:30"):
            set_point(served, at=f"2026-06-25T{at}:00+09:00")
        assert len(counting.issued) == 1
        set_point(served, at="2026-06-25T11:59:00+09:00")
        assert len(counting.issued) == 2


@pytest.mark.parametrize("error", [RuntimeError("no leaf fits"), FloatingPointError("overflow")])
def test_a_day_that_cannot_be_valued_is_a_named_answer(tmp_path, caplog, error):
    served = serve_run(tmp_path, forecaster=FailingForecaster(error))
    with closing(served.application):
        for answer in (
            served.client.post(f"/v1/firms/{FIRM}/set-point", json=ASKED),
            served.client.get(f"/v1/firms/{FIRM}/set-points"),
        ):
            assert (answer.status_code, answer.json()["type"]) == (503, "/problems/not-valued")
            assert "follow the accepted plan" in answer.json()["detail"]
            assert str(error) not in answer.text
    assert str(error) in caplog.text


@pytest.mark.parametrize(
    ("firm_id", "changes", "problem", "said"),
    [
        ("nobody", {}, "404 unknown-firm", "nobody"),
        (BARE, {}, "409 no-battery", "sandan firms declare"),
        (NEW, {}, "409 not-enough-readings", "28 whole days"),
        (FIRM, {"batteries": [{"name": "ESS", "charge_kwh": 9}]}, "422 battery-state", "Battery"),
        (TWO, {"batteries": [{"name": "Small", "charge_kwh": 9}]}, "422 battery-state", "Large"),
        (FIRM, {"batteries": [ESS | {"charge_kwh": 240}]}, "422 state-outside-window", "25 to 225"),
        (FIRM, {"batteries": [ESS | {"charge_kwh": -1}]}, "422 invalid-request", "charge_kwh"),
        (FIRM, {"batteries": []}, "422 invalid-request", "batteries"),
        (
            FIRM,
            {"batteries": [ESS | {"measured_at": "2026-06-25T13:10:00+09:00"}]},
            "422 stale-state",
            "22 minutes",
        ),
        (
            FIRM,
            {"batteries": [ESS | {"measured_at": "2026-06-25T14:10:00+09:00"}]},
            "422 stale-state",
            "mend measured_at",
        ),
        (FIRM, {"load_kw": None}, "422 invalid-request", "load_kw"),
        (FIRM, {"import_kw": 200.0}, "422 invalid-request", "not both"),
        (FIRM, {"load_kw": None, "import_kw": 200.0}, "422 battery-state", "power_kw"),
        (FIRM, {"load_kw": "much"}, "422 invalid-request", "load_kw"),
        (FIRM, {"load_kw": 1e12}, "422 invalid-request", "load_kw"),
        (FIRM, {"peak_so_far_kw": -1}, "422 invalid-request", "peak_so_far_kw"),
        (FIRM, {"max_age_minutes": 600}, "422 invalid-request", "max_age_minutes"),
        (FIRM, {"loadkw": 3}, "422 invalid-request", "loadkw"),
        (FIRM, {"at": "2026-06-25T13:32:00"}, "422 invalid-request", "no offset"),
        (FIRM, {"at": "2026-06-25T14:00:00+09:00"}, "422 moment-ahead", "not come yet"),
    ],
)
def test_what_cannot_be_answered_is_a_named_problem(served, firm_id, changes, problem, said):
    answer = served.client.post(f"/v1/firms/{firm_id}/set-point", json=ASKED | changes)
    status, kind = problem.split()
    assert (answer.status_code, answer.json()["type"]) == (int(status), f"/problems/{kind}")
    assert said in answer.json()["detail"]


def test_no_number_is_no_load(served):
    body = '{"load_kw": NaN, "batteries": [{"name": "Battery", "charge_kwh": 150}]}'
    answer = served.client.post(
        f"/v1/firms/{FIRM}/set-point", content=body, headers={"Content-Type": "application/json"}
    )
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-request")


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        (f"{BARE}/set-points", "409 no-battery"),
        (f"{NEW}/set-points", "409 not-enough-readings"),
        (f"{FIRM}/set-points?peak_so_far_kw=nan", "422 invalid-request"),
        (f"{FIRM}/set-points?peak=3", "422 invalid-request"),
        (f"{FIRM}/set-points?at=2026-06-26T00:00:00%2B09:00", "422 moment-ahead"),
    ],
)
def test_a_table_that_cannot_be_told_is_a_named_problem(served, path, problem):
    answer = served.client.get(f"/v1/firms/{path}")
    status, kind = problem.split()
    assert (answer.status_code, answer.json()["type"]) == (int(status), f"/problems/{kind}")


def test_the_charge_that_was_told_last_is_known_until_a_newer_one(served):
    set_points: SetPoints = served.client.app.app.app.app.app.state.set_points
    set_point(served)
    told = set_points.last_told(FIRM)
    assert (told.at, told.batteries[0].charge_kwh, told.peak_so_far_kw) == (NOW, 150, 240)
    earlier = (NOW - timedelta(hours=1)).isoformat()
    set_point(served, at=earlier, batteries=[ESS | {"charge_kwh": 60.0}])
    assert set_points.last_told(FIRM).batteries[0].charge_kwh == 150
    assert set_points.last_told(BARE) is None
