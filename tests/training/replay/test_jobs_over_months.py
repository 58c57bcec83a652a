"""Months with jobs that remember each other's peaks: what is billed, and that no run is lost.

By hand: 100 kW, 200 kW from 9 to 12 up to July; the readings hold a job of 50 kW for an hour from
10 on weekdays. Option II of class B remembers the peaks of July to September for twelve months, so
an August that draws 150 kW is billed for July's 250 kW; who moves the job is billed for 200 kW.
"""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from feature_store.time_grid import HOURS_PER_STEP, STEPS_PER_DAY
from models.dispatch.perfect_foresight import NAME as PERFECT_FORESIGHT
from tests.builders import a_history
from tests.made_jobs import JOB, REDUCIBLE, a_day_kw
from tests.made_replay import APRIL, MAY, a_firm_with_battery, known_forecasts
from training.replay.kept_parts import KeptParts
from training.replay.months import Calendar
from training.replay.plan import NOTHING
from training.replay.run import ReplayedSite, replay
from training.replay.site import ReplaySite, replay_site

START = APRIL.replace(month=6, day=1)
"""A Monday."""
BUSY_DAYS, DAYS = 61, 92
WORKDAYS = (23, 21)
"""Of July and August 2026."""
PLAN = replace(
    MAY,
    first=date(2026, 7, 1),
    end=date(2026, 9, 1),
    policies=("threshold", "day-ahead"),
    months_alone=False,
)


def a_site_with(*equipment, **battery: float) -> ReplaySite:
    firm = a_firm_with_battery(**battery)
    firm = firm.model_copy(update={"equipment": (*firm.equipment, *equipment)})
    busy_kw = a_day_kw(above_kw=100.0, first_hour=9, hours=3)
    quiet_kw = a_day_kw(above_kw=0.0, first_hour=9, hours=3)
    base_kw = np.concatenate([np.tile(busy_kw, BUSY_DAYS), np.tile(quiet_kw, DAYS - BUSY_DAYS)])
    history = a_history(base_kw, start=START)
    usual_kw = replay_site(firm, history).usual_kw()
    return replay_site(firm, replace(history, demand_kw=base_kw + usual_kw))


def lived_again(folder, site: ReplaySite) -> ReplayedSite:
    known_forecasts(folder, PLAN, site)
    return replay([site], PLAN, folder).sites[0]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("jobs")


@pytest.fixture(scope="module")
def job_alone(folder) -> ReplayedSite:
    return lived_again(folder, a_site_with(JOB, max_charge_kw=1e-6, max_discharge_kw=1e-6))


@pytest.fixture(scope="module")
def with_all(tmp_path_factory) -> ReplayedSite:
    return lived_again(tmp_path_factory.mktemp("all"), a_site_with(JOB, REDUCIBLE))


@pytest.mark.parametrize(
    ("policy", "billed_kw"),
    [(NOTHING, 250.0), ("threshold", 250.0), ("day-ahead", 200.0), (PERFECT_FORESIGHT, 200.0)],
)
def test_a_peak_that_the_job_made_is_remembered(job_alone, policy, billed_kw):
    july, august = job_alone.lived[policy].months
    assert (july.peak_kw, july.billed_kw) == pytest.approx((billed_kw, billed_kw), abs=1e-3)
    assert august.peak_kw <= 200.0 + 1e-3
    assert august.billed_kw == pytest.approx(billed_kw, abs=1e-3)


def test_no_run_is_lost_where_months_meet(with_all):
    site = with_all.site
    calendar = Calendar.of(site, PLAN.first, PLAN.end)
    usual_kw = site.usual_kw()
    for policy, lived in with_all.lived.items():
        ends = np.cumsum([len(billed.steps) for billed in calendar.months])
        beside_kw = np.split(lived.beside_kw, ends[:-1])
        for month, billed, drawn_kw, workdays in zip(
            lived.months, calendar.months, beside_kw, WORKDAYS, strict=True
        ):
            run_kwh = (drawn_kw + usual_kw[billed.steps]).sum() * HOURS_PER_STEP
            assert month.runs == workdays, policy
            assert run_kwh + month.given_up_kwh == pytest.approx(50.0 * workdays, abs=1e-3), policy


def test_foresight_of_the_stretch_is_a_bound_below_every_policy(with_all):
    bound = with_all.lived[PERFECT_FORESIGHT]
    assert bound.months[0].given_up_krw == pytest.approx(300 * bound.months[0].given_up_kwh)
    for lived in with_all.lived.values():
        assert lived.bill_krw >= bound.bill_krw - 1
    assert with_all.lived["day-ahead"].bill_krw < with_all.lived[NOTHING].bill_krw


def test_what_is_kept_of_jobs_is_what_was_lived(folder, job_alone):
    for policy, lived in job_alone.lived.items():
        kept = KeptParts(folder=folder, plan=PLAN, sites=(job_alone.site,)).lived(
            job_alone.site, policy
        )
        assert kept.months == lived.months
        np.testing.assert_array_equal(kept.beside_kw, lived.beside_kw)


def test_runs_that_are_moved_are_told_by_their_energy(job_alone):
    """On all days but the 17th, a holiday of the tariff: no demand counts on it."""
    for policy, moved in ((NOTHING, 0), ("day-ahead", WORKDAYS[0] - 1)):
        july, _ = job_alone.lived[policy].months
        assert july.moved_kwh == pytest.approx(50.0 * moved)
    assert len(job_alone.lived[NOTHING].beside_kw) == sum((31, 31)) * STEPS_PER_DAY
