"""Order, exclusion and crews hold in every plan, cost no more than they must, and are checked."""

from datetime import datetime
from itertools import product

import cvxpy as cp
import numpy as np
import pytest

from feature_store.entities.firm import Equipment, Firm
from feature_store.entities.job_relation import Crew, Exclusion, Precedence
from feature_store.time_grid import TimeGrid
from models.assets.job_limit import JobRelationError
from models.optimizer.job_relations import relation_constraints, relation_violations
from models.site import site_of
from tests.builders import SEOUL, a_firm

GRID = TimeGrid(datetime(2026, 7, 1, 8, tzinfo=SEOUL), steps=12)


def job(name, usual_start, *, length=2, kw=40.0, **changes) -> Equipment:
    declared = {
        "profile_kw": [kw] * length,
        "usual_start": usual_start,
        "earliest_start": "08:00",
        "latest_end": "11:00",
        "days": [0, 1, 2, 3, 4],
    }
    return Equipment(name=name, kind="shiftable_job", parameters=declared | changes)


def pausing(name, usual_start, *, kwh=20.0) -> Equipment:
    declared = {
        "levels_kw": [40.0],
        "energy_kwh": kwh,
        "usual_start": usual_start,
        "earliest_start": "08:00",
        "latest_end": "11:00",
        "days": [0, 1, 2, 3, 4],
    }
    return Equipment(name=name, kind="interruptible_job", parameters=declared)


MIX, BAKE, PACK = job("mix", "08:00"), job("bake", "09:00", length=3), job("pack", "10:00")


def site(*relations, equipment=(MIX, BAKE, PACK)):
    return site_of(a_firm(equipment=equipment, job_relations=relations))


def cheapest(works, price) -> tuple[dict[str, np.ndarray], float]:
    """Powers and energy cost; each job pays its own price, shape (jobs, steps)."""
    plans = {asset.name: asset.plan(GRID) for asset in works.assets}
    cost = sum(row @ plan.power_kw / 4 for row, plan in zip(price, plans.values(), strict=True))
    constraints = [constraint for plan in plans.values() for constraint in plan.constraints]
    problem = cp.Problem(
        cp.Minimize(cost), [*constraints, *relation_constraints(works, GRID, plans)]
    )
    problem.solve(solver=cp.HIGHS, warm_start=False, mip_rel_gap=0.0)
    assert problem.status == cp.OPTIMAL
    assert problem.is_dpp()
    powers = {name: np.asarray(plan.power_kw.value) for name, plan in plans.items()}
    return powers, float(problem.value)


def running(start, length) -> np.ndarray:
    on = np.zeros(12, dtype=bool)
    on[start : start + length] = True
    return on


def drawn(starts) -> dict[str, np.ndarray]:
    lengths = {"mix": 2, "bake": 3, "pack": 2}
    return {name: 40.0 * running(starts[name], lengths[name]) for name in lengths}


def every_placing():
    for mix, bake, pack in product(range(11), range(10), range(11)):
        yield {"mix": mix, "bake": bake, "pack": pack}


RELATIONS = {
    "in order": (
        (Precedence(kind="precedence", first="mix", then="bake"),),
        lambda at: at["bake"] >= at["mix"] + 2,
    ),
    "in order with a gap": (
        (
            Precedence(kind="precedence", first="mix", then="bake", gap="00:30"),
            Precedence(kind="precedence", first="bake", then="pack"),
        ),
        lambda at: at["bake"] >= at["mix"] + 4 and at["pack"] >= at["bake"] + 3,
    ),
    "never at once": (
        (Exclusion(kind="exclusion", jobs=("mix", "pack")),),
        lambda at: abs(at["mix"] - at["pack"]) >= 2,
    ),
    "a crew of two until ten": (
        (Crew(kind="crew", jobs=("mix", "bake", "pack"), at_most=2, to_time="10:00"),),
        lambda at: sum(kw > 0 for kw in drawn(at).values())[:8].max() <= 2,
    ),
}
every_relation = pytest.mark.parametrize("named", RELATIONS)


@every_relation
def test_the_check_says_the_same_of_every_placing_as_the_rule(named):
    relations, rule = RELATIONS[named]
    works = site(*relations)
    chosen = list(every_placing())[::7]
    assert {rule(at) for at in chosen} == {True, False}
    for at in chosen:
        found = relation_violations(works, GRID, drawn(at))
        assert (found == []) == rule(at), (at, found)


@every_relation
def test_a_plan_is_as_cheap_as_the_best_of_all_placings(named):
    relations, rule = RELATIONS[named]
    works = site(*relations)
    allowed = [at for at in every_placing() if rule(at)]
    for seed in range(4):
        price = np.random.default_rng(seed).uniform(50, 250, (3, 12))
        powers, cost_krw = cheapest(works, price)
        assert relation_violations(works, GRID, powers) == []
        best_krw = min(
            sum(row @ kw / 4 for row, kw in zip(price, drawn(at).values(), strict=True))
            for at in allowed
        )
        assert cost_krw == pytest.approx(best_krw)


