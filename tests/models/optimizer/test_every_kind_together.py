"""One works with every kind of equipment and related jobs gets a plan that pays and is allowed."""

from dataclasses import replace

import numpy as np
import pytest

from feature_store.entities.firm import Equipment
from feature_store.entities.job_relation import Exclusion, Precedence
from models.optimizer.base_load import base_load
from models.optimizer.job_relations import relation_violations
from models.optimizer.plan import plan
from models.optimizer.schedule import Solved
from models.optimizer.verify import UnsafeScheduleError, verify
from models.site import KINDS, site_of
from tests.contracts.test_every_asset import DECLARED
from tests.models.optimizer.example_works import a_day_shape, forecast_of, history_of, works

PUMPING = Equipment(
    name="pumping",
    kind="interruptible_job",
    parameters=DECLARED["interruptible_job"] | {"usual_start": "11:00"},
)
OTHERS = tuple(
    Equipment(name=kind, kind=kind, parameters=parameters)
    for kind, parameters in DECLARED.items()
    if kind != "interruptible_job"
)
FORECAST = forecast_of(a_day_shape(day_kw=700), spread_kw=50)


def scheduled(*relations):
    firm = works(PUMPING, *OTHERS).model_copy(update={"job_relations": relations})
    outcome = plan(firm, history_of(300), FORECAST, time_limit_s=60)
    assert isinstance(outcome, Solved)
    return site_of(firm), outcome.schedule


@pytest.fixture(scope="module")
def free():
    return scheduled()


def test_every_kind_takes_part_and_the_plan_saves(free):
    site, schedule = free
    assert {asset.kind for asset in site.assets} == set(KINDS)
    assert {move.kind for move in schedule.moves} >= set(KINDS) - {"solar"}
    saved_krw = schedule.usual_cost.total_krw - schedule.planned_cost.total_krw
    assert saved_krw > 0
    assert sum(move.saved_krw for move in schedule.moves) == pytest.approx(saved_krw)


@pytest.mark.parametrize(
    "relation",
    [
        Precedence(kind="precedence", first="pumping", then="shiftable_job", gap="00:30"),
        Exclusion(kind="exclusion", jobs=("pumping", "shiftable_job")),
    ],
    ids=lambda relation: relation.kind,
)
def test_a_relation_holds_in_the_plan_and_never_makes_it_cheaper(relation, free):
    site, related = scheduled(relation)
    assert relation_violations(site, related.grid, related.equipment_kw) == []
    assert related.planned_cost.total_krw >= free[1].planned_cost.total_krw - 2  # won: the gap


def test_a_plan_that_breaks_a_relation_is_not_handed_out(free):
    site, schedule = free
    exclusive = replace(
        site, job_relations=(Exclusion(kind="exclusion", jobs=("pumping", "shiftable_job")),)
    )
    usual_kw = {asset.name: asset.usual_kw(schedule.grid) for asset in site.assets}
    base = base_load(site, FORECAST)
    verify(exclusive, schedule.grid, base, usual_kw)
    job_kw = usual_kw["shiftable_job"]
    both_kw = np.roll(job_kw, 44 - int(job_kw.argmax()))  # 11:00, where the pumping lies
    with pytest.raises(UnsafeScheduleError, match="more than 1 of pumping, shiftable_job"):
        verify(exclusive, schedule.grid, base, usual_kw | {"shiftable_job": both_kw})
