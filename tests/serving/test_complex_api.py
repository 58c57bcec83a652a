"""The complex over the API: sums over firms by feeder, and who could not be counted."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from feature_store.settings import Settings
from feature_store.storage.ledger_store import open_store
from feature_store.time_grid import STEPS_PER_DAY
from models.forecasting.load_forecast import QUANTILES, quantile_key
from tests.builders import MONDAY, a_batch, a_firm
from tests.fakes.scheduler import OneJobScheduler
from tests.serving.conftest import serve

FORECAST = "/v1/complex/forecast"
DAYS = 70
NOW = MONDAY + timedelta(days=DAYS)
LEVELS = [quantile_key(level) for level in QUANTILES]
FEEDERS = {"casting": "east", "dyeing": "east", "milling": None, "silent": "west"}


def fill(ledger) -> None:
    """Store ten weeks of three firms, one of which stopped a day earlier, and declare a fourth."""
    random = np.random.default_rng(0)
    ledger.declare(a_firm("new"), known_at=NOW)
    for firm_id, feeder in FEEDERS.items():
        ledger.declare(a_firm(firm_id, feeder=feeder), known_at=MONDAY)
    for firm_id, days in (("casting", DAYS), ("dyeing", DAYS), ("milling", DAYS - 1)):
        level = 25 + 3 * np.repeat(random.standard_normal(days), STEPS_PER_DAY)
        ledger.append(a_batch(level.tolist(), firm_id=firm_id), recorded_at=NOW)


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    settings = Settings(home=tmp_path_factory.mktemp("home"), replay_time=NOW)
    ledger = open_store(settings)
    fill(ledger)
    ledger.close()
    served = serve(settings, OneJobScheduler())
    yield served
    served.application.close()


@pytest.fixture(scope="module")
def told(served):
    answer = served.client.get(FORECAST)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_all_firms_are_added_up_from_the_newest_reading_of_any(told):
    assert told["issue_time"] == NOW.isoformat()
    assert len(told["valid_times"]) == 2 * STEPS_PER_DAY
    assert told["total"]["firm_ids"] == ["casting", "dyeing", "milling"]
    assert list(told["total"]["quantiles"]) == LEVELS
    assert list(told["total"]["peak_quantiles"]) == LEVELS
    by_level = np.array([told["total"]["quantiles"][level] for level in LEVELS])
    assert (np.diff(by_level, axis=0) >= 0).all()


def test_feeders_hold_the_firms_that_declare_them(told):
    assert [(one["feeder"], one["firm_ids"]) for one in told["feeders"]] == [
        ("east", ["casting", "dyeing"])
    ]


def test_a_feeder_is_part_of_the_complex_in_the_mean(told):
    east, total = (np.array(one["mean_kw"]) for one in (told["feeders"][0], told["total"]))
    assert (east < total).all()


def test_a_firm_without_readings_is_left_out_by_name(told):
    assert [one["firm_id"] for one in told["left_out"]] == ["new", "silent"]
    assert all("import" in one["reason"] for one in told["left_out"])


def test_a_firm_declared_after_the_issue_time_is_not_told_of(served):
    earlier = (NOW - timedelta(days=3)).isoformat()
    answer = served.client.get(FORECAST, params={"issue_time": earlier}).json()
    assert [one["firm_id"] for one in answer["left_out"]] == ["silent"]


def test_an_earlier_issue_time_uses_what_was_known_then(served):
    earlier = (NOW - timedelta(days=3)).isoformat()
    answer = served.client.get(FORECAST, params={"issue_time": earlier}).json()
    assert answer["issue_time"] == earlier
    assert answer["valid_times"][0] == earlier


def test_a_complex_without_any_reading_is_told_to_import_some(tmp_path):
    settings = Settings(home=tmp_path, replay_time=NOW + timedelta(minutes=7))
    empty = serve(settings, OneJobScheduler())
    answer = empty.client.get(FORECAST)
    empty.application.close()
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/not-enough-readings")
    assert "import" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("asked", "problem", "said"),
    [
        ("?issue_time=2027-01-01T00:00:00Z", "422 issue-time", "not come yet"),
        ("?issue_time=2026-05-01T00:05:00Z", "422 issue-time", "quarter hour"),
        ("?issue_time=2026-03-03T00:00:00Z", "409 not-enough-readings", "no declared firm"),
        ("?feeder=east", "422 invalid-request", "feeder"),
    ],
)
def test_what_cannot_be_added_up_is_a_named_problem(served, asked, problem, said):
    answer = served.client.get(FORECAST + asked)
    status, kind = problem.split()
    assert (answer.status_code, answer.json()["type"]) == (int(status), f"/problems/{kind}")
    assert said in answer.json()["detail"]
