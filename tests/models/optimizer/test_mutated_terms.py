"""Plans under every term of the grid, and of every kind of equipment, are billed twice alike.

None that was tampered with passes.
"""

from dataclasses import replace

import numpy as np
import pytest

from models.optimizer.plan import problem_of
from models.optimizer.pricing import Pricing
from models.optimizer.rebill import rebill
from models.optimizer.schedule import Schedule, Solved
from models.optimizer.schedule_site import pricing_of, schedule_site
from models.optimizer.site_problem import SiteProblem
from models.optimizer.verify import UnsafeScheduleError, verify_schedule
from tests.models.optimizer.example_problems import KEPCO, STATED, changed, read
from tests.models.optimizer.example_works import a_day_shape, forecast_of, history_of, works
from tests.models.optimizer.test_every_kind_together import OTHERS, PUMPING
from tests.models.optimizer.test_mutated_plans import is_caught, no_number, nudged, wrong_peak
from tests.models.optimizer.test_site_terms import EVENT, PROBLEMS, SPREAD

PARTS = (
    "energy_krw",
    "demand_krw",
    "wear_krw",
    "later_demand_krw",
    "export_earned_krw",
    "events_earned_krw",
)
MUTANTS = 40
BOUND_EVENT = EVENT | {"baseline_kw": 300.0, "penalty_krw_per_kwh": 700.0, "optional": False}
ALL_AT_ONCE = changed(
    STATED,
    base_load=SPREAD,
    site__export={"krw_per_kwh": 60.0, "most_kw": 150.0},
    site__contract_power_kw=560.0,
    site__contract_limit="hard",
    running={"drawn_kwh": 30.0, "elapsed_share": 0.4},
    events=[BOUND_EVENT, EVENT | {"name": "late", "start": "2026-07-01T16:30:00+09:00"}],
)
TERMS = PROBLEMS | {
    "all terms at once": ALL_AT_ONCE,
    "an event that binds": changed(KEPCO, events=[BOUND_EVENT]),
}


def every_kind() -> SiteProblem:
    """A works with each kind of equipment."""
    forecast = forecast_of(a_day_shape(day_kw=700), spread_kw=50)
    return problem_of(works(PUMPING, *OTHERS), history_of(300), forecast)


def solved(problem: SiteProblem) -> tuple[Pricing, Schedule]:
    outcome = schedule_site(problem, time_limit_s=60)
    assert isinstance(outcome, Solved), outcome
    return pricing_of(problem), outcome.schedule


@pytest.mark.parametrize("told", TERMS.values(), ids=TERMS)
def test_both_bills_agree_for_any_powers(told):
    rng = np.random.default_rng(0)
    pricing = pricing_of(read(told))
    steps = pricing.prices.grid.steps
    for _ in range(10):
        powers = {asset.name: rng.uniform(-150, 150, steps) for asset in pricing.site.assets}
        first, second = pricing.cost(powers), rebill(pricing, powers)
        for part in PARTS:
            assert getattr(second, part) == pytest.approx(getattr(first, part), abs=1e-3), part


@pytest.mark.parametrize(
    "problem",
    [*(pytest.param(lambda told=told: read(told), id=name) for name, told in TERMS.items()),
     pytest.param(every_kind, id="every kind of equipment")],
)  # fmt: skip
def test_no_mutated_plan_passes(problem):
    rng = np.random.default_rng(1)
    pricing, schedule = solved(problem())
    verify_schedule(pricing, schedule)
    for number in range(MUTANTS):
        mutate = (nudged, no_number, wrong_peak, wrong_part, wrong_usual_part, wrong_net)[
            number % 6
        ]
        assert is_caught(pricing, mutate(schedule, rng)), mutate.__name__


def wrong_part(schedule: Schedule, rng: np.random.Generator) -> Schedule:
    return replace(schedule, planned_cost=_off(schedule.planned_cost, rng))


def wrong_usual_part(schedule: Schedule, rng: np.random.Generator) -> Schedule:
    return replace(schedule, usual_cost=_off(schedule.usual_cost, rng))


def wrong_net(schedule: Schedule, rng: np.random.Generator) -> Schedule:
    name = "planned_import_kw" if schedule.planned_net_kw is None else "planned_net_kw"
    net_kw = getattr(schedule, name).copy()
    net_kw[rng.integers(net_kw.size)] -= rng.uniform(0.01, 100)
    return replace(schedule, **{name: net_kw})


def _off(cost, rng):
    part = str(rng.choice(PARTS))
    off = rng.choice([-1, 1]) * rng.uniform(1.01, 10_000)
    return replace(cost, **{part: getattr(cost, part) + off})


@pytest.mark.parametrize(
    ("told", "told_as"),
    [
        (changed(STATED, site__contract_power_kw=375.0, site__contract_limit="hard"),
         "the contract power is exceeded at 2026-07-01 08:00"),
        (changed(STATED, site__export={"krw_per_kwh": 90.0, "most_kw": 5.0}, base_load__kw=50.0),
         "more than 5 kW is fed back into the grid at 2026-07-01 10:00"),
    ],
    ids=["contract", "export"],
)  # fmt: skip
def test_a_broken_limit_of_the_grid_is_named_with_its_time(told, told_as):
    if told["base_load"]["kw"] == 50.0:
        told = changed(told, base_load__kw=[50.0] * 96)
    pricing, schedule = solved(read(told))
    power_kw = np.zeros(96)
    power_kw[0:8], power_kw[40:44] = 60.0, -60.0
    tampered = replace(schedule, equipment_kw={"ESS": power_kw})
    with pytest.raises(UnsafeScheduleError, match=told_as):
        verify_schedule(pricing, tampered)


def test_the_bound_is_below_every_plan_and_close_to_the_cheapest():
    problem = read(KEPCO)
    outcome = schedule_site(problem)
    assert isinstance(outcome, Solved)
    assert outcome.gap_krw is not None
    assert 0 <= outcome.gap_krw <= 2
    total_krw = outcome.schedule.planned_cost.total_krw
    assert outcome.bound_krw == pytest.approx(total_krw - outcome.gap_krw)


def test_the_gap_of_a_plan_that_was_kept_is_what_a_new_one_could_save():
    cheapest = schedule_site(read(STATED))
    at_rest = {
        "start": STATED["grid"]["start"],
        "equipment_kw": {"ESS": [0.0] * 96},
        "keep_unless_saves_krw": 1e9,
    }
    kept = schedule_site(read(changed(STATED, previous=at_rest)))
    assert isinstance(kept, Solved)
    assert isinstance(cheapest, Solved)
    assert kept.schedule.kept_previous
    assert kept.gap_krw == pytest.approx(cheapest.schedule.saved_krw, abs=2)
