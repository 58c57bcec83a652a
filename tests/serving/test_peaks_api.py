"""Peaks to come over the API: of the days ahead and of the month, and what they may pass."""

from __future__ import annotations

import pytest

from models.diagnosis.peak_outlook import peak_outlook
from models.forecasting.load_forecast import QUANTILES, quantile_key
from serving.planner import Planner
from tests.serving.billed_works import HALF_READ, SILENT, serve_billed
from tests.serving.conftest import FIRM

PEAKS = f"/v1/firms/{FIRM}/peaks"
OCTOBER = "2026-10-20T12:00:00+09:00"
"""A Tuesday at noon."""
LEVELS = [quantile_key(level) for level in QUANTILES]


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    served = serve_billed(tmp_path_factory.mktemp("home"))
    yield served
    served.application.close()


def told(served, **asked):
    answer = served.client.get(PEAKS, params=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_days_ahead_and_the_month_are_told(served):
    answer = told(served, issue_time=OCTOBER)
    assert (answer["firm_id"], answer["issue_time"], answer["timezone"]) == (
        FIRM,
        OCTOBER,
        "Asia/Seoul",
    )
    assert answer["model_version"] == "last-week/1"
    assert [day["day"] for day in answer["days"]] == ["2026-10-20", "2026-10-21"]
    for day in answer["days"]:
        assert list(day["quantiles"]) == LEVELS
        assert list(day["counted_quantiles"]) == LEVELS
        assert list(day["quantiles"].values()) == sorted(day["quantiles"].values())
        chances = sum(time["chance"] for time in day["times"]) + day["over_chance"]
        assert chances == pytest.approx(1, abs=0.03)
    today, tomorrow = answer["days"]
    assert (today["measured_kw"], tomorrow["measured_kw"]) == (400.0, None)
    assert min(today["quantiles"].values()) >= 400
    month = answer["month"]
    assert (month["month"], month["so_far_kw"], month["asked"]) == ("2026-10", 400.0, None)
    assert month["quantiles"]["q0.05"] >= 400


def test_the_answer_is_that_of_the_use_case(served):
    planner: Planner = served.planner
    known = planner.outlook(FIRM)
    peaks = peak_outlook(known, level_kw=410.0)
    answer = told(served, level_kw=410)
    assert answer["issue_time"] == known.issue_time.isoformat()
    assert answer["month"]["asked"]["chance"] == round(peaks.billed.asked.chance, 3)
    assert [day["quantiles"]["q0.5"] for day in answer["days"]] == [
        round(day.quantiles_kw[QUANTILES.index(0.5)], 3) for day in peaks.days
    ]


def test_levels_are_told_with_chance_day_and_time(served):
    month = told(served, issue_time=OCTOBER, level_kw=399)["month"]
    assert (month["ratchet"]["level_kw"], month["ratchet"]["passed"]) == (400.0, False)
    assert 0 < month["ratchet"]["chance"] < 1
    assert (month["contract_power"]["level_kw"], month["contract_power"]["passed"]) == (
        500.0,
        False,
    )
    assert month["asked"]["passed"]
    assert month["asked"]["expected_at"] is None
    expected = month["ratchet"]["expected_at"]
    assert "2026-10-20" <= expected[:10] <= "2026-10-31"
    by_day = month["ratchet"]["by_day"]
    assert sum(day["chance"] for day in by_day) == pytest.approx(
        month["ratchet"]["chance"], abs=0.02
    )
    assert "2026-10-25" not in {day["day"] for day in by_day}  # a Sunday


def test_a_level_is_told_of_each_interval_ahead(served):
    """400 kW in working hours, spread by a fifth: 430 kW is perhaps, 50 kW at night never."""
    level = told(served, issue_time=OCTOBER, level_kw=430)["level"]
    hours = {interval["start"][11:13] for interval in level["intervals"]}
    assert hours == {f"{hour:02}" for hour in range(8, 17)}
    assert all(0.001 <= interval["chance"] < 0.5 for interval in level["intervals"])
    assert max(interval["chance"] for interval in level["intervals"]) <= level["chance"] < 1
    assert told(served, issue_time=OCTOBER)["level"] is None


def test_only_what_was_known_then_is_used(served):
    """October's peak of 440 kW became known on 5 November."""
    assert told(served, issue_time=OCTOBER)["month"]["so_far_kw"] == 400
    assert told(served)["month"]["month"] == "2026-11"


@pytest.mark.parametrize(
    ("asked", "problem", "said"),
    [
        ("nobody/peaks", "404 unknown-firm", "nobody"),
        (f"{SILENT}/peaks", "409 not-enough-readings", "import"),
        (f"{HALF_READ}/peaks?issue_time=2026-10-03T00:00:00Z", "409 not-enough-readings", "week"),
        (f"{FIRM}/peaks?issue_time=2027-01-01T00:00:00Z", "422 issue-time", "not come yet"),
        (f"{FIRM}/peaks?issue_time=2026-10-20T12:05:00Z", "422 issue-time", "quarter hour"),
        (f"{FIRM}/peaks?issue_time=2026-10-20T12:00:00", "422 invalid-request", "no offset"),
        (f"{FIRM}/peaks?level_kw=0", "422 invalid-request", "level_kw"),
        (f"{FIRM}/peaks?level_kw=nan", "422 invalid-request", "level_kw"),
        (f"{FIRM}/peaks?limit_kw=400", "422 invalid-request", "limit_kw"),
    ],
)
def test_what_cannot_be_told_is_a_named_problem(served, asked, problem, said):
    answer = served.client.get(f"/v1/firms/{asked}")
    status, kind = problem.split()
    assert (answer.status_code, answer.json()["type"]) == (int(status), f"/problems/{kind}")
    assert said in answer.json()["detail"]
