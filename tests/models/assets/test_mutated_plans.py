"""Whatever breaks a limit of an allowed operation is caught, for every kind of equipment."""

from collections.abc import Callable

import numpy as np
import pytest

from models.site import KINDS
from tests.contracts.test_every_asset import GRID, SITE
from tests.models.assets.cheapest import cheapest

Mutation = Callable[[np.ndarray, np.random.Generator], np.ndarray]

PLANS, MUTANTS = 3, 40
OPENS_AT_TEN, CLOSES_AT_TEN_PM, CLOSES_AT_EIGHT_PM = 4, 52, 44
"""Steps of the grid, which begins at 09:00."""


def at_some(steps, low_kw: float, high_kw: float) -> Mutation:
    """Set one of ``steps`` to a power between two bounds."""

    def mutate(power_kw, rng):
        power_kw[rng.choice(np.asarray(steps))] = rng.uniform(low_kw, high_kw)
        return power_kw

    return mutate


def anywhere(low_kw: float, high_kw: float) -> Mutation:
    return at_some(np.arange(GRID.steps), low_kw, high_kw)


def more_where(running: Callable[[np.ndarray], np.ndarray], low_kw: float, high_kw: float):
    """Change the power of one step in which it is ``running`` by between two bounds."""

    def mutate(power_kw, rng):
        power_kw[rng.choice(np.flatnonzero(running(power_kw)))] += rng.uniform(low_kw, high_kw)
        return power_kw

    return mutate


def stopped(steps: int) -> Mutation:
    """Let it stand in some of the steps in which it runs."""

    def mutate(power_kw, rng):
        on = np.flatnonzero(np.abs(power_kw) > 1)
        power_kw[rng.choice(on, size=steps, replace=False)] = 0.0
        return power_kw

    return mutate


def alone(kw: float, first: int, last: int) -> Mutation:
    """Let it run for a single step, away from all others."""

    def mutate(power_kw, rng):
        off = np.abs(power_kw) < 1
        free = [step for step in range(first, last) if off[step - 1 : step + 2].all()]
        power_kw[rng.choice(free)] = kw
        return power_kw

    return mutate


def at_the_end(low_kw: float, high_kw: float) -> Mutation:
    def mutate(power_kw, rng):
        power_kw[-1] += rng.uniform(low_kw, high_kw)
        return power_kw

    return mutate


def draws(power_kw):
    return power_kw > 1


EVERYWHERE = np.arange(GRID.steps)
MUTATIONS: dict[str, tuple[Mutation, ...]] = {
    "battery": (anywhere(250.1, 900), anywhere(-900, -200.1), at_the_end(-50, -1)),
    "shiftable_job": (stopped(1), more_where(draws, 0.1, 50), alone(40.0, 1, 90)),
    "interruptible_job": (
        stopped(2),
        more_where(draws, 0.1, 9),
        at_some([0, 1, 2], 30.0, 30.0),
        alone(50.0, OPENS_AT_TEN + 1, CLOSES_AT_TEN_PM - 2),
    ),
    "curtailable_load": (
        anywhere(0.1, 50),
        anywhere(-500, -60.1),
        at_some(np.arange(CLOSES_AT_EIGHT_PM, GRID.steps), -60, -0.1),
        lambda power_kw, rng: power_kw - 60.0 * (rng.integers(5) == EVERYWHERE // 8),
    ),
    "thermal_store": (anywhere(60.1, 500), anywhere(-50, -0.1), at_the_end(-5, -0.1)),
    "charger": (
        anywhere(22.1, 90),
        anywhere(-22, -0.1),
        at_some(np.arange(OPENS_AT_TEN * 2), 0.1, 22),
        more_where(draws, -1, -0.1),
    ),
    "generator": (
        anywhere(0.1, 90),
        anywhere(-500, -120.1),
        anywhere(-49.9, -0.1),
        alone(-60.0, 1, 94),
    ),
    "solar": (anywhere(0.1, 90), anywhere(-900, -151)),
}


def test_every_kind_is_mutated():
    assert set(MUTATIONS) == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_every_mutation_that_breaks_a_limit_is_caught(kind):
    asset = next(asset for asset in SITE.assets if asset.name == f"the_{kind}")
    for seed in range(PLANS):
        rng = np.random.default_rng(seed)
        price = np.where(rng.random(GRID.steps // 8).repeat(8) < 0.4, 320, 90)
        power_kw, _ = cheapest(asset, GRID, price + rng.uniform(0, 60, GRID.steps))
        assert asset.violations(power_kw, GRID) == ()
        for number, mutation in enumerate(MUTATIONS[kind]):
            for _ in range(MUTANTS):
                mutant_kw = mutation(power_kw.copy(), rng)
                assert asset.violations(mutant_kw, GRID), (kind, number, mutant_kw - power_kw)
