"""No plan of a complex that was tampered with passes its verifier; the plan itself does."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from models.optimizer.complex.plan import plan_complex
from models.optimizer.complex.schedule import ComplexSchedule
from models.optimizer.complex.terms import Member, SharedTerms
from models.optimizer.complex.verify_complex import verify_complex
from models.optimizer.verify import UnsafeScheduleError, verified_cost
from tests.fakes.flattering_battery import flattering
from tests.models.optimizer.complex.example_complex import (
    GRID,
    a_complex,
    some_terms,
    with_battery,
)

MUTANTS = 20
"""Of each kind."""
Mutation = Callable[[ComplexSchedule, np.random.Generator], ComplexSchedule]


@cache
def planned() -> tuple[tuple[Member, ...], SharedTerms, ComplexSchedule]:
    """Two works that share a peak, a feeder that just suffices, and a battery."""
    members = a_complex(2, jobs=False)
    terms = with_battery(some_terms(feeder_limit_kw=np.full(GRID.steps, 1200.0)), members[0])
    schedule = plan_complex(members, terms)
    limit_kw = np.full(GRID.steps, schedule.demand_kw.max() + 1e-4)
    return members, replace(terms, feeder_limit_kw=limit_kw), schedule


def with_member(schedule: ComplexSchedule, at: int, **changes) -> ComplexSchedule:
    members = list(schedule.members)
    members[at] = replace(members[at], **changes)
    return replace(schedule, members=tuple(members))


def nudged_member(schedule: ComplexSchedule, rng: np.random.Generator) -> ComplexSchedule:
    at = int(rng.integers(len(schedule.members)))
    powers = dict(schedule.members[at].equipment_kw)
    name = str(rng.choice(list(powers)))
    powers[name] = nudged(powers[name], rng)
    return with_member(schedule, at, equipment_kw=powers)


def moved_between_members(schedule: ComplexSchedule, rng: np.random.Generator) -> ComplexSchedule:
    """The complex draws the same, but not who was told to."""
    step, by_kw = rng.integers(GRID.steps), rng.choice([-1, 1]) * rng.uniform(5, 50)
    for at, sign in enumerate((1, -1)):
        powers = dict(schedule.members[at].equipment_kw)
        powers["ESS"] = powers["ESS"] + sign * by_kw * (np.arange(GRID.steps) == step)
        schedule = with_member(schedule, at, equipment_kw=powers)
    return schedule


def nudged_battery(schedule: ComplexSchedule, rng: np.random.Generator) -> ComplexSchedule:
    power_kw = nudged(schedule.battery_kw["community"], rng)
    return replace(schedule, battery_kw={"community": power_kw})


def nudged(power_kw: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    step, by_kw = rng.integers(GRID.steps), rng.choice([-1, 1]) * rng.uniform(0.01, 50)
    wrong_kw = rng.choice([power_kw[step] + by_kw, np.nan], p=[0.9, 0.1])
    return np.where(np.arange(GRID.steps) == step, wrong_kw, power_kw)


def wrong_bill(schedule: ComplexSchedule, rng: np.random.Generator) -> ComplexSchedule:
    at = int(rng.integers(len(schedule.members)))
    part = str(rng.choice(["energy_krw", "demand_krw", "wear_krw", "later_demand_krw"]))
    cost = schedule.members[at].cost
    return with_member(
        schedule, at, cost=replace(cost, **{part: getattr(cost, part) + off_krw(rng)})
    )


def wrong_shared_cost(schedule: ComplexSchedule, rng: np.random.Generator) -> ComplexSchedule:
    return replace(schedule, shared_krw=schedule.shared_krw + off_krw(rng))


def wrong_peak(schedule: ComplexSchedule, rng: np.random.Generator) -> ComplexSchedule:
    return replace(schedule, peak_kw=schedule.peak_kw - rng.uniform(0.01, 50))


def wrong_demand(schedule: ComplexSchedule, rng: np.random.Generator) -> ComplexSchedule:
    return replace(schedule, demand_kw=nudged(schedule.demand_kw, rng))


def other_firms(schedule: ComplexSchedule, rng: np.random.Generator) -> ComplexSchedule:
    members = schedule.members
    return replace(schedule, members=(members[::-1], members[:1])[rng.integers(2)])


def off_krw(rng: np.random.Generator) -> float:
    return float(rng.choice([-1, 1]) * rng.uniform(1.01, 10_000))


MUTATIONS: tuple[Mutation, ...] = (
    nudged_member,
    moved_between_members,
    nudged_battery,
    wrong_bill,
    wrong_shared_cost,
    wrong_peak,
    wrong_demand,
    other_firms,
)


@pytest.mark.parametrize("mutate", MUTATIONS, ids=lambda mutate: mutate.__name__)
def test_every_mutant_is_caught_and_the_plan_itself_passes(mutate: Mutation) -> None:
    members, terms, schedule = planned()
    verify_complex(members, terms, schedule)
    rng = np.random.default_rng(0)
    for _ in range(MUTANTS):
        with pytest.raises(UnsafeScheduleError):
            verify_complex(members, terms, mutate(schedule, rng))


def test_what_is_untrue_is_told_with_whose_it_is_and_its_size() -> None:
    members, terms, schedule = planned()
    cost = schedule.members[1].cost
    cheaper = with_member(schedule, 1, cost=replace(cost, wear_krw=cost.wear_krw - 1000))
    with pytest.raises(UnsafeScheduleError, match=r"works_1: .*the planned wear of [\d,-]+ won is"):
        verify_complex(members, terms, cheaper)
    with pytest.raises(UnsafeScheduleError, match=r"complex: .*the shared cost of [\d,]+ won is"):
        verify_complex(members, terms, replace(schedule, shared_krw=schedule.shared_krw + 5))


def test_a_wrong_cost_in_what_is_solved_does_not_pass_the_second_bill() -> None:
    members, _, schedule = planned()
    pricing, powers = members[0].pricing, schedule.members[0].equipment_kw
    assert verified_cost(pricing, "planned", powers) == schedule.members[0].cost
    (ess, *others) = pricing.site.assets
    wrong = replace(pricing, site=replace(pricing.site, assets=(flattering(ess), *others)))
    with pytest.raises(UnsafeScheduleError, match="the planned wear"):
        verified_cost(wrong, "planned", powers)
