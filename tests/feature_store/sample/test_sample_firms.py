"""The declared firms fit their measured loads, so that no schedule moves load that is not there."""

from datetime import date

import holidays
import numpy as np
import pytest

from feature_store.calendar.closed_days import closed_days
from feature_store.sample.complex import load_sample
from feature_store.sample.measured_profiles import PROFILES, SIMBENCH
from feature_store.time_grid import HOURS_PER_STEP, STEPS_PER_HOUR, local_clock, utc_instant

SAMPLE = load_sample()
FIRMS = {firm.firm_id: firm for firm in SAMPLE.firms}
JOBS = [
    pytest.param(firm, job, id=f"{firm.firm_id}: {job.name}")
    for firm in SAMPLE.firms
    for job in firm.equipment
    if job.kind == "shiftable_job"
]
MOVED = {profile.firm_id: profile.source for profile in PROFILES}
WORKDAY_FIRMS = ("bakery_g5", "commerce_g0", "metal_2", "warehouse", "workday_g1")


def load_of(firm):
    rows = SAMPLE.batch.rows.filter(firm_id=firm.firm_id)
    clock = local_clock(rows["period_start"].to_numpy().astype("datetime64[s]"), firm.zone)
    return rows["kwh"].to_numpy() / HOURS_PER_STEP, clock


def step_of(text):
    hour, minute = text.split(":")
    return int(hour) * STEPS_PER_HOUR + int(minute) * STEPS_PER_HOUR // 60


def test_every_measured_firm_is_declared():
    assert sorted(FIRMS) == sorted(MOVED)


@pytest.mark.parametrize("firm", SAMPLE.firms, ids=lambda firm: firm.firm_id)
def test_the_contract_is_five_to_twenty_percent_above_the_peak(firm):
    demand_kw, _ = load_of(firm)
    assert 1.05 <= firm.contract.power_kw / demand_kw.max() <= 1.20
    assert firm.contract.power_kw % 10 == 0


@pytest.mark.parametrize("firm", SAMPLE.firms, ids=lambda firm: firm.firm_id)
def test_the_tariff_class_follows_the_contract_power(firm):
    """Below 300 kW a firm is in class 갑 with options I and II, from 300 kW on in class 을."""
    small = firm.contract.power_kw < 300
    assert firm.contract.tariff_class == ("industrial_gab_2" if small else "industrial_eul")
    assert firm.contract.option in (("I", "II") if small else ("I", "II", "III"))


@pytest.mark.parametrize("firm", SAMPLE.firms, ids=lambda firm: firm.firm_id)
def test_names_say_in_both_languages_that_the_load_is_a_german_measurement(firm):
    assert "독일 실측" in firm.name_ko
    assert "measured in Germany" in firm.name_en


@pytest.mark.parametrize(("firm", "job"), JOBS)
def test_a_job_draws_at_most_60_percent_of_what_nine_working_days_in_ten_show(firm, job):
    demand_kw, clock = load_of(firm)
    working = np.isin(clock.weekday, job.parameters["days"]) & ~closed_days(firm, clock.date)
    first = step_of(job.parameters["usual_start"])
    for offset, power_kw in enumerate(job.parameters["profile_kw"]):
        usually_kw = np.quantile(demand_kw[working & (clock.step_of_day == first + offset)], 0.1)
        assert power_kw <= 0.6 * usually_kw, f"{first + offset}: {power_kw} of {usually_kw:.0f} kW"


@pytest.mark.parametrize(("firm", "job"), JOBS)
def test_a_job_has_room_to_move_around_its_usual_run(firm, job):
    assert firm.equipment.count(job) == 1
    steps = len(job.parameters["profile_kw"])
    first = step_of(job.parameters["usual_start"])
    window = step_of(job.parameters["earliest_start"]), step_of(job.parameters["latest_end"])
    assert window[0] <= first
    assert first + steps <= window[1]
    assert window[1] - window[0] >= 2 * steps


def test_six_to_eight_firms_have_a_battery_of_a_plausible_size():
    batteries = {
        firm.firm_id: item.parameters
        for firm in SAMPLE.firms
        for item in firm.equipment
        if item.kind == "battery"
    }
    assert 6 <= len(batteries) <= 8
    for firm_id, battery in batteries.items():
        demand_kw, _ = load_of(FIRMS[firm_id])
        assert 0.15 <= battery["max_discharge_kw"] / demand_kw.max() <= 0.4
        assert 2 <= battery["capacity_kwh"] / battery["max_discharge_kw"] <= 4


@pytest.mark.parametrize("firm", SAMPLE.firms, ids=lambda firm: firm.firm_id)
def test_closure_days_are_the_german_holidays_moved_with_the_readings(firm):
    source = MOVED[firm.firm_id]
    year = 2016 if source is SIMBENCH else 2010
    moved = {day + source.shift for day in holidays.country_holidays("DE", years=year)}
    year_end = {date(year, 12, day) + source.shift for day in (24, 27, 28, 29, 30, 31)}
    assert moved <= set(firm.closure_days)
    assert set(firm.closure_days) <= moved | year_end


@pytest.mark.parametrize("firm_id", WORKDAY_FIRMS)
def test_load_is_low_on_the_closure_days_of_firms_that_keep_them(firm_id):
    firm = FIRMS[firm_id]
    demand_kw, clock = load_of(firm)
    weekday = clock.weekday < 5
    closed = closed_days(firm, clock.date)
    assert demand_kw[weekday & closed].mean() < 0.55 * demand_kw[weekday & ~closed].mean()


def test_readings_go_on_after_the_demo_time():
    starts = SAMPLE.batch.rows["period_start"].to_numpy().astype("datetime64[s]")
    assert SAMPLE.demo_time.weekday() == 3
    assert (starts > utc_instant(SAMPLE.demo_time)).any()


def test_the_notice_names_sources_and_licences():
    for needed in ("SimBench", "ODbL", "DbCL", "pycity-base", "MIT", "assumed"):
        assert needed in SAMPLE.notice
