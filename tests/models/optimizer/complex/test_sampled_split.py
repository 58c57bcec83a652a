"""A sample of Shapley's value is as close to it as it says, and fair in all the ways that it is."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.optimizer.complex import known_prices, time_limit
from models.optimizer.complex.fair_split import FairSplit, split_saving
from models.optimizer.complex.group_costs import GroupCosts
from models.optimizer.complex.known_prices import GroupsUnknownError, KnownPrices
from models.optimizer.complex.plan import compiled, plan_complex
from models.optimizer.complex.sampled_shapley import PricedGroups, sampled_shapley
from models.optimizer.complex.terms import Member, SharedTerms, entitled_shares
from models.optimizer.complex.time_limit import ComplexTimedOutError, Deadline
from models.optimizer.shapley import shapley_shares
from tests.fakes.clock import SuddenEnd
from tests.models.optimizer.complex.example_complex import (
    COMMUNITY,
    GRID,
    a_complex,
    a_member,
    some_terms,
    with_battery,
)

DEAR = some_terms(peak_krw_per_kw=20_000.0)
ALL_DAY = Deadline.after(1e9)
FIRMS = 3
EVERY_GROUP = (np.arange(1, 2**FIRMS)[:, None] >> np.arange(FIRMS)) & 1 == 1


def everything_shared(member: Member) -> SharedTerms:
    """A peak, a feeder and a battery that may only discharge so much on a day."""
    parameters = COMMUNITY.parameters.model_copy(
        update={"max_discharge_kwh_per_day": 60.0, "discharged_today_kwh": 5.0}
    )
    battery = replace(COMMUNITY, parameters=parameters, zone=member.pricing.site.zone)
    terms = with_battery(DEAR, member)
    return replace(terms, batteries=(battery,), feeder_limit_kw=np.full(GRID.steps, 2400.0))


def twin_of(member: Member) -> Member:
    """The same firm under another name."""
    pricing = member.pricing
    return Member(pricing=replace(pricing, site=replace(pricing.site, firm_id="twin")))


def parts_of(split: FairSplit) -> np.ndarray:
    return np.array([member.saved_krw for member in split.members])


@pytest.fixture(scope="module")
def learned() -> tuple[GroupCosts, np.ndarray]:
    """What groups of three works cost, and the prices that were learned of them."""
    members = a_complex(FIRMS, jobs=False)
    terms = everything_shared(members[0])
    problems = compiled(members, ALL_DAY)
    schedule = plan_complex(members, terms, problems=problems)
    costs = GroupCosts(members, entitled_shares(members), terms, GRID)
    known = KnownPrices(problems, costs, ALL_DAY)
    known.learn(np.random.default_rng(1), saved_krw=0.05 * schedule.cost_krw)
    return costs, known.asked_krw()


@pytest.fixture(scope="module")
def exact_and_sampled() -> tuple[FairSplit, FairSplit]:
    """One complex split by all groups' plans, and by a sample."""
    members = a_complex(FIRMS, jobs=False)
    terms = some_terms(peak_krw_per_kw=6000.0)
    schedule = plan_complex(members, terms, gap_share=1e-5)
    exact, sampled = (
        split_saving(members, terms, schedule, shapley_up_to=most, gap_share=1e-5)
        for most in (FIRMS, 0)
    )
    return exact, sampled


def test_prices_of_other_groups_never_ask_more_than_a_group_costs(learned) -> None:
    costs, asked_krw = learned
    for group in EVERY_GROUP:
        assert (asked_krw @ group).max() <= costs.of(group).krw + 0.01


def test_prices_of_a_group_ask_its_known_operations_for_just_what_it_costs(learned) -> None:
    costs, _ = learned
    for group in EVERY_GROUP:
        found = costs.of(group)
        assert (found.held_krw + found.operated_krw)[group].sum() == pytest.approx(found.krw)


def test_a_group_costs_what_its_plan_with_its_share_costs(learned) -> None:
    costs, asked_krw = learned
    members = a_complex(FIRMS, jobs=False)
    terms = everything_shared(members[0])
    for group in EVERY_GROUP[[0, 4, 6]]:
        share = float(entitled_shares(members)[group].sum())
        chosen = [members[firm] for firm in np.flatnonzero(group)]
        planned = plan_complex(chosen, terms.part(share), gap_share=1e-4)
        assert (asked_krw @ group).max() <= planned.objective_krw + 1.0
        assert costs.of(group).krw >= planned.bound_krw - 1.0
        assert (asked_krw @ group).max() == pytest.approx(planned.cost_krw, rel=5e-3)
        assert costs.of(group).krw == pytest.approx(planned.cost_krw, rel=5e-3)


