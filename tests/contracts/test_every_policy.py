"""What a replay relies on, asked of every policy: physics, no look ahead, and the bill."""

from dataclasses import replace

import numpy as np
import pytest

from feature_store.features.load_table import load_table
from feature_store.time_grid import HOURS_PER_STEP, STEPS_PER_DAY, STEPS_PER_HOUR, TimeGrid
from models.assets.battery import Battery
from models.dispatch.known_load import KnownLoad
from models.dispatch.live import billed, live
from models.dispatch.perfect_foresight import NAME as PERFECT_FORESIGHT
from models.dispatch.perfect_foresight import perfect_foresight
from models.dispatch.policy import Month, Operation, PeakCost
from models.dispatch.storage_value import DayPrices
from models.site import site_of
from tests.made_jobs import JOB, REDUCIBLE, a_day_kw, some_days
from tests.made_replay import (
    a_firm_with_two_batteries,
    a_site,
    forecasts_by_last_week,
    with_load,
)
from training.replay.plan import BY_VALUE, NOTHING, POLICIES, STOCHASTIC
from training.replay.report.policy_words import KNOWING, MEANINGS
from training.replay.site import replay_site

SITE = a_site()
LOAD_KW = SITE.history.demand_kw
TABLE = load_table(SITE.firm, SITE.history, 0)
KNOWN = KnownLoad(table=TABLE, forecasts=forecasts_by_last_week(LOAD_KW))
FIRST, DAYS = 60 * STEPS_PER_DAY, 4
"""Friday to Monday, every kind of day; the readings reach beyond the last plan."""
STEP_OF_DAY = np.arange(STEPS_PER_DAY)
DEAR = (STEP_OF_DAY >= STEPS_PER_DAY // 2) & (STEP_OF_DAY < 3 * STEPS_PER_DAY // 4)
COUNTED = STEP_OF_DAY >= STEPS_PER_DAY // 3
MONTH = Month(
    name="four days",
    first=FIRST,
    prices=DayPrices(
        krw_per_kwh=np.tile(np.where(DEAR, 200.0, 100.0), DAYS),
        counted=np.tile(COUNTED, DAYS),
    ),
    store=SITE.store,
    peak_cost=PeakCost(krw_per_kw=np.array([2000.0]), above_kw=np.zeros(1)),
)
CHANGED_AT = FIRST + 2 * STEPS_PER_DAY + 41
BUSY_KW = a_day_kw(above_kw=100.0, first_hour=9, hours=5)
BUSY_KW[13 * STEPS_PER_HOUR : 14 * STEPS_PER_HOUR] += 60.0
"""The job's usual hour lies in the busy ones, and the busiest is one in which the load may be
reduced."""
KEEPING_JOBS = {NOTHING, "threshold"}
NOT_REDUCING = KEEPING_JOBS | {BY_VALUE, "rolling-value"}
RESERVE_SHARE, KWH_PER_DAY = 0.3, 90.0
"""Of the large battery, whose window begins at a tenth; about one discharge of it a day."""
SITE_OF_TWO = replay_site(
    a_firm_with_two_batteries(
        reserve_share=RESERVE_SHARE, max_discharge_kwh_per_day=KWH_PER_DAY, wear_krw_per_kwh=5
    ),
    SITE.history,
)
DAYS_OF_TWO = 2
MONTH_OF_TWO = replace(
    MONTH,
    prices=DayPrices(
        krw_per_kwh=MONTH.prices.krw_per_kwh[: DAYS_OF_TWO * STEPS_PER_DAY],
        counted=MONTH.prices.counted[: DAYS_OF_TWO * STEPS_PER_DAY],
    ),
    store=SITE_OF_TWO.store,
    batteries=SITE_OF_TWO.batteries,
)
every_policy = pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.name)


@pytest.fixture(scope="module")
def lived():
    """Every policy's month, lived once."""
    return {policy.name: live(policy, MONTH, KNOWN) for policy in POLICIES}


@pytest.fixture(scope="module")
def foreseen():
    return perfect_foresight(MONTH, KNOWN)


