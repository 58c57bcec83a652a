"""Several batteries are run as one and each keeps its limits; states that cannot be are refused."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feature_store.entities.firm import Equipment
from feature_store.time_grid import HOURS_PER_STEP
from models.dispatch.battery_now import BatteryNow, reached, usable_charge_kwh
from models.dispatch.battery_state import MAX_AGE, BatteryState, batteries_now
from models.dispatch.pooled_store import pooled_store, split_kw
from models.dispatch.rest_of_month import batteries_of
from models.dispatch.set_point_terms import BatteryStateError, NoBatteryError
from models.optimizer.problem_file.errors import StaleStateError, StateOutsideWindowError
from tests.builders import MONDAY, a_firm
from tests.made_replay import BATTERY, a_firm_with_battery

NOW = MONDAY + timedelta(hours=14)


def a_firm_of_two(**second):
    """Two batteries, the second with limits of its own."""
    own = {"capacity_kwh": 100, "max_discharge_kw": 90, "charge_efficiency": 0.9}
    return a_firm(
        equipment=(
            Equipment(name="Large", kind="battery", parameters=BATTERY),
            Equipment(name="Small", kind="battery", parameters=BATTERY | own | second),
        )
    )


def state(name, charge_kwh, **told):
    return BatteryState(name=name, charge_kwh=charge_kwh, measured_at=NOW, **told)


def two_now(large_kwh, small_kwh):
    return batteries_now(
        a_firm_of_two(), [state("Small", small_kwh), state("Large", large_kwh)], now=NOW
    )


@given(
    st.floats(-400, 400),
    st.lists(st.tuples(st.floats(-100, 0), st.floats(0, 100)), min_size=1, max_size=5),
)
def test_a_power_is_given_out_within_what_each_reaches_and_in_proportion_to_it(power_kw, reach_kw):
    parts = split_kw(power_kw, reach_kw)
    ends = [most if power_kw > 0 else least for least, most in reach_kw]
    together = sum(parts)
    assert all(
        least - 1e-9 <= part <= most + 1e-9
        for part, (least, most) in zip(parts, reach_kw, strict=True)
    )
    assert abs(together) == pytest.approx(min(abs(power_kw), abs(sum(ends))), abs=1e-9)
    shares = [part / end for part, end in zip(parts, ends, strict=True) if abs(end) > 1e-6]
    assert max(shares, default=0) - min(shares, default=0) < 1e-9


@given(st.floats(25, 225), st.floats(10, 90), st.floats(-200, 200))
def test_each_battery_stays_within_its_power_and_its_window(large_kwh, small_kwh, power_kw):
    now = two_now(large_kwh, small_kwh)
    parts = split_kw(power_kw, [battery.reach_kw() for battery in now])
    for battery, part in zip(now, parts, strict=True):
        store = battery.store
        assert -store.discharge_kw - 1e-9 <= part <= store.charge_kw + 1e-9
        stored_kw = (
            part * store.charge_efficiency if part > 0 else part / store.discharge_efficiency
        )
        after_kwh = battery.charge_kwh + stored_kw * HOURS_PER_STEP
        assert store.least_kwh - 1e-9 <= after_kwh <= store.most_kwh + 1e-9
        assert battery.after_kwh(part) == pytest.approx(after_kwh)


def test_what_is_decided_on_is_what_they_reach_together():
    """The small one is empty: the store of both must not count on its power."""
    now = two_now(225.0, 10.0)
    pooled = pooled_store(batteries_of(a_firm_of_two()))
    assert pooled.discharge_kw == 150
    together = reached(pooled, now)
    assert together.discharge_kw == pytest.approx(60)
    assert together.charge_kw == pytest.approx(60)  # the large one is full
    assert replace(together, charge_kw=120.0, discharge_kw=150.0) == pooled


def test_a_battery_alone_reaches_what_it_reached():
    firm = a_firm_with_battery()
    pooled = pooled_store(batteries_of(firm))
    for charge_kwh in (25.0, 26.0, 130.0, 224.5, 225.0):
        (now,) = batteries_now(firm, [state("Battery", charge_kwh)], now=NOW)
        assert reached(pooled, [now]).reach_kw(charge_kwh, 300.0) == pooled.reach_kw(
            charge_kwh, 300.0
        )


def test_a_reserve_is_kept_and_a_battery_below_it_can_be_filled():
    firm = a_firm_with_battery(reserve_share=0.4)
    (now,) = batteries_now(firm, [state("Battery", 60.0)], now=NOW)
    least_kw, most_kw = now.reach_kw()
    assert (least_kw, most_kw) == (0.0, 60.0)
    assert now.after_kwh(40.0) == pytest.approx(60 + 40 * 0.95 * HOURS_PER_STEP)
    (above,) = batteries_now(firm, [state("Battery", 102.0)], now=NOW)
    assert above.reach_kw()[0] == pytest.approx(-2 * 0.95 / HOURS_PER_STEP)


def test_a_battery_below_its_reserve_takes_nothing_from_what_the_others_can_give():
    firm = a_firm_of_two(reserve_share=0.4)  # of the small one: 40 kWh
    now = batteries_now(firm, [state("Large", 85.0), state("Small", 12.0)], now=NOW)
    pooled = pooled_store(batteries_of(firm))
    assert usable_charge_kwh(now) == 85 + 40
    assert pooled.least_kwh == 25 + 40
    assert reached(pooled, now).reach_kw(usable_charge_kwh(now), 300.0)[0] == pytest.approx(-60)


def test_what_was_discharged_today_is_counted_against_the_days_limit():
    firm = a_firm_with_battery(max_discharge_kwh_per_day=100)
    (now,) = batteries_now(firm, [state("Battery", 200.0, discharged_today_kwh=95.0)], now=NOW)
    assert now.reach_kw()[0] == pytest.approx(-5 / HOURS_PER_STEP)
    (over,) = batteries_now(firm, [state("Battery", 200.0, discharged_today_kwh=130.0)], now=NOW)
    assert over.reach_kw()[0] == 0
    with pytest.raises(BatteryStateError, match="discharged_today_kwh"):
        batteries_now(firm, [state("Battery", 200.0)], now=NOW)


@pytest.mark.parametrize(
    ("states", "refused", "said"),
    [
        ([state("Large", 100.0)], BatteryStateError, "the charge of Small is not told"),
        (
            [state("Large", 100.0), state("Small", 50.0), state("Large", 90.0)],
            BatteryStateError,
            "told twice",
        ),
        ([state("Tiny", 100.0)], BatteryStateError, "name one of Large, Small"),
        (
            [state("Large", 226.0), state("Small", 50.0)],
            StateOutsideWindowError,
            "226 kWh lies outside of its window 25 to 225 kWh; measure again",
        ),
        ([state("Large", float("nan")), state("Small", 50.0)], StateOutsideWindowError, "nan kWh"),
        (
            [replace(state("Large", 100.0), measured_at=NOW - timedelta(minutes=16))],
            StaleStateError,
            "16 minutes before .* and 15 are allowed; measure it again",
        ),
        (
            [replace(state("Large", 100.0), measured_at=NOW + timedelta(minutes=5))],
            StaleStateError,
            "mend measured_at",
        ),
    ],
)
def test_states_that_cannot_be_are_named_with_what_to_do(states, refused, said):
    with pytest.raises(refused, match=said):
        batteries_now(a_firm_of_two(), states, now=NOW)


def test_an_older_charge_is_taken_where_that_is_asked_for():
    old = [
        replace(state(name, 50.0), measured_at=NOW - timedelta(minutes=40))
        for name in ("Large", "Small")
    ]
    assert len(batteries_now(a_firm_of_two(), old, now=NOW, max_age=timedelta(hours=1))) == 2
    with pytest.raises(StaleStateError):
        batteries_now(a_firm_of_two(), old, now=NOW, max_age=MAX_AGE)


def test_a_firm_without_a_battery_is_told_so():
    with pytest.raises(NoBatteryError, match="declares no battery"):
        batteries_now(a_firm(), [], now=NOW)


def test_a_battery_without_a_limit_of_the_day_has_none():
    (now,) = batteries_now(a_firm_with_battery(), [state("Battery", 225.0)], now=NOW)
    assert isinstance(now, BatteryNow)
    assert now.left_today_kwh is None
    assert now.reach_kw() == (-60.0, 0.0)
