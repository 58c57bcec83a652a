"""The ridge finds what was planted, a firm of its own and all of them together.

With few rows it leans on the pool, without any it is the pool.
"""

import numpy as np
import pytest

from feature_store.features.catalogue import NAMES
from feature_store.features.weather import Weather
from feature_store.time_grid import STEPS_PER_WEEK
from models.forecasting.ridge_anchor import (
    LARGEST,
    LEAD_EDGES,
    TO_POOL_ROWS,
    WEATHER_UNITS,
    RidgeAnchor,
    fit_ridge,
    lead_range,
    moments,
    regressors,
)
from models.forecasting.scaled_rows import ScaledRows

LEVEL_KW = 200.0
RANGES = len(LEAD_EDGES)
WEATHER = len(Weather().names)
"""The last columns, which are not loads."""
DIFFERENCES = ("deviation", "alike_off", "unrest", "ramp")


def some_rows(number, seed=0, leads=(0, STEPS_PER_WEEK), unrest=0.3):
    """Rows of a firm of 200 kW whose features lie so far off its profile, as a share of that."""
    random = np.random.default_rng(seed)
    loads = random.normal(0.0, unrest * LEVEL_KW, (number, len(NAMES) - WEATHER))
    loads[:, [not name.startswith(DIFFERENCES) for name in NAMES[:-WEATHER]]] += LEVEL_KW
    values = np.concatenate([loads, np.full((number, WEATHER), np.nan)], 1).astype(np.float32)
    for column, unit in WEATHER_UNITS.items():
        drawn = np.random.default_rng([seed, NAMES.index(column)]).normal(size=number)
        values[:, NAMES.index(column)] = unrest * unit * drawn
    values[:, NAMES.index("level_kw")] = LEVEL_KW
    values[:, NAMES.index("profile_kw")] = LEVEL_KW
    edges = [*LEAD_EDGES.tolist(), STEPS_PER_WEEK]
    low, high = leads
    part = random.integers(0, RANGES, number)  # as many of each range
    drawn = random.integers(np.take(edges, part), np.take(edges, part + 1))
    values[:, NAMES.index("lead_steps")] = np.clip(drawn, low, high - 1)
    values[:, NAMES.index("issue_step")] = random.integers(0, 96, number)
    return ScaledRows(values=values)


def planted(seed):
    """Coefficients of each range, shape (ranges, regressors)."""
    regressors_number = regressors(some_rows(1)).shape[1]
    return np.random.default_rng(seed).uniform(-1, 1, (RANGES, regressors_number))


def told_by(coefficients, rows, noise=0.0, seed=0):
    """How far off the profile the load lies if it follows the coefficients."""
    exact = (regressors(rows) * coefficients[lead_range(rows)]).sum(axis=1)
    return exact + noise * np.random.default_rng(seed).normal(size=len(exact))


def anchored(ridge, rows, firm_id):
    """What the ridge expects of one firm's rows."""
    return ridge.off_profile(rows, [firm_id] * len(rows.values))


def missed(ridge, rows, firm_id, coefficients):
    """Root of the mean squared miss as a share of the target's own size."""
    target = told_by(coefficients, rows)
    apart = anchored(ridge, rows, firm_id) - target
    return np.sqrt(np.mean(apart**2) / np.mean(target**2))


def test_each_firm_gets_the_coefficients_that_were_planted_in_it():
    truth = {"kiln_works": planted(1), "press_shop": planted(2)}
    told = {
        name: moments(rows, told_by(own, rows, noise=0.1))
        for (name, own), rows in zip(
            truth.items(), (some_rows(60_000, 3), some_rows(60_000, 4)), strict=True
        )
    }
    ridge = fit_ridge(told)
    fresh = some_rows(2000, 9)
    for name, own in truth.items():
        assert missed(ridge, fresh, name, own) < 0.05
    assert missed(ridge, fresh, "kiln_works", truth["press_shop"]) > 0.5


