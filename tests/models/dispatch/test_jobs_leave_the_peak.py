"""Jobs run once and whole each day, off the peak where that saves its kW, by what was known."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from feature_store.time_grid import STEPS_PER_DAY, STEPS_PER_HOUR
from models.dispatch.do_nothing import DoNothing
from models.dispatch.live import live
from models.dispatch.live_with_jobs import BatteryAloneError, BrokenLimitsError
from models.dispatch.peak_lines import PeakLines
from models.dispatch.perfect_foresight import perfect_foresight
from models.dispatch.policy import Move, PeakCost
from models.dispatch.rolling_plan import RollingPlan
from models.dispatch.stochastic import Stochastic
from models.dispatch.threshold_rule import ThresholdRule
from tests.made_jobs import JOB, KRW_PER_KW, a_day_kw, foretold, some_days

BUSY_KW = a_day_kw(above_kw=100.0, first_hour=9, hours=3)
"""200 kW from 9 to 12 and 100 kW else: the job's usual hour lies in the middle of it."""
PLANNING = [
    RollingPlan(name="day-ahead", every_steps=STEPS_PER_DAY, tracking=False),
    RollingPlan(name="rolling", level=0.75),
    RollingPlan(name="rolling-target", level=0.75, starting_target=True),
    RollingPlan(name="perfect-forecast", path="measured"),
    Stochastic(),
]
EVERY = [DoNothing(), ThresholdRule(), *PLANNING]


def runs_by_day(lived, month, known):
    base_kw = known.table.demand_kw[month.first : month.first + month.steps]
    return (lived.load_kw - base_kw).reshape(-1, STEPS_PER_DAY)


@pytest.mark.parametrize("policy", PLANNING, ids=lambda policy: policy.name)
def test_moving_the_job_off_the_peak_saves_exactly_its_kw(policy):
    month, known = some_days(BUSY_KW, JOB)
    known = foretold(month, known)
    nothing = live(DoNothing(), month, known)
    lived = live(policy, month, known)
    assert nothing.peak_kw == pytest.approx(250.0)
    assert lived.peak_kw == pytest.approx(200.0, abs=1e-3)
    assert nothing.bill_krw - lived.bill_krw == pytest.approx(50.0 * KRW_PER_KW, abs=10)


@pytest.mark.parametrize("policy", EVERY, ids=lambda policy: policy.name)
def test_a_job_runs_once_and_whole_each_day(policy):
    month, known = some_days(BUSY_KW, JOB, days=6)  # Monday to Saturday
    known = foretold(month, known)
    for day, run_kw in enumerate(runs_by_day(live(policy, month, known), month, known)):
        drawing = np.flatnonzero(run_kw > 1e-6)
        expected = STEPS_PER_HOUR if day < 5 else 0
        assert len(drawing) == expected
        assert (np.diff(drawing) == 1).all()
        assert run_kw[drawing] == pytest.approx(50.0)


def test_without_forecasts_the_days_alike_tell_where_the_peak_is():
    month, known = some_days(BUSY_KW, JOB)
    assert live(Stochastic(), month, known).peak_kw == pytest.approx(200.0, abs=1e-3)


@pytest.mark.parametrize("policy", [PLANNING[1], Stochastic()], ids=lambda policy: policy.name)
def test_what_is_drawn_later_does_not_move_a_job_placed_before(policy):
    month, known = some_days(BUSY_KW, JOB)
    known = foretold(month, known)
    noon = month.first + STEPS_PER_DAY + STEPS_PER_DAY // 2
    demand_kw = known.table.demand_kw.copy()
    demand_kw[noon:] *= 1.7
    by_day_kw = known.table.by_day_kw.copy()
    by_day_kw.ravel()[noon:] *= 1.7
    other = replace(known, table=replace(known.table, demand_kw=demand_kw, by_day_kw=by_day_kw))
    usual, changed = (runs_by_day(live(policy, month, one), month, one) for one in (known, other))
    assert np.array_equal(usual[:2], changed[:2])


def test_foresight_is_a_bound_below_every_policy():
    month, known = some_days(BUSY_KW, JOB)
    known = foretold(month, known)
    bound_krw = perfect_foresight(month, known).bill_krw
    assert all(live(policy, month, known).bill_krw >= bound_krw - 1 for policy in EVERY)


@dataclass(frozen=True)
class _Careless:
    """Leaves runs out and gives up what may not be given up."""

    runs_share: float
    given_up_kw: float
    name: str = "careless"

    def start(self, month, known):
        return _CarelessDispatcher(self, DoNothing().start(month, known))


@dataclass(frozen=True)
class _CarelessDispatcher:
    policy: _Careless
    resting: object

    def power_kw(self, now):  # noqa: ARG002
        return 0.0

    def place(self, morning):
        return self.policy.runs_share * self.resting.place(morning)

    def move(self, now):  # noqa: ARG002
        return Move(power_kw=0.0, given_up_kw=self.policy.given_up_kw)


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        (_Careless(0.0, 0.0), "kiln does not run once and whole"),
        (_Careless(0.5, 0.0), "kiln does not run once and whole"),
        (_Careless(1.0, 5.0), "a load is reduced where none may be"),
    ],
)
def test_a_policy_that_breaks_a_limit_has_no_figures(policy, said):
    with pytest.raises(BrokenLimitsError, match=said):
        live(policy, *some_days(BUSY_KW, JOB))


@dataclass(frozen=True)
class _BatteryAlone:
    """Knows no jobs."""

    name: str = "battery alone"

    def start(self, month, known):  # noqa: ARG002
        return self

    def power_kw(self, now):  # noqa: ARG002
        return 0.0


def test_a_policy_that_knows_no_jobs_is_not_asked_to_run_them():
    with pytest.raises(BatteryAloneError, match="battery alone runs a battery alone"):
        live(_BatteryAlone(), *some_days(BUSY_KW, JOB))


def test_lines_cost_what_the_charges_cost_above_the_held_peak():
    cost = PeakCost(krw_per_kw=np.array([8.0, 3.0, 5.0]), above_kw=np.array([0.0, 150.0, 90.0]))
    lines = PeakLines.of_cost(cost, 100.0)
    peaks_kw = np.array([100.0, 120.0, 150.0, 300.0])
    of_lines = (np.outer(peaks_kw, lines.krw_per_kw) + lines.krw_at_zero).max(axis=1)
    assert of_lines == pytest.approx(cost.krw(peaks_kw))


def test_lines_below_values_touch_them_and_are_never_above():
    peaks_kw = np.linspace(0.0, 270.0, 28)
    values = np.maximum(peaks_kw - 80.0, 0.0) ** 1.5 + 5 * np.sin(peaks_kw)  # not quite convex
    lines = PeakLines.below(peaks_kw, values, 0.0)
    hull = (np.outer(peaks_kw, lines.krw_per_kw) + lines.krw_at_zero).max(axis=1)
    rising = peaks_kw > 100.0
    assert (hull[rising] <= values[rising] + 1e-9).all()
    assert np.isclose(hull, values).sum() > 5
