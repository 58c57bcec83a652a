"""A whole replay on a made load: months in order, parts kept, captures, what is refused."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from feature_store.time_grid import STEPS_PER_DAY, STEPS_PER_HOUR, STEPS_PER_WEEK
from models.dispatch.perfect_foresight import NAME as PERFECT_FORESIGHT
from tests.builders import a_history
from tests.made_replay import (
    APRIL,
    MAY,
    TWO_MONTHS,
    a_firm_with_battery,
    a_firm_with_two_batteries,
    a_load,
    a_site,
    known_forecasts,
)
from training.replay.figures import cells, policy_figures
from training.replay.kept_parts import KeptParts
from training.replay.lived_site import LivedSite, MonthFigures, SiteTask, live_site
from training.replay.months import Calendar
from training.replay.not_replayable import NotReplayableError
from training.replay.plan import NOTHING
from training.replay.run import Replay, ReplayedSite, replay
from training.replay.site import replay_site


class Stopped(Exception):  # noqa: N818  no error of the product: the machine went off
    """What a kill does to a run, at a place that a test chooses."""


def lived_again(folder, plan=MAY, *sites):
    known_forecasts(folder, plan, *sites)
    return replay(sites, plan, folder)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("replay")


@pytest.fixture(scope="module")
def two_months(folder):
    return lived_again(folder, TWO_MONTHS, a_site())


def test_every_policy_lives_every_whole_month(two_months):
    (one,) = two_months.sites
    assert list(one.lived) == [NOTHING, "threshold", PERFECT_FORESIGHT]
    for lived in one.lived.values():
        assert [month.month for month in lived.months] == ["2026-05", "2026-06"]


def test_months_alone_are_billed_by_their_own_peak(two_months):
    (one,) = two_months.sites
    for lived in one.lived.values():
        for month in lived.months:
            assert month.billed_kw == month.peak_kw


def test_the_peak_is_that_of_the_interval_that_is_said_to_have_set_it(two_months):
    (one,) = two_months.sites
    calendar = Calendar.of(one.site, two_months.plan.first, two_months.plan.end)
    for number, month in enumerate(one.lived[NOTHING].months):
        load_kw = one.site.history.demand_kw[calendar.months[number].steps]
        assert load_kw[month.peak_step] == pytest.approx(month.peak_kw)


def test_nothing_is_forecast_where_no_policy_reads_forecasts(tmp_path):
    told = []
    replay([a_site()], MAY, tmp_path, on_progress=lambda *one: told.append(one))
    assert {stage for stage, _, _ in told} == {"live"}
    assert [folder.name for folder in tmp_path.iterdir()] == ["lived"]


def test_a_run_that_was_stopped_goes_on_where_it_was(tmp_path):
    site = a_site()
    known_forecasts(tmp_path, MAY, site)

    def stop_after_the_first(stage, done, _total):
        if stage == "live" and done == 1:
            raise Stopped

    with pytest.raises(Stopped):
        replay([site], MAY, tmp_path, on_progress=stop_after_the_first)
    (first,) = (tmp_path / "lived").iterdir()
    told = []
    done_at = first.stat().st_mtime_ns
    replay([site], MAY, tmp_path, on_progress=lambda *one: told.append(one))
    assert first.stat().st_mtime_ns == done_at
    assert [done for stage, done, _ in told if stage == "live"] == [1, 2, 3]
    assert not list(tmp_path.rglob("*.unfinished"))


def test_what_is_kept_is_what_was_lived(folder, two_months):
    again = replay([a_site()], TWO_MONTHS, folder)
    for name, lived in two_months.sites[0].lived.items():
        kept = again.sites[0].lived[name]
        assert kept.months == lived.months
        np.testing.assert_array_equal(kept.power_kw, lived.power_kw)


def parts_redone(tmp_path, plan, site):
    known_forecasts(tmp_path, plan, site)
    told = []
    replay([site], plan, tmp_path, on_progress=lambda *one: told.append(one))
    return sum(stage == "live" for stage, _, _ in told) - 1


def test_a_changed_declaration_plan_or_reading_is_lived_anew_and_nothing_else(tmp_path):
    assert parts_redone(tmp_path, MAY, a_site()) == 3
    assert parts_redone(tmp_path, MAY, a_site()) == 0
    assert parts_redone(tmp_path, replace(MAY, jobs=2), a_site()) == 0
    assert parts_redone(tmp_path, replace(MAY, policies=()), a_site()) == 0
    assert parts_redone(tmp_path, MAY, a_site(capacity_kwh=300)) == 3
    assert parts_redone(tmp_path, MAY, a_site(seed=1)) == 3
    assert parts_redone(tmp_path, replace(MAY, months_alone=False), a_site()) == 3


def test_parts_that_rest_on_forecasts_are_kept_for_the_same_firms_alone(tmp_path):
    """One model is fitted on all firms that are lived together."""
    alone, other = a_site(), a_site("press_shop", seed=1)
    known_forecasts(tmp_path, MAY, alone)
    of_one = KeptParts(folder=tmp_path, plan=MAY, sites=(alone,))
    of_two = KeptParts(folder=tmp_path, plan=MAY, sites=(alone, other))
    assert of_one.forecasts(alone) is not None
    assert of_two.forecasts(alone) is None
    lived = live_site(SiteTask(site=alone, plan=MAY, policy="threshold", forecasts=None))
    of_one.keep_lived(alone, lived)
    assert of_two.lived(alone, "threshold") is not None  # it reads none


def test_a_reserve_is_the_lower_end_of_what_is_lived():
    with_reserve = a_site(reserve_share=0.3)
    assert with_reserve.batteries == ()
    assert with_reserve.store == replace(a_site().store, least_kwh=75.0)
    with pytest.raises(NotReplayableError, match="125 kWh, below the reserve of 150 kWh"):
        a_site(reserve_share=0.6)


def test_several_batteries_are_lived_as_one_kept_apart_and_found_again(tmp_path):
    firm = a_firm_with_two_batteries(max_discharge_kwh_per_day=90)
    site = replay_site(firm, a_load())
    assert (site.store.discharge_kw, site.store.least_kwh) == (150.0, 35.0)
    plan = replace(MAY, policies=())
    first, again = (replay([site], plan, tmp_path) for _ in range(2))
    for name in first.policies:
        lived, kept = (one.sites[0].lived[name] for one in (first, again))
        assert lived.batteries_kw.shape == (2, len(lived.power_kw))
        np.testing.assert_allclose(lived.batteries_kw.sum(axis=0), lived.power_kw, atol=1e-9)
        np.testing.assert_array_equal(kept.batteries_kw, lived.batteries_kw)
    without_limit = replay_site(a_firm_with_two_batteries(), a_load())
    assert (
        KeptParts(folder=tmp_path, plan=plan, sites=(without_limit,)).lived(without_limit, NOTHING)
        is None
    )


def test_sites_side_by_side_are_lived_as_one_by_one(tmp_path):
    sites = [a_site(), a_site("press_shop", seed=1)]
    one = lived_again(tmp_path / "one", MAY, *sites)
    two = lived_again(tmp_path / "two", replace(MAY, jobs=2), *sites)
    assert policy_figures(one) == policy_figures(two)


def test_a_peak_is_remembered_by_the_months_after_it_as_the_tariff_does(tmp_path):
    """Option II of class B remembers the counted peaks of July to September for twelve months.

    July has one interval of 400 kW, August none above 200 kW: by hand, August is billed for 400.
    """
    steps_kw = np.full(75 * STEPS_PER_DAY, 200.0)
    start = APRIL.replace(month=6, day=22)
    peak_at = (
        9 + 14
    ) * STEPS_PER_DAY + 15 * STEPS_PER_HOUR  # 15 July, 15:00: the ninth day is 1 July
    steps_kw[peak_at] = 400.0
    site = replay_site(
        a_firm_with_battery(max_charge_kw=1e-6, max_discharge_kw=1e-6),
        a_history(steps_kw.tolist(), start=start),
    )
    plan = replace(MAY, first=date(2026, 7, 1), end=date(2026, 9, 1), months_alone=False)
    (one,) = lived_again(tmp_path, plan, site).sites
    july, august = one.lived[NOTHING].months
    assert (july.peak_kw, july.billed_kw) == (400.0, 400.0)
    assert (august.peak_kw, august.billed_kw) == (200.0, 400.0)
    alone = lived_again(tmp_path, replace(plan, months_alone=True), site)
    assert alone.sites[0].lived[NOTHING].months[1].billed_kw == 200.0


def test_each_policy_carries_its_own_peak_not_that_of_the_load(tmp_path):
    start = APRIL.replace(month=6, day=22)
    steps_kw = np.full(75 * STEPS_PER_DAY, 200.0)
    steps_kw[(9 + 14) * STEPS_PER_DAY + 15 * STEPS_PER_HOUR] = 400.0
    site = replay_site(a_firm_with_battery(), a_history(steps_kw.tolist(), start=start))
    plan = replace(MAY, first=date(2026, 7, 1), end=date(2026, 9, 1), months_alone=False)
    (one,) = lived_again(tmp_path, plan, site).sites
    july, august = one.lived[PERFECT_FORESIGHT].months
    assert july.peak_kw == pytest.approx(340.0)  # the battery gives 60 kW
    assert august.billed_kw == pytest.approx(340.0)


def a_lived(policy: str, *bills_krw: float) -> LivedSite:
    return LivedSite(
        site="kiln_works",
        policy=policy,
        months=tuple(
            MonthFigures(
                month=f"2026-0{number}",
                energy_krw=bill_krw - 100,
                demand_krw=90,
                wear_krw=10,
                peak_kw=100,
                peak_step=0,
                billed_kw=100,
                cycles=1,
            )
            for number, bill_krw in enumerate(bills_krw, start=5)
        ),
        power_kw=np.zeros(0),
    )


def a_replay(*, months_alone: bool) -> Replay:
    """Bills of 1000 and 500 won, of which foresight saves 200 and nothing."""
    lived = {
        NOTHING: a_lived(NOTHING, 1000, 500),
        "threshold": a_lived("threshold", 850, 550),
        PERFECT_FORESIGHT: a_lived(PERFECT_FORESIGHT, 800, 500),
    }
    one = ReplayedSite(site=a_site(), lived=lived)
    return Replay(plan=replace(TWO_MONTHS, months_alone=months_alone), sites=(one,))


def test_capture_is_the_share_of_foresights_saving():
    one = a_replay(months_alone=True).sites[0]
    assert one.capture("threshold", 0) == pytest.approx(150 / 200)
    assert np.isnan(one.capture("threshold", 1))  # nothing could be saved
    assert one.capture("threshold") == pytest.approx((1500 - 1400) / (1500 - 1300))
    assert one.capture(NOTHING) == 0
    assert one.capture(PERFECT_FORESIGHT) == 1


def test_months_alone_are_cells_of_their_own_and_months_together_are_one():
    alone, together = (cells(a_replay(months_alone=alone)) for alone in (True, False))
    assert [cell.month for cell in alone] == ["2026-05", "2026-06"]
    assert [cell.month for cell in together] == ["2026-05..2026-06"]
    assert together[0].capture["threshold"] == pytest.approx(0.5)


def test_a_policys_figures_are_sums_of_money_and_spreads_of_known_captures():
    figures = {one.policy: one for one in policy_figures(a_replay(months_alone=True))}
    rule = figures["threshold"]
    assert (rule.bill_krw, rule.saved_krw, rule.regret_krw) == (1400, 100, 100)
    assert (rule.mean, rule.median, rule.worst_tenth, rule.worst) == pytest.approx([0.75] * 4)
    assert rule.cycles == 2


def test_gaps_take_the_load_of_the_week_before_and_are_told():
    load = a_load()
    demand_kw = load.demand_kw.copy()
    gap = slice(9 * STEPS_PER_DAY, 9 * STEPS_PER_DAY + 5)
    demand_kw[[*range(gap.start, gap.stop), 3]] = np.nan
    site = replay_site(a_firm_with_battery(), a_history(demand_kw.tolist(), start=APRIL))
    assert site.filled == 6
    week = STEPS_PER_WEEK
    np.testing.assert_array_equal(
        site.history.demand_kw[gap], load.demand_kw[gap.start - week : gap.stop - week]
    )
    assert site.history.demand_kw[3] == pytest.approx(np.nanmean(demand_kw[:week]))


@pytest.mark.parametrize(
    ("first", "end"),
    [
        (date(2026, 5, 2), date(2026, 5, 31)),
        (date(2026, 7, 1), date(2026, 9, 1)),
        (date(2026, 4, 1), date(2026, 5, 1)),
    ],
    ids=["within a month", "beyond the readings", "nothing before it"],
)
def test_a_stretch_without_a_whole_month_is_refused(tmp_path, first, end):
    with pytest.raises(NotReplayableError, match="no whole billing month lies between"):
        replay([a_site()], replace(MAY, first=first, end=end), tmp_path)


def test_a_firm_without_a_battery_is_refused():
    firm = a_firm_with_battery().model_copy(update={"equipment": ()})
    with pytest.raises(NotReplayableError, match="declares no battery; declare at least one"):
        replay_site(firm, a_load())


def test_an_unknown_policy_is_refused_with_those_there_are(tmp_path):
    with pytest.raises(
        NotReplayableError, match=r"no policy is called oracle; name some of nothing"
    ):
        lived_again(tmp_path, replace(MAY, policies=("oracle",)), a_site())
