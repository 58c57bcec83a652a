"""Readings are the base load and the jobs' usual runs; doing nothing is billed as the readings."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feature_store.entities.firm import Equipment
from feature_store.entities.job_relation import Exclusion
from feature_store.ingestion.firms_file import read_firms_file
from feature_store.time_grid import HOURS_PER_STEP, STEPS_PER_DAY
from tests.builders import a_firm, a_history
from tests.made_jobs import JOB, REDUCIBLE
from training.replay.lived_site import SiteTask, live_site
from training.replay.not_replayable import NotReplayableError
from training.replay.plan import ReplayPlan
from training.replay.site import replay_site

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
APRIL_WORKDAYS = 22
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
    assert with_jobs.beside_kw == pytest.approx(np.zeros(30 * STEPS_PER_DAY), abs=1e-9)
    assert without.beside_kw is None
    (april,) = with_jobs.months
    assert (april.runs, april.moved_kwh, april.given_up_kwh) == (APRIL_WORKDAYS, 0, 0)


def test_two_reducible_loads_are_refused():
    second = REDUCIBLE.model_copy(update={"name": "pumps"})
    firm = FIRM.model_copy(update={"equipment": (BATTERY, REDUCIBLE, second)})
    with pytest.raises(NotReplayableError, match="2 curtailable loads; declare one"):
        replay_site(firm, a_history(np.full(STEPS_PER_DAY, 100.0)))


@pytest.mark.parametrize(
    ("equipment", "changed", "said"),
    [
        (JOB, {"worth_krw": 5000}, "kiln: worth_krw lets runs be left out"),
        (REDUCIBLE, {"notice": "01:00"}, "chiller: notice is not lived"),
        (REDUCIBLE, {"min_reduction_kw": 5}, "chiller: min_reduction_kw is not lived"),
        (
            REDUCIBLE,
            {"recovery_share": 0.5, "recovery": "01:00"},
            "chiller: recovery_share is not lived",
        ),
    ],
)
def test_what_is_not_lived_is_refused_by_its_name(equipment, changed, said):
    declared = equipment.model_copy(update={"parameters": equipment.parameters | changed})
    firm = a_firm(equipment=(BATTERY, declared))
    with pytest.raises(NotReplayableError, match=said):
        replay_site(firm, a_history(np.full(STEPS_PER_DAY, 100.0)))


def test_a_relation_with_what_is_not_moved_is_refused():
    mill = Equipment(
        name="mill",
        kind="interruptible_job",
        parameters={
            "levels_kw": [20.0],
            "duration": "01:00",
            "usual_start": "14:00",
            "earliest_start": "12:00",
            "latest_end": "20:00",
            "days": [0, 1, 2, 3, 4],
        },
    )
    relations = (Exclusion(kind="exclusion", jobs=("kiln", "mill")),)
    firm = a_firm(equipment=(BATTERY, JOB, mill), job_relations=relations)
    with pytest.raises(NotReplayableError, match="names mill, which a replay does not move"):
        replay_site(firm, a_history(np.full(STEPS_PER_DAY, 100.0)))


def test_what_is_done_of_today_is_of_no_past_day():
    done = JOB.model_copy(update={"parameters": JOB.parameters | {"runs_done": 1}})
    history = a_history(np.full(7 * STEPS_PER_DAY, 100.0))
    told, untold = (
        replay_site(a_firm(equipment=(BATTERY, job)), history).usual_kw() for job in (done, JOB)
    )
    assert untold.any()
    assert np.array_equal(told, untold)


def test_the_example_of_the_documents_is_a_site_with_jobs_and_a_reducible_load(tmp_path):
    text = (Path(__file__).parents[3] / "docs/replay.md").read_text("utf-8")
    example = tmp_path / "site.yaml"
    example.write_text(text.split("```yaml\n")[1].split("```")[0], encoding="utf-8")
    (firm,) = read_firms_file(example).firms
    site = replay_site(firm, a_history(np.full(7 * STEPS_PER_DAY, 200.0)))
    flexible = site.flexible_over(0, 7 * STEPS_PER_DAY)
    assert [job.name for job in flexible.jobs] == ["furnace", "dryer"]
    assert flexible.curtailable.name == "air conditioning"
    assert [relation.kind for relation in flexible.site.job_relations] == ["precedence"]
    assert flexible.runs() == 8  # of both, from Tuesday to Friday: 2 March 2026 is a holiday
