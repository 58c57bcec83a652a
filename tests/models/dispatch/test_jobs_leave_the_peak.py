"""Jobs run once and whole each day, off the peak where that saves its kW."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from feature_store.entities.job_relation import Precedence
from feature_store.time_grid import HOURS_PER_STEP, STEPS_PER_DAY, STEPS_PER_HOUR
from models.dispatch.do_nothing import DoNothing
from models.dispatch.live import BrokenLimitsError, live
from models.dispatch.peak_lines import PeakLines
from models.dispatch.perfect_foresight import (
    RatchetMonth,
    foreseen,
    foreseen_stretch,
    perfect_foresight,
)
from models.dispatch.policy import Move, PeakCost
from models.dispatch.rolling_plan import RollingPlan
from models.dispatch.stochastic import Stochastic
from models.dispatch.store import Store
from models.dispatch.threshold_rule import ThresholdRule
from tests.made_jobs import JOB, KRW_PER_KW, REDUCIBLE, a_day_kw, foretold, some_days

BUSY_KW = a_day_kw(above_kw=100.0, first_hour=9, hours=3)
"""200 kW from 9 to 12 and 100 kW else: the job's usual hour lies in the middle of it."""
STORE = Store(
    least_kwh=10.0,
    most_kwh=90.0,
    charge_kw=30.0,
    discharge_kw=30.0,
    charge_efficiency=0.95,
    discharge_efficiency=0.95,
    wear_krw_per_kwh=5.0,
    start_kwh=50.0,
)
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


@pytest.mark.parametrize("seed", range(2))
def test_foresight_is_a_bound_below_every_policy(seed):
    random = np.random.default_rng(seed)
    day_kw = random.uniform(80, 120, STEPS_PER_DAY) + 0.8 * BUSY_KW
    month, known = some_days(day_kw, JOB, REDUCIBLE, store=STORE)
    price = np.tile(random.choice([60.0, 100.0, 200.0], STEPS_PER_DAY), 3)
    month = replace(month, prices=replace(month.prices, krw_per_kwh=price))
    known = foretold(month, known)
    bound = perfect_foresight(month, known)
    assert all(live(policy, month, known).bill_krw >= bound.bill_krw - 1 for policy in EVERY)
    stretch = [RatchetMonth(month=month, krw_per_kw=KRW_PER_KW, floor_kw=0.0, remembers=())]
    (alone,) = foreseen_stretch(stretch, known)
    assert foreseen(month, known, alone).bill_krw == pytest.approx(bound.bill_krw, abs=1)


def test_foresight_breaks_runs_but_leaves_no_energy_of_them_out():
    month, known = some_days(BUSY_KW, JOB, days=6)
    (run_kw,) = perfect_foresight(month, known).operation.runs_kw
    by_day_kwh = run_kw.reshape(-1, STEPS_PER_DAY).sum(axis=1) * HOURS_PER_STEP
    assert by_day_kwh == pytest.approx([50.0] * 5 + [0.0])
    step = np.arange(month.steps) % STEPS_PER_DAY
    outside = (step < 8 * STEPS_PER_HOUR) | (step >= 20 * STEPS_PER_HOUR)
    assert np.abs(run_kw[outside]).max() < 1e-6


@dataclass(frozen=True)
class _Careless:
    """Leaves runs out and gives up what may not be given up."""

    runs_share: float
    given_up_kw: float
    swapped: bool = False
    name: str = "careless"

    def start(self, month, known):
        return _CarelessDispatcher(self, DoNothing().start(month, known))


@dataclass(frozen=True)
class _CarelessDispatcher:
    policy: _Careless
    resting: object

    def place(self, morning):
        runs_kw = self.policy.runs_share * self.resting.place(morning)
        return runs_kw[::-1] if self.policy.swapped else runs_kw

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


DRYER = JOB.model_copy(
    update={"name": "dryer", "parameters": JOB.parameters | {"usual_start": "13:00"}}
)
KILN_FIRST = Precedence(kind="precedence", first="kiln", then="dryer", gap="00:30")
BUSY_MORNING_AND_NIGHT_KW = a_day_kw(above_kw=100.0, first_hour=0, hours=16)
"""100 kW from 16 to 24 alone: both jobs want to run between 16 and 20."""


@pytest.mark.parametrize("policy", PLANNING, ids=lambda policy: policy.name)
def test_what_holds_between_jobs_holds_where_they_are_placed(policy):
    month, known = some_days(BUSY_MORNING_AND_NIGHT_KW, JOB, DRYER, relations=(KILN_FIRST,))
    lived = live(policy, month, foretold(month, known))
    assert lived.peak_kw == pytest.approx(200.0, abs=1e-3)
    kiln_kw, dryer_kw = lived.operation.runs_kw
    for day in range(0, month.steps, STEPS_PER_DAY):
        kiln, dryer = (
            np.flatnonzero(run_kw[day : day + STEPS_PER_DAY] > 1) for run_kw in (kiln_kw, dryer_kw)
        )
        assert kiln[0] >= 16 * STEPS_PER_HOUR
        assert dryer[0] - kiln[-1] > STEPS_PER_HOUR // 2


def test_a_policy_that_breaks_a_relation_has_no_figures():
    relations = (Precedence(kind="precedence", first="kiln", then="dryer"),)
    month, known = some_days(BUSY_KW, JOB, DRYER, relations=relations)
    with pytest.raises(BrokenLimitsError, match="dryer starts before kiln is over"):
        live(_Careless(1.0, 0.0, swapped=True), month, known)


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
