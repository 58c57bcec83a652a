"""A store is the declared battery: whatever it lets through breaks none of the battery's limits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feature_store.time_grid import HOURS_PER_STEP, TimeGrid
from models.assets.battery import Battery, BatteryParameters
from models.dispatch.store import Store
from tests.builders import MONDAY
from tests.made_replay import BATTERY

BATTERY_ASKED = Battery(name="Battery", parameters=BatteryParameters(**BATTERY))
STORE = Store.of(BATTERY_ASKED)
asked = st.lists(st.tuples(st.floats(-500, 500), st.floats(0, 300)), min_size=1, max_size=60)


def run(asked_kw_and_loads_kw):
    """Powers that the store's reach leaves of what is asked, and the charge after each."""
    soc_kwh, powers, socs = STORE.start_kwh, [], [STORE.start_kwh]
    for power_kw, load_kw in asked_kw_and_loads_kw:
        least_kw, most_kw = STORE.reach_kw(soc_kwh, load_kw)
        powers.append(min(max(power_kw, least_kw), most_kw))
        soc_kwh = STORE.after_kwh(soc_kwh, powers[-1])
        socs.append(soc_kwh)
    return np.array(powers), np.array(socs)


@given(asked)
def test_nothing_that_is_let_through_breaks_a_limit_of_the_battery(steps):
    power_kw, soc_kwh = run(steps)
    grid = TimeGrid(MONDAY, len(steps))
    broken = BATTERY_ASKED.violations(power_kw, grid)
    assert [one for one in broken if "ends emptier" not in one] == []  # a month may end anywhere
    np.testing.assert_allclose(soc_kwh, BATTERY_ASKED.soc_kwh(power_kw), atol=1e-6)
    np.testing.assert_allclose(soc_kwh, STORE.charge_kwh(power_kw), atol=1e-6)


@given(asked)
def test_nothing_is_fed_into_the_grid(steps):
    power_kw, _ = run(steps)
    load_kw = np.array([load for _, load in steps])
    assert (load_kw + power_kw >= -1e-9).all()


def test_the_reach_uses_the_last_kwh_and_no_more():
    soc_kwh = STORE.least_kwh + 1.0
    least_kw, _ = STORE.reach_kw(soc_kwh, 300.0)
    assert least_kw == pytest.approx(-0.95 / HOURS_PER_STEP)
    assert STORE.after_kwh(soc_kwh, least_kw) == pytest.approx(STORE.least_kwh)
    _, most_kw = STORE.reach_kw(STORE.most_kwh - 1.0, 300.0)
    assert STORE.after_kwh(STORE.most_kwh - 1.0, most_kw) == pytest.approx(STORE.most_kwh)