@settings(max_examples=8)
@given(seed=st.integers(0, 2**32 - 1), firms=st.integers(2, 5))
def test_sampled_parts_are_shapleys_as_closely_as_they_say_and_add_up(seed, firms) -> None:
    random = np.random.default_rng(seed)
    asked_krw = random.uniform(1e5, 2e5, (5, firms))
    groups = PricedGroups(alone_krw=asked_krw.max(axis=0), asked_krw=asked_krw)

    sampled = sampled_shapley(groups, np.random.default_rng(2), ALL_DAY)
    exact = shapley_shares(firms, lambda some: groups.saved_krw(some)[:, None])[:, 0]

    all_krw = groups.saved_krw(np.ones((1, firms), dtype=bool))[0]
    off_krw = np.abs(sampled.parts_krw - exact)
    assert sampled.parts_krw.sum() == pytest.approx(all_krw)
    assert sampled.standard_error_krw.max() <= max(1.0, 0.01 * all_krw / firms)
    assert (off_krw <= 6 * sampled.standard_error_krw + 1.0).all()


@settings(max_examples=4)
@given(seed=st.integers(0, 2**32 - 1))
def test_a_firm_that_adds_nothing_gets_nothing(seed) -> None:
    asked_krw = np.random.default_rng(seed).uniform(1e5, 2e5, (5, 4))
    asked_krw[:, 2] = 1.5e5  # whatever the prices, it pays the same
    groups = PricedGroups(alone_krw=asked_krw.max(axis=0), asked_krw=asked_krw)

    sampled = sampled_shapley(groups, np.random.default_rng(2), ALL_DAY)

    assert sampled.parts_krw[2] == pytest.approx(0.0, abs=1e-6)


def test_the_sampled_split_is_the_exact_one_within_a_hundredth_of_the_saving(
    exact_and_sampled,
) -> None:
    exact, sampled = exact_and_sampled

    assert (exact.method, sampled.method) == ("shapley", "shapley_sampled")
    assert sampled.saved_krw == pytest.approx(exact.saved_krw, rel=0.01)
    assert parts_of(sampled) == pytest.approx(parts_of(exact), abs=0.01 * exact.saved_krw)


def test_every_sampled_part_has_a_standard_error_and_no_other_has(exact_and_sampled) -> None:
    exact, sampled = exact_and_sampled

    assert {member.standard_error_krw for member in exact.members} == {None}
    for member in sampled.members:
        assert 0 < member.standard_error_krw <= 0.006 * sampled.saved_krw / FIRMS


def test_what_a_group_could_save_by_itself_is_told(exact_and_sampled) -> None:
    exact, sampled = exact_and_sampled

    assert exact.largest_objection_krw >= 0
    assert sampled.largest_objection_krw == pytest.approx(
        exact.largest_objection_krw, abs=0.03 * exact.saved_krw
    )


def test_firms_that_are_alike_get_alike_and_the_same_complex_the_same_split() -> None:
    members = (*a_complex(2, jobs=False), twin_of(a_member(1, jobs=False)))
    terms = some_terms(peak_krw_per_kw=20_000.0)
    schedule = plan_complex(members, terms)

    first, second = (split_saving(members, terms, schedule, shapley_up_to=0) for _ in range(2))

    parts_krw = parts_of(first)
    assert first.method == "shapley_sampled"
    assert parts_krw[1] == parts_krw[2] != parts_krw[0]
    assert np.array_equal(parts_krw, parts_of(second))


def test_more_firms_than_are_sampled_are_split_by_prices_and_told_why() -> None:
    members = a_complex(3, jobs=False)
    schedule = plan_complex(members, DEAR)

    split = split_saving(members, DEAR, schedule, shapley_up_to=1, sampled_up_to=2)

    assert (split.method, split.largest_objection_krw) == ("prices", None)
    assert split.not_shapley == "3 firms, and groups of up to 2 are priced"


def test_a_sample_that_is_not_done_in_time_gives_way_to_prices(monkeypatch) -> None:
    members = a_complex(3, jobs=False)
    schedule = plan_complex(members, DEAR)
    clock = SuddenEnd(after_looks=10**9)
    monkeypatch.setattr(time_limit, "time", clock)
    split_saving(members, DEAR, schedule, shapley_up_to=0, deadline=Deadline.after(60.0))
    monkeypatch.setattr(time_limit, "time", SuddenEnd(after_looks=clock.looks - 1))

    split = split_saving(members, DEAR, schedule, shapley_up_to=0, deadline=Deadline.after(60.0))

    assert split.method == "prices"
    assert "within 60 s" in split.not_shapley


def test_groups_whose_cost_stays_unknown_are_refused(monkeypatch) -> None:
    monkeypatch.setattr(known_prices, "MOST_GROUPS", 5)
    members = a_complex(3, jobs=False)
    problems = compiled(members, ALL_DAY)
    plan_complex(members, DEAR, problems=problems)
    costs = GroupCosts(members, entitled_shares(members), DEAR, GRID)
    known = KnownPrices(problems, costs, ALL_DAY)

    with pytest.raises(GroupsUnknownError, match="looked at"):
        known.learn(np.random.default_rng(1), saved_krw=-1.0)


def test_learning_ends_with_the_time() -> None:
    members = a_complex(2, jobs=False)
    problems = compiled(members, ALL_DAY)
    plan_complex(members, DEAR, problems=problems)
    costs = GroupCosts(members, entitled_shares(members), DEAR, GRID)

    with pytest.raises(ComplexTimedOutError):
        KnownPrices(problems, costs, Deadline.after(0.0)).learn(
            np.random.default_rng(1), saved_krw=1.0
        )