@pytest.fixture(scope="module")
def lived_with_two():
    """A month of two batteries, one with a reserve and a limit of the day."""
    lived = {policy.name: live(policy, MONTH_OF_TWO, KNOWN) for policy in POLICIES}
    return lived | {PERFECT_FORESIGHT: perfect_foresight(MONTH_OF_TWO, KNOWN)}


@every_policy
def test_the_battery_stays_within_all_it_declares(policy, lived):
    (battery,) = (asset for asset in site_of(SITE.firm).assets if isinstance(asset, Battery))
    power_kw = lived[policy.name].power_kw
    grid = replace(SITE.history.grid, steps=MONTH.steps)
    told = [one for one in battery.violations(power_kw, grid) if "end" not in str(one)]
    assert told == []
    soc_kwh = battery.soc_kwh(power_kw)
    np.testing.assert_allclose(soc_kwh, lived[policy.name].soc_kwh, atol=1e-6)


@pytest.mark.parametrize("policy", [*(policy.name for policy in POLICIES), PERFECT_FORESIGHT])
def test_each_of_two_batteries_keeps_its_window_its_reserve_and_its_limit_of_the_day(
    policy, lived_with_two
):
    lived = lived_with_two[policy]
    batteries = [asset for asset in site_of(SITE_OF_TWO.firm).assets if isinstance(asset, Battery)]
    midnight = SITE.history.grid.at(FIRST)
    grid = TimeGrid(midnight, MONTH_OF_TWO.steps)
    powers_kw = lived.operation.by_battery_kw
    for battery, power_kw in zip(batteries, powers_kw, strict=True):
        told = [one for one in battery.violations(power_kw, grid) if "ends emptier" not in one]
        assert told == []
    np.testing.assert_allclose(powers_kw.sum(axis=0), lived.power_kw, atol=1e-9)
    assert lived.import_kw.min() >= -1e-6
    assert lived_with_two[PERFECT_FORESIGHT].bill_krw <= lived.bill_krw + 1.0
    own_wear_krw = [
        battery.cost_krw(power_kw).value
        for battery, power_kw in zip(batteries, powers_kw, strict=True)
    ]
    assert lived.wear_krw == pytest.approx(sum(own_wear_krw))


def test_the_limit_of_the_day_is_one_that_holds_policies_back(lived_with_two):
    without = replace(
        MONTH_OF_TWO,
        batteries=tuple(replace(one, left_today_kwh=None) for one in MONTH_OF_TWO.batteries),
    )
    limited, free = (
        np.maximum(-lived.operation.by_battery_kw[0, :STEPS_PER_DAY], 0).sum() * HOURS_PER_STEP
        for lived in (lived_with_two[PERFECT_FORESIGHT], perfect_foresight(without, KNOWN))
    )
    assert free > KWH_PER_DAY
    assert limited == pytest.approx(KWH_PER_DAY)


@every_policy
def test_nothing_is_fed_into_the_grid(policy, lived):
    assert lived[policy.name].import_kw.min() >= -1e-9


def changed_from(position: int, known: KnownLoad) -> KnownLoad:
    """Return another load, and other forecasts of it, from a position on."""
    later_kw = known.table.demand_kw.copy()
    later_kw[position:] = 3 * later_kw[position:] + 40
    forecasts = known.forecasts
    quantiles_kw = np.where(
        (forecasts.issue >= position)[:, None, None], 500.0, forecasts.quantiles_kw
    )
    return KnownLoad(
        table=with_load(known.table, later_kw),
        forecasts=replace(forecasts, quantiles_kw=quantiles_kw),
    )


@every_policy
def test_what_comes_later_changes_no_power_before_it_unless_the_policy_is_named_as_knowing(
    policy, lived
):
    power_kw = live(policy, MONTH, changed_from(CHANGED_AT, KNOWN)).power_kw
    before = slice(0, CHANGED_AT - FIRST)
    alike = np.array_equal(power_kw[before], lived[policy.name].power_kw[before])
    assert alike == (policy.name not in KNOWING)


