"""A plan that is followed is left only to hold its peak, as the replay's rolling plan holds it."""

import pytest

from models.dispatch.followed_plan import PlannedInterval


@pytest.mark.parametrize(
    ("planned_kw", "load_kw", "free_kw", "counted", "power_kw"),
    [
        (-20.0, 200.0, 150.0, True, -20.0),  # below the planned peak of 240
        (30.0, 220.0, 150.0, True, 20.0),  # charges as far as the peak allows
        (-20.0, 275.0, 150.0, True, -35.0),  # gives more to stay at it
        (-20.0, 275.0, 270.0, True, -20.0),  # the month's peak is higher by now: 250 are free
        (30.0, 400.0, 150.0, False, 30.0),  # this hour sets no peak
    ],
)
def test_power_is_that_of_the_plan_or_what_holds_its_peak(
    planned_kw, load_kw, free_kw, counted, power_kw
):
    plan = PlannedInterval(power_kw=planned_kw, peak_kw=240.0)
    assert plan.held_back_kw(load_kw, free_kw, counted=counted) == power_kw
