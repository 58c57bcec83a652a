"""Other plans than the cheapest are offered where they are simpler or safer, with their price."""

from dataclasses import replace

import numpy as np
import pytest

from models.optimizer.alternatives import KEPT_SHARE, alternatives, solved_for
from models.optimizer.verify import UnsafeScheduleError, verify
from tests.fakes.flattering_battery import flattering
from tests.models.optimizer.example_works import CHILLER_LOAD, ESS, EVERYTHING, a_day_shape
from tests.models.optimizer.priced_works import Priced, priced


def offered(found: Priced):
    solve_for = solved_for(found.pricing, found.usual_kw, time_limit_s=60)
    return {
        one.name: one
        for one in alternatives(
            found.pricing, found.usual_kw, found.solution.equipment_kw, solve_for
        )
    }


def test_each_plan_is_verified_priced_and_worth_its_name():
    rng = np.random.default_rng(0)
    found = priced(a_day_shape() + rng.normal(0, 25, 96), *EVERYTHING)
    plans = offered(found)
    assert set(plans) == {"cheapest", "fewest_moves", "safest"}
    cheapest = plans["cheapest"]
    usual_krw = found.pricing.cost(found.usual_kw).total_krw
    for one in plans.values():
        verify(found.site, found.pricing.prices.grid, found.pricing.base, one.equipment_kw)
        assert one.cost == found.pricing.cost(one.equipment_kw)
        assert one.saved_krw == pytest.approx(usual_krw - one.cost.total_krw)
        assert one.saved_krw <= cheapest.saved_krw + 1
        assert one.saved_krw > 0
    assert len(plans["fewest_moves"].moved) < len(cheapest.moved)
    assert plans["fewest_moves"].saved_krw >= KEPT_SHARE * cheapest.saved_krw
    assert plans["safest"].safe_peak_kw < cheapest.safe_peak_kw


def test_a_plan_that_the_second_bill_does_not_confirm_is_not_offered():
    found = priced(a_day_shape(), ESS)
    site = replace(found.site, assets=(flattering(found.site.assets[0]),))
    wrong = replace(found, pricing=replace(found.pricing, site=site))
    with pytest.raises(UnsafeScheduleError, match=r"works: .*the cheapest wear of"):
        offered(wrong)


def test_equipment_that_is_not_moved_does_what_is_usual():
    found = priced(a_day_shape(), *EVERYTHING)
    fewest = offered(found)["fewest_moves"]
    for name, usual_kw in found.usual_kw.items():
        if name not in fewest.moved:
            assert np.array_equal(fewest.equipment_kw[name], usual_kw)


def test_where_nothing_is_moved_one_plan_is_offered():
    assert set(offered(priced(np.full(96, 200.0), CHILLER_LOAD))) == {"cheapest"}


def test_one_move_cannot_become_fewer():
    assert "fewest_moves" not in offered(priced(a_day_shape(), ESS))