@pytest.mark.parametrize("seed", range(5))
def test_order_alone_needs_no_branching(seed):
    # Costs that pull both jobs to the same place: the relaxation already keeps them in order.
    works = site(RELATIONS["in order"][0][0])
    plans = {asset.name: asset.plan(GRID) for asset in works.assets}
    price = np.random.default_rng(seed).uniform(50, 250, (3, 12))
    cost = sum(row @ plan.power_kw for row, plan in zip(price, plans.values(), strict=True))
    constraints = [constraint for plan in plans.values() for constraint in plan.constraints]
    constraints += relation_constraints(works, GRID, plans)
    whole = cp.Problem(cp.Minimize(cost), constraints)
    whole.solve(solver=cp.HIGHS, mip_rel_gap=0.0)
    data, _, _ = whole.get_problem_data(cp.HIGHS)
    data_cost, matrix = data["c"], data["A"].toarray()
    relaxed = cp.Variable(data_cost.size)
    equalities = data["dims"].zero
    left = matrix @ relaxed - data["b"]
    lp = cp.Problem(
        cp.Minimize(data_cost @ relaxed),
        [left[:equalities] == 0, left[equalities:] <= 0, relaxed >= 0, relaxed <= 1],
    )
    lp.solve(solver=cp.HIGHS)
    assert lp.value == pytest.approx(whole.value)


@pytest.mark.parametrize("pausing_first", [True, False])
def test_a_job_that_pauses_keeps_its_place_in_the_order(pausing_first):
    first, then = (
        (pausing("a", "08:00"), job("b", "09:00"))
        if pausing_first
        else (job("a", "08:00"), pausing("b", "09:00"))
    )
    works = site(
        Precedence(kind="precedence", first="a", then="b", gap="00:15"), equipment=(first, then)
    )
    pairs = [
        (i, j, k)
        for i, j in product(range(12), repeat=2)
        for k in range(11)
        if i < j and (j + 1 < k if pausing_first else k + 2 < i)
    ]
    for seed in range(5):
        price = np.random.default_rng(seed).uniform(50, 250, (2, 12))
        apart, whole = price if pausing_first else price[::-1]
        powers, cost_krw = cheapest(works, price)
        assert relation_violations(works, GRID, powers) == []
        assert cost_krw == pytest.approx(
            min(10 * (apart[i] + apart[j] + whole[k] + whole[k + 1]) for i, j, k in pairs)
        )


def test_the_order_is_a_days_own_and_a_crew_may_work_over_midnight():
    two_days = TimeGrid(datetime(2026, 7, 1, tzinfo=SEOUL), steps=192)
    works = site(
        Precedence(kind="precedence", first="mix", then="bake"),
        Crew(kind="crew", jobs=("mix", "bake"), at_most=1, from_time="22:00", to_time="09:00"),
    )
    usual = {asset.name: asset.usual_kw(two_days) for asset in works.assets}
    assert relation_violations(works, two_days, usual) == []
    plans = {asset.name: asset.plan(two_days) for asset in works.assets}
    constraints = [constraint for plan in plans.values() for constraint in plan.constraints]
    constraints += relation_constraints(works, two_days, plans)
    usually = [plan.power_kw == usual[name] for name, plan in plans.items()]
    problem = cp.Problem(cp.Minimize(0), constraints + usually)
    problem.solve(solver=cp.HIGHS)
    assert problem.status == cp.OPTIMAL
    both = {name: np.roll(kw, 32 - 36) if name == "bake" else kw for name, kw in usual.items()}
    told = relation_violations(works, two_days, both)
    assert any("bake starts before mix is over on 2026-07-02" in one for one in told)
    assert any("more than 1 of mix, bake run at once at 2026-07-01 08:00" in one for one in told)


@pytest.mark.parametrize(
    ("relations", "said"),
    [
        (
            (Exclusion(kind="exclusion", jobs=("mix", "oven")),),
            "exclusion names 'oven', which is no equipment of the firm; write one of mix, bake",
        ),
        (
            (Exclusion(kind="exclusion", jobs=("mix", "ESS")),),
            "exclusion names 'ESS', which is a solar; relations hold between jobs",
        ),
        ((Exclusion(kind="exclusion", jobs=("mix", "mix")),), "names 'mix' twice"),
        (
            (
                Precedence(kind="precedence", first="mix", then="bake"),
                Precedence(kind="precedence", first="bake", then="pack"),
                Precedence(kind="precedence", first="pack", then="mix"),
            ),
            "form a circle",
        ),
        ((Precedence(kind="precedence", first="mix", then="mix"),), "mix before mix form a circle"),
        (
            (Precedence(kind="precedence", first="bake", then="mix"),),
            "mix usually starts at 08:00, but has to wait for bake, which is usually over at 09:45",
        ),
        (
            (Precedence(kind="precedence", first="mix", then="bake", gap="00:45"),),
            "the gap of 00:45",
        ),
    ],
)
def test_a_relation_that_cannot_hold_is_refused_with_its_names(relations, said):
    roof = Equipment(
        name="ESS",
        kind="solar",
        parameters={"peak_kw": 10, "tilt_deg": 10, "azimuth_deg": 180},
    )
    with pytest.raises(JobRelationError, match=said):
        site(*relations, equipment=(MIX, BAKE, PACK, roof))


def test_a_usual_operation_that_breaks_a_crew_is_refused_with_the_time():
    late = job("late", "09:15")
    with pytest.raises(JobRelationError, match="at most 1 may run at once, but usually 2 do at 09"):
        site(Exclusion(kind="exclusion", jobs=("bake", "late")), equipment=(BAKE, late))


def test_relations_are_kept_with_the_firm():
    relations = tuple(relation for pair in RELATIONS.values() for relation in pair[0])
    firm = a_firm(equipment=(MIX, BAKE, PACK), job_relations=relations)
    assert Firm.model_validate_json(firm.model_dump_json()) == firm
