"""A generator runs where it is cheaper than the grid, and no cheaper pattern is missed."""

from datetime import datetime, timedelta
from itertools import groupby, product

import numpy as np
import pytest

from feature_store.time_grid import TimeGrid
from models.assets.generator import Generator, GeneratorParameters
from tests.builders import SEOUL
from tests.models.assets.cheapest import cheapest

NOON = datetime(2026, 7, 1, 12, tzinfo=SEOUL)
GRID = TimeGrid(NOON, steps=8)
DECLARED = {"min_kw": 40, "max_kw": 100, "fuel_krw_per_kwh": 150}


def diesel(**changes) -> Generator:
    return Generator(
        name="diesel", parameters=GeneratorParameters(**DECLARED | changes), zone=SEOUL
    )


def test_one_dear_hour_by_hand():
    # An hour at 100 kW costs 100 x 150 + 2,000 for the start and saves 100 x 300.
    price = np.array([100.0, 100, 300, 300, 300, 300, 100, 100])
    power_kw, cost_krw = cheapest(diesel(start_krw=2000), GRID, price)
    assert power_kw.round(6).tolist() == [0, 0, -100, -100, -100, -100, 0, 0]
    assert cost_krw == pytest.approx(100 * 150 + 2000 - 100 * 300)
    assert diesel(start_krw=2000).decision_krw(power_kw, GRID) == 2000


def test_a_start_that_costs_more_than_it_saves_is_not_made():
    price = np.array([100.0, 100, 300, 300, 300, 300, 100, 100])
    power_kw, cost_krw = cheapest(diesel(start_krw=15_001), GRID, price)
    assert (power_kw.any(), cost_krw) == (False, 0)


def best_of_all_patterns(price, *, start_krw, least_on, most_starts):
    """Every pattern of on and off, each step at the better of least and largest output."""
    best_krw = 0.0
    for pattern in product((0, 1), repeat=price.size):
        runs = [(on, len(list(stretch))) for on, stretch in groupby(pattern)]
        short = any(on and length < least_on for on, length in runs[:-1])
        starts = sum(on for on, _ in runs)
        if short or starts > most_starts:
            continue
        margin = np.array(pattern) * (150 - price) / 4
        best_krw = min(best_krw, np.minimum(40 * margin, 100 * margin).sum() + starts * start_krw)
    return best_krw


@pytest.mark.parametrize(
    ("start_krw", "least_on", "most_starts"), [(0, 1, 8), (500, 1, 8), (300, 3, 8), (0, 2, 1)]
)
def test_it_is_as_cheap_as_the_best_of_all_patterns(start_krw, least_on, most_starts):
    machine = diesel(start_krw=start_krw, min_on=least_on, max_starts=most_starts)
    rng = np.random.default_rng(least_on)
    for _ in range(8):
        price = rng.uniform(50, 260, GRID.steps)
        power_kw, cost_krw = cheapest(machine, GRID, price)
        assert machine.violations(power_kw, GRID) == ()
        assert cost_krw == pytest.approx(
            best_of_all_patterns(
                price, start_krw=start_krw, least_on=least_on, most_starts=most_starts
            ),
            abs=1e-4,
        )


@pytest.mark.parametrize(
    ("power_kw", "said"),
    [
        ([0, 0, 5, 0, 0, 0, 0, 0], "draws power"),
        ([0, -101, -100, 0, 0, 0, 0, 0], "feeds above 100 kW"),
        ([0, -39, -100, 0, 0, 0, 0, 0], "feeds below 40 kW"),
        ([0, -50, 0, 0, 0, 0, 0, 0], "stays on too short"),
        ([0, -50, -50, 0, -50, -50, 0, 0], "stays off too short"),
        ([-50, -50, 0, 0, -50, -50, 0, 0], "starts too often on a day"),
    ],
)
def test_each_limit_is_noticed(power_kw, said):
    machine = diesel(min_on="00:30", min_off="00:30", max_starts=1)
    found = machine.violations(np.array(power_kw, dtype=float), GRID)
    assert any(said in violation for violation in found)


def test_one_that_runs_when_the_plan_begins_runs_on_until_its_least_time():
    machine = diesel(min_on="01:00", on_before="00:30", start_krw=900)
    assert machine.usual_kw(GRID).tolist() == [-40, -40, 0, 0, 0, 0, 0, 0]
    assert machine.violations(machine.usual_kw(GRID), GRID) == ()
    assert machine.decision_krw(machine.usual_kw(GRID), GRID) == 0
    power_kw, cost_krw = cheapest(machine, GRID, np.full(8, 100.0))
    assert power_kw.round(6).tolist() == machine.usual_kw(GRID).tolist()
    assert cost_krw == pytest.approx(20 * 50)
    set_kw, _ = cheapest(
        diesel(min_on="01:00", start_krw=900),
        GRID,
        np.full(8, 100.0),
        past_on=np.array([0.0, 0.0, 1.0, 1.0]),
    )
    assert set_kw == pytest.approx(power_kw, abs=1e-6)


def test_starts_of_today_count_and_those_of_tomorrow_are_new():
    over_midnight = TimeGrid(NOON + timedelta(hours=11), steps=8)
    machine = diesel(max_starts=1, starts_done=1)
    power_kw, _ = cheapest(machine, over_midnight, np.array([300.0] * 2 + [100] * 4 + [300] * 2))
    assert power_kw.round(6).tolist() == [0] * 6 + [-100, -100]
    set_kw, _ = cheapest(
        diesel(max_starts=1),
        over_midnight,
        np.array([300.0] * 2 + [100] * 4 + [300] * 2),
        starts_done=1,
    )
    assert set_kw == pytest.approx(power_kw, abs=1e-6)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"min_kw": 120}, "min_kw 120 is above max_kw 100; declare a smaller min_kw"),
        ({"min_kw": 0}, "greater than 0"),
        ({"fuel_krw_per_kwh": -1}, "greater than or equal to 0"),
        ({"max_starts": 0}, "greater than or equal to 1"),
    ],
)
def test_what_cannot_be_is_refused_with_the_parameter(changes, said):
    with pytest.raises(ValueError, match=said):
        diesel(**changes)
