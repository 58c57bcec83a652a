"""A plan tells how likely the billed demand is passed, without it and with it."""

import json

import pytest

from models.optimizer.plan import plan
from models.optimizer.problem_file.answer import answer_of
from models.optimizer.problem_file.answer_document import AnsweredRisk
from models.optimizer.problem_file.reading import read_problem
from models.optimizer.schedule import PassingRisk, Solved
from models.optimizer.schedule_site import schedule_site
from tests.models.optimizer.example_problems import KEPCO, STATED, STEPS, changed, day_kw
from tests.models.optimizer.example_works import ESS, a_day_shape, forecast_of, works
from tests.models.optimizer.test_later_months import HISTORY, JULY_WEDNESDAY

FLOOR_KW = 330.0
"""Billed in July 2026 whatever happens: the peak of August 2025."""


def risk_of(day_kw: float, *, spread_kw: float = 60.0) -> PassingRisk:
    forecast = forecast_of(a_day_shape(day_kw=day_kw), start=JULY_WEDNESDAY, spread_kw=spread_kw)
    outcome = plan(works(ESS), HISTORY, forecast)
    assert isinstance(outcome, Solved)
    assert outcome.schedule.demand_floor_kw == FLOOR_KW
    assert outcome.schedule.passing_risk is not None
    return outcome.schedule.passing_risk


def test_a_load_far_below_what_is_billed_never_passes_it():
    assert risk_of(200) == PassingRisk(usual=0.0, planned=0.0)


def test_a_load_far_above_it_passes_for_certain():
    assert risk_of(600) == PassingRisk(usual=1.0, planned=1.0)


def test_a_battery_that_holds_the_peak_makes_passing_less_likely():
    risk = risk_of(325)
    assert 0 < risk.planned < risk.usual < 1


def test_a_forecast_without_doubt_passes_or_not():
    assert risk_of(331, spread_kw=0.0).usual == 1.0
    assert risk_of(329, spread_kw=0.0).usual == 0.0


def test_the_wider_the_forecast_the_likelier_a_load_below_passes():
    assert risk_of(310, spread_kw=150).usual > risk_of(310, spread_kw=50).usual


def test_the_same_forecast_gives_the_same_risk():
    assert risk_of(325) == risk_of(325)


@pytest.mark.parametrize("day_kw", [200, 325, 600])
def test_probabilities_are_shares(day_kw):
    risk = risk_of(day_kw)
    assert 0 <= risk.planned <= 1
    assert 0 <= risk.usual <= 1


QUIET = [200.0] * STEPS
MORNING = [*[200.0] * 40, *[500.0] * 4, *[200.0] * 52]
EVENING = [*[200.0] * 72, *[560.0] * 4, *[200.0] * 20]
COURSES = {
    "kind": "scenarios",
    "paths": [
        {"probability": 0.5, "kw": QUIET},
        {"probability": 0.3, "kw": MORNING},
        {"probability": 0.2, "kw": EVENING},
    ],
}


def told_risks(problem: dict) -> list[AnsweredRisk | None]:
    """What the answer to a problem tells of each peak."""
    told = read_problem(json.dumps(problem).encode()).problem
    answer = answer_of(told, schedule_site(told))
    assert answer.plan is not None
    return [peak.passing_risk for peak in answer.plan.peaks]


def a_peak(floor_kw: float, **part) -> dict:
    return {"name": "month", "krw_per_kw": 8000.0, "floor_kw": floor_kw} | part


def test_of_scenarios_the_probability_is_the_exact_share_of_their_weight():
    # The battery gives 100 kW: it holds the morning at 450 kW, to the watt, and not the evening.
    problem = changed(STATED, base_load=COURSES, tariff__peaks=[a_peak(450.0)])
    assert told_risks(problem) == [AnsweredRisk(usual=0.5, planned=0.2)]
    idle = changed(problem, equipment=[])
    assert told_risks(idle) == [AnsweredRisk(usual=0.5, planned=0.5)]


def test_each_peak_of_a_problem_has_its_own_hours_and_its_own_probability():
    peaks = [a_peak(450.0), a_peak(450.0, name="late", steps=list(range(60, 96)))]
    problem = changed(
        STATED,
        equipment=[],
        base_load=COURSES,
        tariff__peaks=peaks,
        tariff__excess_krw_per_kw=100.0,
    )
    month, late, excess = told_risks(problem)
    assert month == AnsweredRisk(usual=0.5, planned=0.5)
    assert late == AnsweredRisk(usual=0.2, planned=0.2)
    assert excess is None  # a kW of it has no price of its own
    assert told_risks(changed(KEPCO, equipment=[], base_load=COURSES)) == [
        AnsweredRisk(usual=0.5, planned=0.5)
    ]


def test_of_one_path_nothing_is_told():
    assert told_risks(STATED) == [None]


def test_of_quantiles_a_fifth_of_the_load_is_above_the_upper_fifth():
    quantiles = {"kind": "quantiles", "kw": {"q0.5": [100.0] * STEPS, "q0.8": [120.0] * STEPS}}
    for floor_kw, share in [(120.0, 0.2), (100.0, 0.5), (500.0, 0.0), (10.0, 1.0)]:
        problem = changed(
            STATED, equipment=[], base_load=quantiles, tariff__peaks=[a_peak(floor_kw, steps=[40])]
        )
        assert told_risks(problem) == [AnsweredRisk(usual=share, planned=share)]


def test_of_quantiles_a_battery_that_holds_the_peak_makes_passing_less_likely():
    quantiles = {"q0.1": day_kw(day=340), "q0.5": day_kw(day=400), "q0.9": day_kw(day=460)}
    problem = changed(
        STATED,
        base_load={"kind": "quantiles", "kw": quantiles},
        tariff__peaks=[a_peak(430.0, steps=list(range(60, 72)))],
    )
    (risk,) = told_risks(problem)
    assert 0 < risk.planned < risk.usual < 1
    assert told_risks(problem) == [risk]


def test_what_the_running_interval_has_drawn_already_counts():
    drawn = {"drawn_kwh": 150.0, "elapsed_share": 0.5}  # 600 kW of its mean
    problem = changed(
        STATED, equipment=[], base_load=COURSES, tariff__peaks=[a_peak(450.0)], running=drawn
    )
    assert told_risks(problem) == [AnsweredRisk(usual=1.0, planned=1.0)]
