"""The whole loop on a real plant: its raw meter file goes in, an operator accepts a schedule.

Real commands, the real BentoML server, real HTTP. The plant is the steel works of the public UCI
file; 20 December 2018 is lived again, billed by the tariff of June 2026.
"""

import os
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import numpy as np
import pytest

from feature_store.settings import Settings
from serving.server import running_server

STEEL_FILE = Path(__file__).parents[3] / "shared" / "data" / "Steel_industry_data.csv"
SANDAN = str(Path(sys.executable).with_name("sandan"))
NOW = datetime.fromisoformat("2018-12-20T06:00:00+09:00")
FIRM = """
firms:
  - firm_id: steel
    name_ko: 철강 공장
    name_en: Steel works
    contract: {power_kw: 700, option: II, tariff_date: 2026-06-01}
    equipment:
      - name: ESS
        kind: battery
        parameters: {capacity_kwh: 400, max_charge_kw: 150, max_discharge_kw: 150,
          charge_efficiency: 0.95, discharge_efficiency: 0.95, min_soc_share: 0.1,
          max_soc_share: 0.9, initial_soc_share: 0.5, wear_krw_per_kwh: 20}
      - name: Annealing
        kind: shiftable_job
        parameters: {profile_kw: [10, 10, 10, 10, 10, 10], usual_start: "10:00",
          earliest_start: "08:00", latest_end: "20:00", days: [0, 1, 2, 3, 4]}
"""

pytestmark = [
    pytest.mark.journey,
    pytest.mark.skipif(
        not STEEL_FILE.exists(),
        reason="needs ../shared/data/Steel_industry_data.csv beside the project",
    ),
]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("home")


def sandan(home, *arguments):
    """Run the real command; return what it printed to both streams."""
    done = subprocess.run(  # noqa: S603 -- our own command
        [SANDAN, *arguments],
        env=os.environ | {"SANDAN_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def trained(home):
    """The plant declared, its file imported, a model trained on what was known at ``NOW``."""
    firms = home / "firms.yaml"
    firms.write_text(FIRM, encoding="utf-8")
    sandan(home, "firms", "declare", str(firms), "--known-at", "2018-01-01T00:00:00+09:00")
    first = sandan(home, "readings", "import", str(STEEL_FILE), "--firm", "steel")
    again = sandan(home, "readings", "import", str(STEEL_FILE), "--firm", "steel")
    report = sandan(home, "train", "--as-of", NOW.isoformat())
    return first, again, report


@pytest.fixture(scope="module")
def server(home, unused_port, trained):  # noqa: ARG001 -- it serves what was trained
    settings = Settings(home=home, port=unused_port, replay_time=NOW)
    with running_server(settings) as running:
        yield running


@pytest.fixture(scope="module")
def client(server):
    with httpx.Client(base_url=server.url, timeout=60) as http:
        yield http


def test_the_raw_file_is_taken_once_and_a_second_time_changes_nothing(trained):
    first, again, _ = trained
    assert "35,040" in first
    assert "nothing new" in again


def test_training_reports_itself_against_last_week(trained):
    _, _, report = trained
    assert "load-forecaster/1" in report
    assert "seasonal-naive" in report


def test_the_server_is_ready_once_it_has_forecast(client):
    assert client.get("/readyz").status_code == 200


def test_a_forecast_tells_quantiles_units_offsets_and_its_model(client):
    told = client.post("/v1/forecast", json={"firm_id": "steel"}).json()
    assert told["issue_time"] == NOW.isoformat()
    assert told["model_version"] == "load-forecaster/1"
    assert told["unit"] == "kW"
    assert told["valid_times"][0] == NOW.isoformat()
    assert len(told["valid_times"]) == len(told["quantiles"]["q0.1"]) == 192
    low, high = (np.array(told["quantiles"][key]) for key in ("q0.1", "q0.9"))
    assert (low <= high).all()
    assert high.max() > 100


def test_a_schedule_is_accepted_once_and_stays_accepted(client):
    made = client.post("/v1/firms/steel/suggestions")
    assert made.status_code == 201
    suggestion = made.json()
    assert suggestion["state"] == "proposed"
    assert suggestion["schedule"]["saved_krw"] > 0
    where = f"/v1/suggestions/{suggestion['suggestion_id']}"
    decision = {"decision": "accepted", "decided_by": "김민수", "reason": "야간 충전 가능"}

    accepted = client.post(f"{where}/decision", json=decision)
    assert accepted.status_code == 200
    second = client.post(
        f"{where}/decision",
        json={"decision": "rejected", "decided_by": "이영희", "reason": "정비"},
    )
    assert second.status_code == 409
    assert "김민수" in second.json()["detail"]
    assert client.get(where).json()["state"] == "accepted"
    page = client.get("/firms/steel", headers={"accept": "text/html"})
    assert "김민수" in page.text


def test_the_plan_moves_nothing_that_is_already_running_and_keeps_the_jobs_whole(client):
    schedule = client.post("/v1/schedule", json={"firm_id": "steel"}).json()
    moves = {move["equipment"]: move for move in schedule["moves"]}
    assert "ESS" in moves
    for move in moves.values():
        for block in move["planned"]:
            assert datetime.fromisoformat(block["start"]) >= NOW
    job = next(one for one in schedule["equipment"] if one["name"] == "Annealing")
    assert sum(job["planned_kw"]) == pytest.approx(2 * 6 * 10)  # Thursday's run and Friday's
    assert datetime.fromisoformat(schedule["valid_times"][-1]) == NOW + timedelta(hours=47.75)
