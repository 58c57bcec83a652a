"""One plan for many courses of the load: its mean, its tail, and what caution buys."""

import cvxpy as cp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models.optimizer.scenarios import Scenarios
from tests.models.optimizer.example_problems import STATED, STEPS, changed, day_kw, scheduled

SHARES = arrays(np.float64, 5, elements=st.floats(0.05, 1)).map(lambda drawn: drawn / drawn.sum())
COSTS = arrays(np.float64, (5, 3), elements=st.floats(0, 1e6))


def of(probability, *, risk_share=1.0, tail_share=0.25) -> Scenarios:
    return Scenarios(
        paths_kw=np.zeros((len(probability), 1)),
        probability=np.asarray(probability),
        risk_share=risk_share,
        tail_share=tail_share,
    )


def test_the_tail_is_the_mean_of_the_worst_courses_by_hand():
    # The worst quarter: 900 with 0.1, and 0.15 of the 0.4 that cost 500.
    scenarios = of([0.5, 0.4, 0.1])
    costs = np.array([[100.0], [500.0], [900.0]])
    assert scenarios.risk_cost_krw(costs) == pytest.approx([(900 * 0.1 + 500 * 0.15) / 0.25])
    half = of([0.5, 0.4, 0.1], risk_share=0.5)
    mean = 50 + 200 + 90
    assert half.risk_cost_krw(costs) == pytest.approx([0.5 * mean + 0.5 * 660])


@settings(max_examples=25, deadline=None)
@given(
    probability=SHARES,
    costs=COSTS,
    risk_share=st.floats(0, 1),
    tail_share=st.floats(0.05, 1),
)
def test_the_solver_and_the_price_list_know_the_same_tail(
    probability, costs, risk_share, tail_share
):
    scenarios = of(probability, risk_share=risk_share, tail_share=tail_share)
    for column, priced in enumerate(scenarios.risk_cost_krw(costs)):
        expression = scenarios.risk_cost([cp.Constant(cost) for cost in costs[:, column]])
        problem = cp.Problem(cp.Minimize(expression))
        problem.solve(solver=cp.HIGHS)
        assert priced == pytest.approx(problem.value, rel=1e-6, abs=1e-3)
    mean = probability @ costs
    assert (scenarios.risk_cost_krw(costs) >= mean - 1e-6).all()
    assert (scenarios.risk_cost_krw(costs) <= costs.max(axis=0) + 1e-6).all()


def test_a_quantile_of_paths_is_the_load_that_enough_of_them_stay_below():
    scenarios = Scenarios(
        paths_kw=np.array([[10.0, 30.0], [20.0, 10.0], [30.0, 20.0]]),
        probability=np.array([0.5, 0.3, 0.2]),
    )
    assert scenarios.quantile_kw(0.8).tolist() == [20.0, 30.0]
    assert scenarios.quantile_kw(0.5).tolist() == [10.0, 20.0]
    assert scenarios.mean_kw == pytest.approx([17.0, 22.0])


def paths(*courses: tuple[float, list[float]], **told) -> dict:
    told_paths = [{"probability": probability, "kw": kw} for probability, kw in courses]
    return {"kind": "scenarios", "paths": told_paths} | told


def test_one_certain_course_is_planned_as_a_path_is():
    plain = scheduled(STATED)
    for told in (paths((1.0, day_kw())), paths((0.4, day_kw()), (0.6, day_kw()), risk_share=0.7)):
        certain = scheduled(changed(STATED, base_load=told))
        assert certain.planned_cost.total_krw == pytest.approx(plain.planned_cost.total_krw, abs=1)
        assert certain.usual_cost.total_krw == pytest.approx(plain.usual_cost.total_krw)


MORNING = [*[200.0] * 40, *[500.0] * 4, *[200.0] * 52]
EVENING = [*[200.0] * 72, *[560.0] * 4, *[200.0] * 20]
QUIET = [200.0] * STEPS


def peak_costs(schedule) -> list[float]:
    """The demand charge of the plan in each course, floor 300 kW, 8,000 won/kW."""
    total_kw = schedule.equipment_kw["ESS"]
    return [8000 * max((np.array(kw) + total_kw).max(), 300) for kw in (QUIET, MORNING, EVENING)]


def test_caution_shaves_the_unlikely_peak_that_the_mean_does_not_pay_for():
    dear = changed(
        STATED, tariff__krw_per_kwh=100.0, equipment__0__parameters__wear_krw_per_kwh=2000
    )
    courses = ((0.8, QUIET), (0.19, MORNING), (0.01, EVENING))
    mean = scheduled(changed(dear, base_load=paths(*courses)))
    tail = scheduled(changed(dear, base_load=paths(*courses, risk_share=1.0, tail_share=0.01)))
    # An hour at one kW costs 2,000 won of wear; the peak of 0.19 saves 8,000 x 0.19 in the mean.
    assert mean.moves == ()
    assert max(peak_costs(tail)) == pytest.approx(8000 * 460)
    assert tail.planned_cost.demand_krw == pytest.approx(8000 * 460)
    assert max(peak_costs(mean)) == pytest.approx(8000 * 560)


def test_the_told_costs_are_those_of_the_courses_by_hand():
    courses = paths((0.5, QUIET), (0.3, MORNING), (0.2, EVENING), risk_share=0.4, tail_share=0.2)
    schedule = scheduled(changed(STATED, base_load=courses))
    quiet, morning, evening = peak_costs(schedule)
    mean = 0.5 * quiet + 0.3 * morning + 0.2 * evening
    worst = max(quiet, morning, evening) if evening >= morning else None
    assert worst is not None
    assert schedule.planned_cost.demand_krw == pytest.approx(0.6 * mean + 0.4 * worst)
    mean_kw = 0.5 * np.array(QUIET) + 0.3 * np.array(MORNING) + 0.2 * np.array(EVENING)
    import_kw = mean_kw + schedule.equipment_kw["ESS"]
    price = np.array(STATED["tariff"]["krw_per_kwh"])
    assert schedule.planned_cost.energy_krw == pytest.approx((price * import_kw).sum() / 4)
