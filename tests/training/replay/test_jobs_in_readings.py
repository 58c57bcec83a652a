"""Readings are the base load and the jobs' usual runs; doing nothing is billed as the readings."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feature_store.entities.firm import Equipment
from feature_store.time_grid import HOURS_PER_STEP, STEPS_PER_DAY
from tests.builders import a_firm, a_history
from tests.made_jobs import JOB, REDUCIBLE
from training.replay.lived_site import SiteTask, live_site
from training.replay.plan import ReplayPlan
from training.replay.site import NotReplayableError, replay_site

BATTERY = Equipment(
    name="battery",
    kind="battery",
    parameters={
        "capacity_kwh": 100,
        "max_charge_kw": 50,
        "max_discharge_kw": 50,
        "charge_efficiency": 0.95,
        "discharge_efficiency": 0.95,
        "min_soc_share": 0.1,
        "max_soc_share": 0.9,
        "initial_soc_share": 0.5,
        "wear_krw_per_kwh": 0,
    },
)
FIRM = a_firm(equipment=(BATTERY, JOB, REDUCIBLE))


@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(0, 300), min_size=STEPS_PER_DAY, max_size=STEPS_PER_DAY))
def test_base_load_and_usual_runs_are_the_readings(day_kw):
    readings_kw = np.tile(day_kw, 7)
    site = replay_site(FIRM, a_history(readings_kw))
    together_kw = site.base_history().demand_kw + site.usual_kw()
    enough = readings_kw >= site.usual_kw()
    assert together_kw[enough] == pytest.approx(readings_kw[enough])
    missing_kwh = float((together_kw - readings_kw).sum()) * HOURS_PER_STEP
    assert site.runs_not_found_kwh == pytest.approx(missing_kwh, abs=1e-6)


def test_doing_nothing_is_billed_as_the_readings_are():
    days = 60  # from 2 March on: April is a whole month with days before it
    readings_kw = np.random.default_rng(3).uniform(60, 200, days * STEPS_PER_DAY)
    history = a_history(readings_kw)
    plan = ReplayPlan(first=date(2026, 4, 1), end=date(2026, 5, 1), policies=(), months_alone=True)
    with_jobs, without = (
        live_site(
            SiteTask(
                site=replay_site(a_firm(equipment=equipment), history),
                plan=plan,
                policy="nothing",
                forecasts=None,
            )
        )
        for equipment in ((BATTERY, JOB, REDUCIBLE), (BATTERY,))
    )
    assert with_jobs.bill_krw == pytest.approx(without.bill_krw)
    assert with_jobs.moved_kw == pytest.approx(np.zeros(30 * STEPS_PER_DAY), abs=1e-9)


def test_two_reducible_loads_are_refused():
    second = REDUCIBLE.model_copy(update={"name": "pumps"})
    firm = FIRM.model_copy(update={"equipment": (BATTERY, REDUCIBLE, second)})
    with pytest.raises(NotReplayableError, match="2 curtailable loads; declare one"):
        replay_site(firm, a_history(np.full(STEPS_PER_DAY, 100.0)))