@every_policy
def test_what_comes_later_moves_no_job_and_gives_up_no_load_before_it_either(policy):
    month, same_days = some_days(BUSY_KW, JOB, REDUCIBLE, store=SITE.store)
    random = np.random.default_rng(0)
    load_kw = same_days.table.demand_kw * random.uniform(0.8, 1.2, len(same_days.table.demand_kw))
    known = KnownLoad(
        table=with_load(same_days.table, load_kw), forecasts=forecasts_by_last_week(load_kw)
    )
    changed_at = month.first + STEPS_PER_DAY + 14 * STEPS_PER_HOUR
    changed = changed_from(changed_at, known)
    first, other = (live(policy, month, one).operation for one in (known, changed))
    days_begun = slice(0, 2 * STEPS_PER_DAY)  # jobs are placed when a day begins
    before = slice(0, changed_at - month.first)
    alike = (
        np.array_equal(first.runs_kw[:, days_begun], other.runs_kw[:, days_begun])
        and np.array_equal(first.given_up_kw[before], other.given_up_kw[before])
        and np.array_equal(first.battery_kw[before], other.battery_kw[before])
    )
    assert alike == (policy.name not in KNOWING)
    # The change is one that is answered once it is seen, and there was something to change before.
    assert np.array_equal(first.runs_kw, other.runs_kw) == (policy.name in KEEPING_JOBS)
    assert first.given_up_kw[before].any() == (policy.name not in NOT_REDUCING)


@every_policy
def test_the_same_month_is_lived_alike_twice(policy, lived):
    again = live(policy, MONTH, KNOWN)
    np.testing.assert_array_equal(again.power_kw, lived[policy.name].power_kw)


@every_policy
def test_a_battery_that_can_do_nothing_does_nothing(policy):
    idle = replace(SITE.store, charge_kw=0.0, discharge_kw=0.0)
    power_kw = live(policy, replace(MONTH, store=idle), KNOWN).power_kw
    np.testing.assert_allclose(power_kw, 0.0, atol=1e-9)


@every_policy
def test_a_battery_of_almost_no_size_moves_almost_nothing(policy):
    store = SITE.store
    tiny = replace(store, least_kwh=0.0, most_kwh=1e-3, start_kwh=5e-4)
    power_kw = live(policy, replace(MONTH, store=tiny), KNOWN).power_kw
    assert np.abs(power_kw).max() <= 0.01


@every_policy
def test_foresight_is_never_beaten(policy, lived, foreseen):
    assert lived[policy.name].bill_krw >= foreseen.bill_krw - 1.0


def test_the_products_own_policy_gets_more_than_half_of_what_foresight_saves(lived, foreseen):
    nothing, own = lived[NOTHING].bill_krw, lived[STOCHASTIC].bill_krw
    assert (nothing - own) / (nothing - foreseen.bill_krw) > 0.5


@pytest.mark.parametrize(
    "policy",
    [policy for policy in POLICIES if not policy.reads_forecasts],
    ids=lambda policy: policy.name,
)
def test_one_that_reads_no_forecasts_lives_without_any(policy, lived):
    without = live(policy, MONTH, KnownLoad(table=TABLE))
    np.testing.assert_array_equal(without.power_kw, lived[policy.name].power_kw)


@every_policy
def test_the_report_says_what_it_does(policy):
    assert MEANINGS[policy.name]


def test_doing_nothing_costs_the_plain_bill(lived):
    load_kw = LOAD_KW[FIRST : FIRST + MONTH.steps]
    energy_krw = HOURS_PER_STEP * float(load_kw @ MONTH.prices.krw_per_kwh)
    peak_krw = 2000.0 * load_kw[MONTH.prices.counted].max()
    assert lived[NOTHING].bill_krw == pytest.approx(energy_krw + peak_krw)


def test_charge_that_is_missing_at_the_end_is_bought_with_its_losses():
    power_kw = np.zeros(MONTH.steps)
    power_kw[-1] = -40.0
    load_kw = np.full(MONTH.steps, 100.0)
    empty = billed("made", MONTH, load_kw, Operation.of_battery(power_kw))
    bought_kwh = 40 * HOURS_PER_STEP / 0.95 / 0.95
    mean_krw = MONTH.prices.krw_per_kwh.mean()
    energy_krw = HOURS_PER_STEP * (load_kw + power_kw) @ MONTH.prices.krw_per_kwh
    assert empty.energy_krw == pytest.approx(energy_krw + bought_kwh * mean_krw)
