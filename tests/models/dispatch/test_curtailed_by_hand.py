"""A load is reduced where that lowers the peak, as far as its energy goes; its cost is billed."""

import pytest

from feature_store.time_grid import STEPS_PER_DAY
from models.dispatch.do_nothing import DoNothing
from models.dispatch.live import live
from models.dispatch.perfect_foresight import perfect_foresight
from models.dispatch.rolling_plan import RollingPlan
from models.dispatch.stochastic import Stochastic
from tests.made_jobs import KRW_PER_KW, KRW_PER_KWH, REDUCIBLE, a_day_kw, foretold, some_days

SPIKE_KW = a_day_kw(above_kw=40.0, first_hour=14, hours=1)
"""140 kW for an hour: the 15 kWh of a day hold it 15 kW lower, for 300 won a kWh."""
DAYS = 3
GIVEN_UP_KRW = DAYS * 15 * 300.0
SAVED_KRW = 15 * KRW_PER_KW + DAYS * 15 * KRW_PER_KWH - GIVEN_UP_KRW


@pytest.mark.parametrize(
    "policy",
    [
        RollingPlan(name="rolling", level=0.75),
        RollingPlan(name="day-ahead", tracking=False, every_steps=STEPS_PER_DAY),
        RollingPlan(name="perfect-forecast", path="measured"),
    ],
    ids=lambda policy: policy.name,
)
def test_a_plan_spreads_the_energy_of_a_day_over_the_peak(policy):
    month, known = some_days(SPIKE_KW, REDUCIBLE, days=DAYS)
    known = foretold(month, known)
    lived = live(policy, month, known)
    assert lived.peak_kw == pytest.approx(125.0, abs=1e-3)
    assert lived.given_up_krw == pytest.approx(GIVEN_UP_KRW, abs=1)
    nothing = live(DoNothing(), month, known)
    assert nothing.given_up_krw == 0
    assert nothing.bill_krw - lived.bill_krw == pytest.approx(SAVED_KRW, abs=20)


def test_foresight_gives_up_no_more_than_that():
    month, known = some_days(SPIKE_KW, REDUCIBLE, days=DAYS)
    best = perfect_foresight(month, known)
    assert best.peak_kw == pytest.approx(125.0, abs=1e-3)
    assert best.given_up_krw == pytest.approx(GIVEN_UP_KRW, abs=1)


def test_the_values_hold_most_of_the_peak_that_a_plan_would():
    month, known = some_days(SPIKE_KW, REDUCIBLE, days=DAYS)
    lived = live(Stochastic(), month, foretold(month, known))
    assert lived.peak_kw < 130.0
    assert lived.given_up_krw <= GIVEN_UP_KRW + 1