def test_what_all_firms_share_is_found_by_the_pool():
    shared = planted(1)
    told = {}
    for number in range(5):
        rows = some_rows(4000, number)
        told[f"firm_{number}"] = moments(rows, told_by(shared, rows, noise=0.1))
    assert missed(fit_ridge(told), some_rows(2000, 9), "unheard_of", shared) < 0.05


def test_a_firm_without_rows_gets_the_pool_to_the_bit():
    rows = some_rows(3000)
    target = told_by(planted(1), rows)
    nothing = ScaledRows(values=rows.values[:0])
    ridge = fit_ridge(
        {"kiln_works": moments(rows, target), "press_shop": moments(nothing, target[:0])}
    )
    expected = anchored(ridge, rows, "unheard_of")
    np.testing.assert_array_equal(anchored(ridge, rows, "press_shop"), expected)
    assert np.abs(anchored(ridge, rows, "kiln_works") - expected).max() > 1e-3


def test_a_range_in_which_a_firm_has_no_row_gets_the_pools_and_the_others_its_own():
    whole, short = some_rows(4000, 1), some_rows(4000, 2, leads=(0, int(LEAD_EDGES[2])))
    told = {
        "kiln_works": moments(whole, told_by(planted(1), whole)),
        "press_shop": moments(short, told_by(planted(2), short)),
    }
    ridge = fit_ridge(told)
    np.testing.assert_array_equal(ridge.of_firm["press_shop"][2:], ridge.pool[2:])
    assert (ridge.of_firm["press_shop"][:2] != ridge.pool[:2]).any()


def leaning(ridge, rows, own):
    """How far a firm's expectation lies from the pool's, 0, towards its own truth, 1."""
    pooled, made = (anchored(ridge, rows, name) for name in ("unheard_of", "press_shop"))
    off = told_by(own, rows) - pooled
    return ((made - pooled) @ off) / (off @ off)


def of_others(rows_each):
    """Many firms that are the opposite of what is planted in the press shop."""
    told = {}
    for number in range(8):
        rows = some_rows(rows_each, 10 + number)
        told[f"firm_{number}"] = moments(rows, told_by(-planted(2), rows, noise=0.1))
    return told


def test_the_fewer_its_rows_the_more_a_firm_is_like_the_pool():
    own, others, leant = planted(2), of_others(7000), []
    for number in (7, 70, 700, 7000):
        rows = some_rows(number, 5)
        ridge = fit_ridge({**others, "press_shop": moments(rows, told_by(own, rows))})
        leant.append(leaning(ridge, some_rows(2000, 9), own))
    assert leant == sorted(leant)
    assert leant[0] < 0.1
    assert leant[-1] > 0.75


def test_with_the_named_number_of_rows_a_firm_leans_as_much_on_the_pool_as_on_itself():
    """Asked of leads beyond a day, where what fades over the lead is no second regressor."""
    late = (int(LEAD_EDGES[-1]), STEPS_PER_WEEK)
    rows, own = some_rows(7 * int(TO_POOL_ROWS), 5), planted(2)
    part = ScaledRows(values=rows.values[lead_range(rows) == RANGES - 1])
    assert len(part.values) == pytest.approx(TO_POOL_ROWS, rel=0.1)
    ridge = fit_ridge({**of_others(7000), "press_shop": moments(part, told_by(own, part))})
    fresh = some_rows(4000, 9)
    fresh = ScaledRows(values=fresh.values[fresh.column("lead_steps") >= late[0]])
    assert leaning(ridge, fresh, own) == pytest.approx(0.5, abs=0.05)


def test_moments_of_two_stretches_add_up_to_those_of_both():
    rows = some_rows(500)
    target = told_by(planted(1), rows)
    whole = moments(rows, target)
    parts = [
        moments(ScaledRows(values=rows.values[part]), target[part])
        for part in (slice(0, 200), slice(200, 500))
    ]
    for name in ("squares", "products", "rows", "target_squares"):
        summed = sum(getattr(part, name) for part in parts)
        np.testing.assert_allclose(summed, getattr(whole, name), rtol=1e-9, atol=1e-9)


