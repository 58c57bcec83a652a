"""A plan that is followed is that of each battery, left only to hold its peak."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.dispatch.battery_now import BatteryNow, reach_together_kw
from models.dispatch.followed_plan import PlannedInterval
from models.dispatch.pooled_store import moved_kw
from models.dispatch.running_batteries import RunningBatteries
from models.dispatch.store import Store


def battery(name, *, charge_kwh=50.0, discharge_efficiency=1.0):
    """60 kW either way, 100 kWh."""
    store = Store(
        least_kwh=0.0,
        most_kwh=100.0,
        charge_kw=60.0,
        discharge_kw=60.0,
        charge_efficiency=1.0,
        discharge_efficiency=discharge_efficiency,
        wear_krw_per_kwh=0.0,
        start_kwh=charge_kwh,
    )
    return BatteryNow(name=name, store=store, charge_kwh=charge_kwh)


BOTH = (battery("A"), battery("C"))


def planned(a_kw, c_kw, peak_kw=240.0):
    return PlannedInterval(by_battery_kw={"A": a_kw, "C": c_kw}, peak_kw=peak_kw)


@pytest.mark.parametrize(
    ("planned_kw", "load_kw", "free_kw", "counted", "power_kw"),
    [
        (-20.0, 200.0, 150.0, True, -20.0),  # below the planned peak of 240
        (30.0, 220.0, 150.0, True, 20.0),  # charges as far as the peak allows
        (-20.0, 275.0, 150.0, True, -35.0),  # gives more to stay at it
        (-20.0, 275.0, 270.0, True, -20.0),  # the month's peak is higher by now: 250 are free
        (30.0, 400.0, 150.0, False, 30.0),  # this hour sets no peak
        (-20.0, 15.0, 150.0, True, -15.0),  # nothing is fed into the grid
    ],
)
def test_power_is_that_of_the_plan_or_what_holds_its_peak(
    planned_kw, load_kw, free_kw, counted, power_kw
):
    plan = PlannedInterval(by_battery_kw={"A": planned_kw}, peak_kw=240.0)
    (told_kw,) = plan.powers_kw([battery("A")], load_kw, free_kw, counted=counted)
    assert told_kw == power_kw


@pytest.mark.parametrize(
    ("a_kw", "c_kw", "load_kw", "powers_kw"),
    [
        (16.9, 0.0, 200.0, (16.9, 0.0)),  # each its own, not half of it
        (30.0, -10.0, 200.0, (30.0, -10.0)),
        (30.0, -10.0, 225.0, (25.0, -10.0)),  # 20 kW would pass 240: A alone charges less
        (30.0, -10.0, 290.0, (-240 / 11, -310 / 11)),  # A rests, then 40 kW go 60 to 50
        (0.0, -60.0, 340.0, (-40.0, -60.0)),  # C gives all it can
        (-30.0, -60.0, 60.0, (-20.0, -40.0)),  # of 90 kW 60 are used
    ],
)
def test_each_battery_does_its_own_and_only_the_difference_is_shared_out(
    a_kw, c_kw, load_kw, powers_kw
):
    told_kw = planned(a_kw, c_kw).powers_kw(BOTH, load_kw, 150.0, counted=True)
    assert told_kw == pytest.approx(powers_kw)


def test_a_battery_that_cannot_do_its_part_is_not_made_up_for_unless_the_peak_wants_it():
    batteries = (battery("A", charge_kwh=0.0), battery("C"))
    below = planned(-30.0, -10.0).powers_kw(batteries, 200.0, 150.0, counted=True)
    assert below == (0.0, -10.0)
    at_peak = planned(-30.0, -10.0).powers_kw(batteries, 280.0, 150.0, counted=True)
    assert at_peak == (0.0, -40.0)


def test_what_batteries_reach_together_is_the_same_wherever_it_is_asked():
    """10 kWh in the better one give 38 kW; at the mean efficiency of both they would give 35."""
    good = battery("A", charge_kwh=10.0, discharge_efficiency=0.95)
    poor = battery("C", charge_kwh=0.0, discharge_efficiency=0.8)
    reach_kw = [one.reach_kw() for one in (good, poor)]
    assert reach_together_kw(reach_kw, 300.0) == pytest.approx((-38.0, 120.0))
    assert reach_together_kw(reach_kw, 20.0)[0] == -20.0
    told_kw = planned(0.0, 0.0).powers_kw((good, poor), 400.0, 150.0, counted=True)
    assert sum(told_kw) == pytest.approx(-38.0)
    running = RunningBatteries(store=good.store, declared=(good, poor), steps=1)
    running.reached()
    assert running.run(0, -100.0, 300.0) == pytest.approx(-38.0)


@given(
    st.lists(
        st.tuples(st.floats(-60, 0), st.floats(0, 60), st.floats(0, 1)), min_size=1, max_size=4
    ),
    st.floats(-300, 300),
)
def test_a_change_stays_within_reach_is_met_if_it_can_be_and_moves_all_one_way(ends, by_kw):
    reach_kw = [(least, most) for least, most, _ in ends]
    before_kw = [least + share * (most - least) for least, most, share in ends]
    after_kw = moved_kw(before_kw, by_kw, reach_kw)
    for (least, most), before, after in zip(reach_kw, before_kw, after_kw, strict=True):
        assert least - 1e-9 <= after <= most + 1e-9
        assert (after - before) * by_kw >= -1e-6
    wanted_kw = sum(before_kw) + by_kw
    least_kw, most_kw = (sum(one) for one in zip(*reach_kw, strict=True))
    assert sum(after_kw) == pytest.approx(min(max(wanted_kw, least_kw), most_kw), abs=1e-9)
