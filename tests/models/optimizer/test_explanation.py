"""The explanation adds up: shares are Shapley's, blocks tell the whole power, reasons are true."""

from datetime import datetime
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from feature_store.time_grid import INTERVAL, TimeGrid
from models.optimizer.blocks import blocks_of
from models.optimizer.plan import plan
from models.optimizer.shapley import EXACT_UP_TO, shapley_shares
from models.site import site_of
from tests.builders import SEOUL
from tests.models.optimizer.example_works import (
    CHILLER_LOAD,
    ESS,
    EVERYTHING,
    KILN,
    KILN_JOB,
    WEDNESDAY,
    a_day_shape,
    forecast_of,
    history_of,
    works,
)

GAMES = arrays(np.float64, (16, 2), elements=st.floats(-100, 100))


def game_of(table):
    """Look each coalition of four up by its members, the empty one gaining nothing."""

    def value(members):
        codes = members @ (1 << np.arange(members.shape[1]))
        return np.where(codes[:, None] == 0, 0.0, table[codes])

    return value


@given(table=GAMES)
def test_shares_are_the_mean_gain_over_all_orders(table):
    value = game_of(table)
    by_hand = np.zeros((4, 2))
    for order in permutations(range(4)):
        members = np.zeros(4, dtype=bool)
        for player in order:
            before = value(members[None])[0]
            members[player] = True
            by_hand[player] += (value(members[None])[0] - before) / 24
    assert shapley_shares(4, value) == pytest.approx(by_hand, abs=1e-9)


@given(table=GAMES)
def test_shares_add_up_to_the_gain_of_all(table):
    total = game_of(table)(np.ones((1, 4), dtype=bool))[0]
    assert shapley_shares(4, game_of(table)).sum(axis=0) == pytest.approx(total, abs=1e-9)


def test_many_players_are_sampled_with_shares_that_still_add_up_and_never_change():
    players = EXACT_UP_TO + 3
    worth = np.arange(1.0, players + 1)

    def value(members):  # the first two only gain together
        return (members @ worth + 50 * (members[:, 0] & members[:, 1]))[:, None]

    shares = shapley_shares(players, value)
    assert shares.sum() == pytest.approx(worth.sum() + 50)
    assert shares[2:, 0] == pytest.approx(worth[2:])
    assert shares[0, 0] - 1 == pytest.approx(25, abs=5)
    assert np.array_equal(shares, shapley_shares(players, value))


@settings(max_examples=10, deadline=None)
@given(load_kw=arrays(np.float64, 96, elements=st.floats(100, 600)), spread_kw=st.floats(0, 150))
def test_what_the_moves_save_is_what_the_plan_saves(load_kw, spread_kw):
    outcome = plan(works(*EVERYTHING), history_of(), forecast_of(load_kw, spread_kw=spread_kw))
    schedule = outcome.schedule
    assert sum(move.saved_krw for move in schedule.moves) == pytest.approx(
        schedule.saved_krw, abs=1e-3
    )
    savings = [move.saved_krw for move in schedule.moves]
    assert savings == sorted(savings, reverse=True)


@settings(max_examples=10, deadline=None)
@given(load_kw=arrays(np.float64, 96, elements=st.floats(100, 600)), floor_kw=st.floats(0, 900))
def test_no_move_is_praised_or_blamed_for_a_demand_charge_that_the_plan_does_not_change(
    load_kw, floor_kw
):
    outcome = plan(works(*EVERYTHING), history_of(floor_kw), forecast_of(load_kw, spread_kw=50))
    schedule = outcome.schedule
    saved_krw = schedule.usual_cost.demand_krw - schedule.planned_cost.demand_krw
    if saved_krw <= 0:
        assert {move.reason for move in schedule.moves} <= {"cheaper_hours"}
    best_alone_krw = schedule.saved_krw + sum(
        -move.saved_krw for move in schedule.moves if move.saved_krw < 0
    )
    assert all(move.saved_krw <= best_alone_krw + 1e-3 for move in schedule.moves)


def test_one_mover_saves_all_of_it():
    schedule = plan(works(ESS), history_of(), forecast_of(a_day_shape())).schedule
    (move,) = schedule.moves
    assert (move.equipment, move.kind, move.usual) == ("ESS", "battery", ())
    assert move.saved_krw == pytest.approx(schedule.saved_krw)
    assert {block.action for block in move.planned} == {"charge", "discharge"}


def test_only_the_run_that_moves_is_told():
    # On Saturday 20 June the night is cheaper than the afternoon; on Sunday all hours are alike.
    weekend = {"earliest_start": "15:00", "latest_end": "24:00", "days": [5, 6]}
    kiln = KILN_JOB.model_copy(update={"parameters": KILN | weekend})
    forecast = forecast_of(np.full(192, 150.0), start=datetime(2026, 6, 20, tzinfo=SEOUL))
    schedule = plan(works(kiln), history_of(), forecast).schedule
    (move,) = schedule.moves
    assert [block.start.isoformat() for block in move.usual] == ["2026-06-20T15:00:00+09:00"]
    assert [block.start.isoformat() for block in move.planned] == ["2026-06-20T22:00:00+09:00"]


def test_a_peak_shaved_at_a_loss_of_energy_is_told_as_a_lower_peak():
    # 300 won a kWh is dearer than any kWh: only a peak that is not billed yet can pay for it.
    hot_kw = a_day_shape()
    hot_kw[56:60] += 60
    billed = history_of(500)
    assert plan(works(CHILLER_LOAD), billed, forecast_of(hot_kw)).schedule.moves == ()
    (move,) = plan(works(CHILLER_LOAD), history_of(), forecast_of(hot_kw)).schedule.moves
    assert move.reason == "lower_peak"
    assert [block.action for block in move.planned] == ["reduce"]


def test_steps_of_one_direction_make_one_block_in_the_firms_time():
    grid = TimeGrid(WEDNESDAY, steps=12)
    (battery,) = site_of(works(ESS)).assets
    power_kw = np.array([0, 10, 20, 0, -5, -5, 30, 30, 0.01, 0, 0, -8])
    blocks = blocks_of(battery, power_kw, grid, SEOUL)
    assert [
        (block.action, (block.start - WEDNESDAY) // INTERVAL, (block.end - WEDNESDAY) // INTERVAL)
        for block in blocks
    ] == [("charge", 1, 3), ("discharge", 4, 6), ("charge", 6, 8), ("discharge", 11, 12)]
    assert [block.power_kw for block in blocks] == [15, -5, 30, -8]
    assert all(block.start.tzinfo == SEOUL for block in blocks)