def test_a_wild_firm_has_no_more_say_in_the_pool_than_a_calm_one():
    """One whose load lies ten times as far off its profile, told by as many rows."""
    calm, wild = planted(1), planted(2)
    one, other = some_rows(20_000, 1, unrest=0.03), some_rows(20_000, 2, unrest=0.3)
    constant = np.ptp(regressors(one), axis=0) == 0
    calm[:, constant] = wild[:, constant] = 0.0
    ridge = fit_ridge(
        {
            "calm": moments(one, told_by(calm, one)),
            "wild": moments(other, told_by(wild, other)),
        }
    )
    fresh = some_rows(2000, 9)
    pooled = anchored(ridge, fresh, "unheard_of")
    calm_say, wild_say = (np.corrcoef(pooled, told_by(own, fresh))[0, 1] for own in (calm, wild))
    assert calm_say == pytest.approx(wild_say, abs=0.2)


def test_a_spike_counts_no_more_than_the_largest_that_is_believed():
    rows = some_rows(100)
    spiked = rows.values.copy()
    spiked[:, NAMES.index("deviation_last_kw")] = 1e7
    told = regressors(ScaledRows(values=spiked))
    assert np.abs(told).max() == LARGEST


def test_what_is_not_known_adds_nothing():
    rows = some_rows(50)
    unknown = rows.values.copy()
    kept = ["lead_steps", "level_kw", "profile_kw", "issue_step"]
    unknown[:, [number for number, name in enumerate(NAMES) if name not in kept]] = np.nan
    ridge = RidgeAnchor(pool=planted(1), of_firm={})
    told = regressors(ScaledRows(values=unknown))
    assert np.isfinite(told).all()
    assert (np.count_nonzero(told, axis=1) == 1).all()  # the constant
    assert np.isfinite(anchored(ridge, ScaledRows(values=unknown), "unheard_of")).all()


def test_each_lead_time_lies_in_the_range_that_begins_before_it():
    values = np.zeros((STEPS_PER_WEEK, len(NAMES)), dtype=np.float32)
    values[:, NAMES.index("level_kw")] = LEVEL_KW
    values[:, NAMES.index("lead_steps")] = np.arange(STEPS_PER_WEEK)
    part = lead_range(ScaledRows(values=values))
    assert [int(np.flatnonzero(part == number)[0]) for number in range(RANGES)] == (
        LEAD_EDGES.tolist()
    )
    assert (np.diff(part) >= 0).all()


def test_rows_of_several_firms_in_any_order_get_each_its_own():
    rows = some_rows(6)
    ridge = RidgeAnchor(pool=planted(1), of_firm={"kiln_works": planted(2), "idle": planted(3)})
    names = ["kiln_works", "unheard_of", "kiln_works", "idle", "unheard_of", "idle"]
    made = ridge.off_profile(rows, names)
    for number, name in enumerate(names):
        one = ScaledRows(values=rows.values[[number]])
        assert made[number] == ridge.off_profile(one, [name])[0]


def test_a_firm_that_stands_still_leaves_the_pool_as_it_is():
    shared = planted(1)
    told = {}
    for number in range(4):
        rows = some_rows(4000, number)
        told[f"firm_{number}"] = moments(rows, told_by(shared, rows, noise=0.1))
    still = np.zeros((4000, len(NAMES)), dtype=np.float32)
    still[:, NAMES.index("lead_steps")] = some_rows(4000).values[:, NAMES.index("lead_steps")]
    dead = moments(ScaledRows(values=still), np.zeros(4000))
    fresh = some_rows(2000, 9)
    with_it, without = (
        anchored(fit_ridge(firms), fresh, "unheard_of") for firms in ({**told, "idle": dead}, told)
    )
    np.testing.assert_allclose(with_it, without, atol=0.02)
