"""A plan tells how likely the billed demand is passed, without it and with it."""

import pytest

from models.optimizer.plan import plan
from models.optimizer.schedule import PassingRisk, Solved
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
