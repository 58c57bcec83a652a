"""What past forecasts teach: whom to trust at which lead, and how far the outer levels must reach.

Made experts and made loads, of which it is known who is right and by how much.
"""

from itertools import pairwise
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feature_store.time_grid import STEPS_PER_DAY, STEPS_PER_HOUR
from models.forecasting.load_forecast import QUANTILES
from models.forecasting.online_state import (
    FORGETTING,
    ISSUES_APART_STEPS,
    MIX_EDGES,
    RELIVED_DAYS,
    WIDTH_EDGES,
    OnlineState,
    learnt,
    mixed,
    untaught,
)

ISSUES = RELIVED_DAYS * STEPS_PER_DAY // ISSUES_APART_STEPS
LEVEL_KW, NOISE_KW = 100.0, 10.0
SCORES = np.array([NormalDist().inv_cdf(level) for level in QUANTILES])
PRIOR = np.array([0.4, 0.35, 0.25])
MIDDLE = QUANTILES.index(0.5)


def measured(issues=ISSUES, seed=0):
    """What came of each issue time half a day apart, shape (issues, a day of leads)."""
    steps = issues * ISSUES_APART_STEPS + STEPS_PER_DAY
    kw = LEVEL_KW + NOISE_KW * np.random.default_rng(seed).normal(size=steps)
    windows = np.lib.stride_tricks.sliding_window_view(kw, STEPS_PER_DAY)
    return windows[::ISSUES_APART_STEPS][:issues].copy()


def saying(*offsets, spread=1.0, issues=ISSUES):
    """Experts that are so many kW too high, shape (issues, leads, experts, levels)."""
    off = np.array(offsets)
    quantiles = LEVEL_KW + off[:, None] + spread * NOISE_KW * SCORES
    return np.broadcast_to(quantiles, (issues, STEPS_PER_DAY, *quantiles.shape)).copy()


def taught(experts_kw, measured_kw, window=None, prior=PRIOR):
    """The state after all issues, or at the moments that windows end before."""
    issues = len(experts_kw)
    window = np.arange(issues)[None] if window is None else window
    level_kw = np.full(issues, LEVEL_KW)
    return learnt(experts_kw, measured_kw, level_kw, prior[: experts_kw.shape[2]], window)


def weights(state, leads=STEPS_PER_DAY):
    """What each expert weighs at the median, read off what is mixed, shape (leads, experts)."""
    experts = state.regret.shape[2]
    flat = OnlineState(regret=state.regret[:1], width=np.zeros_like(state.width[:1]))
    told = np.zeros((experts, 1, leads, experts, len(QUANTILES)))
    told[np.arange(experts), :, :, np.arange(experts)] = 1.0
    return np.stack([mixed(one, PRIOR[:experts], flat)[0, :, MIDDLE] for one in told], axis=1)


def same(one, other):
    """Whether two states are the same bits."""
    return np.array_equal(one.regret, other.regret) and np.array_equal(one.width, other.width)


def test_the_prior_speaks_before_anything_was_learnt():
    before = weights(untaught(1, 3))
    np.testing.assert_allclose(before, np.broadcast_to(PRIOR, before.shape), rtol=1e-12)


@pytest.mark.parametrize("best", [0, 1, 2])
def test_an_expert_that_is_always_better_gets_the_weight_at_every_lead(best):
    offsets = np.full(3, 40.0)
    offsets[best] = 0.0
    state = taught(saying(*offsets), measured())
    assert (weights(state)[:, best] > 0.9).all()
    assert (weights(state, leads=5 * STEPS_PER_DAY)[:, best] > 0.9).all()


def test_what_is_told_gets_as_good_as_the_best_expert():
    experts_kw, measured_kw = saying(40.0, 25.0, 0.0), measured()
    state = taught(experts_kw, measured_kw)

    def loss(demand_kw):
        off = measured(1, seed=9)[..., None] - demand_kw
        return np.maximum(np.array(QUANTILES) * off, (np.array(QUANTILES) - 1) * off).mean()

    by_prior = loss(mixed(experts_kw[:1], PRIOR, untaught(1, 3)))
    by_learning = loss(mixed(experts_kw[:1], PRIOR, state))
    best = loss(experts_kw[:1, :, 2])
    assert by_learning - best < 0.15 * (by_prior - best)


def test_who_is_better_is_learnt_for_each_range_of_lead_time():
    experts_kw = saying(0.0, 40.0)
    experts_kw[:, MIX_EDGES[2] :] = saying(40.0, 0.0)[:, MIX_EDGES[2] :]
    trusted = weights(taught(experts_kw, measured()))
    assert (trusted[: MIX_EDGES[2], 0] > 0.9).all()
    assert (trusted[MIX_EDGES[2] :, 1] > 0.9).all()


def test_who_is_better_at_the_outer_levels_gets_more_weight_there():
    """One expert is right high up, the other low down: each level listens more to its own."""
    experts_kw = saying(0.0, 0.0)
    experts_kw[..., 0, :4] -= 40.0
    experts_kw[..., 1, -4:] += 40.0
    state = taught(experts_kw, measured())
    assert (state.regret[0, :, 0, 0] > state.regret[0, :, 1, 0]).all()
    assert (state.regret[0, :, 0, -1] < state.regret[0, :, 1, -1]).all()


def test_the_sum_of_regrets_is_nothing_at_every_level():
    state = taught(saying(5.0, -9.0, 1.0), measured())
    np.testing.assert_allclose(state.regret.sum(axis=2), 0.0, atol=1e-9)


def test_where_nothing_was_measured_nothing_is_learnt():
    nothing = np.full((ISSUES, STEPS_PER_DAY), np.nan)
    assert same(taught(saying(0.0, 40.0, 5.0), nothing), untaught(1, 3))


def test_where_no_expert_spoke_or_no_issue_was_nothing_is_learnt():
    experts_kw = saying(0.0, 40.0, 5.0)
    silent = np.full_like(experts_kw, np.nan)
    assert same(taught(silent, measured()), untaught(1, 3))
    nobody = np.full((1, ISSUES), -1)
    assert same(taught(experts_kw, measured(), nobody), untaught(1, 3))


def test_an_issue_without_readings_is_as_if_it_had_not_been():
    experts_kw, measured_kw = saying(0.0, 40.0, 5.0), measured()
    experts_kw[10:14] = saying(40.0, 0.0, -3.0)[10:14]
    unmeasured = measured_kw.copy()
    unmeasured[10:14] = np.nan
    window = np.arange(ISSUES)[None].copy()
    window[0, 10:14] = -1
    state = taught(experts_kw, unmeasured)
    assert same(state, taught(experts_kw, measured_kw, window))
    assert not same(state, taught(experts_kw, measured_kw))
    left_out = taught(experts_kw, measured_kw, np.delete(np.arange(ISSUES), slice(10, 14))[None])
    for one, other in ((state.regret, left_out.regret), (state.width, left_out.width)):
        np.testing.assert_array_equal(one[:, :-1], other[:, :-1])  # the last range learns later


@settings(max_examples=20, deadline=None)
@given(lost=st.lists(st.integers(0, STEPS_PER_DAY - 1), max_size=90), seed=st.integers(0, 9))
def test_what_an_expert_says_of_an_interval_that_was_not_measured_counts_for_nothing(lost, seed):
    experts_kw, measured_kw = saying(0.0, 40.0, 5.0), measured(seed=seed)
    measured_kw[:, lost] = np.nan
    wrong = experts_kw.copy()
    wrong[:, lost] += 1e5
    state = taught(experts_kw, measured_kw)
    assert same(taught(wrong, measured_kw), state)
    assert np.isfinite(state.regret).all()


def test_the_state_at_midnight_hangs_on_nothing_measured_after_it():
    experts_kw, measured_kw = saying(0.0, 40.0, 5.0), measured()
    later = measured_kw.copy()
    later[-1, ISSUES_APART_STEPS:] = 9e4  # the last forecast's second half is yet to come
    state = taught(experts_kw, measured_kw)
    assert same(taught(experts_kw, later), state)
    for place in ((-1, 0), (-1, ISSUES_APART_STEPS - 1), (-2, ISSUES_APART_STEPS), (-2, -1)):
        before = measured_kw.copy()
        before[place] = 9e4
        assert not same(taught(experts_kw, before), state)


def test_every_forecast_that_is_relived_was_made_of_what_was_known_when_it_was_issued():
    """Widths hang on what was issued: what an issue learns must not hang on its second half."""
    experts_kw, measured_kw = saying(0.0, 40.0, spread=0.6), measured()
    for number in (0, 1, 30):
        later = measured_kw.copy()
        later[number, ISSUES_APART_STEPS:] = 9e4
        window = np.arange(number + 1)[None]
        one, other = (taught(experts_kw, told, window) for told in (measured_kw, later))
        assert same(one, other)


def test_many_moments_learn_what_each_alone_learns():
    issues = ISSUES + 9
    experts_kw, measured_kw = saying(0.0, 40.0, 5.0, issues=issues), measured(issues)
    measured_kw[20:23] = np.nan
    window = np.arange(10)[:, None] + np.arange(ISSUES)
    window[3, :5] = -1
    together = taught(experts_kw, measured_kw, window)
    for number in range(len(window)):
        alone = taught(experts_kw, measured_kw, window[[number]])
        assert same(together.of(np.array([number])), alone)


def test_whoever_is_right_of_late_gets_the_weight():
    for first in (0, 1):
        offsets = np.full(2, 40.0)
        offsets[first] = 0.0
        turned = saying(*offsets)
        turned[ISSUES // 2 :] = saying(*offsets[::-1])[ISSUES // 2 :]
        assert (weights(taught(turned, measured()))[:, 1 - first] > 0.8).all()


def test_what_was_learnt_fades_once_the_experts_agree_again():
    apart = saying(0.0, 40.0)
    apart[ISSUES // 2 :] = saying(0.0, 0.0)[ISSUES // 2 :]
    before = taught(apart, measured(), np.arange(ISSUES // 2)[None])
    after = taught(apart, measured())
    np.testing.assert_allclose(
        after.regret[:, :-1],  # the last range learns half a day later
        FORGETTING ** (ISSUES - ISSUES // 2) * before.regret[:, :-1],
        rtol=1e-9,
        atol=1e-12,
    )
    assert FORGETTING ** (ISSUES - ISSUES // 2) < 0.7


def covered(spread, issues, seed=0):
    """Share of new readings within P10 to P90 after learning from issues, by range of lead."""
    experts_kw = saying(0.0, spread=spread, issues=issues)
    prior = np.ones(1)
    state = taught(experts_kw, measured(issues, seed), prior=prior)
    made = mixed(experts_kw[:1], prior, state)[0]
    low, high = made[:, QUANTILES.index(0.1)], made[:, QUANTILES.index(0.9)]
    fresh = measured(400, seed + 1)
    inside = (fresh >= low) & (fresh <= high)
    edges = [*WIDTH_EDGES[:-1].tolist(), STEPS_PER_DAY]
    return [inside[:, first:last].mean() for first, last in pairwise(edges)]


@pytest.mark.parametrize("spread", [0.8, 1.0, 1.25], ids=["too narrow", "right", "too wide"])
def test_four_readings_in_five_come_to_lie_inside_the_band_of_eighty_percent(spread):
    for share in covered(spread, 600):
        assert share == pytest.approx(0.8, abs=0.04)


def test_four_weeks_mend_half_of_what_is_missing_from_a_band():
    before = NormalDist().cdf(0.65 * SCORES[-2]) - NormalDist().cdf(0.65 * SCORES[1])
    assert before < 0.62
    for share in covered(0.65, ISSUES):
        assert share - before > 0.5 * (0.8 - before)


def test_only_the_side_on_which_readings_fall_outside_is_widened():
    experts_kw = saying(0.0)
    experts_kw[..., MIDDLE + 1 :] = LEVEL_KW + 0.3 * NOISE_KW * SCORES[MIDDLE + 1 :]
    width = taught(experts_kw, measured(), prior=np.ones(1)).width[0]
    assert (width[:, 1] > 0.2).all()
    assert (np.abs(width[:, 0]) < 0.1).all()


def test_a_load_gone_from_its_range_widens_no_further_than_the_bound():
    jumped = measured() * 50
    width = taught(saying(0.0), jumped, prior=np.ones(1)).width
    assert np.isfinite(width).all()
    assert width.max() <= 0.7
    assert width.min() >= -0.5


@settings(max_examples=50, deadline=None)
@given(
    seed=st.integers(0, 99),
    leads=st.integers(1, 3 * STEPS_PER_DAY),
    regret=st.floats(0, 1e3),
    width=st.floats(-0.5, 0.7),
)
def test_what_is_mixed_is_finite_ascends_and_keeps_its_middle(seed, leads, regret, width):
    random = np.random.default_rng(seed)
    told = np.sort(random.normal(0, 100, (2, leads, 3, len(QUANTILES))), axis=3)
    before = untaught(2, 3)
    state = OnlineState(
        regret=regret * random.normal(size=before.regret.shape),
        width=np.clip(width * random.normal(size=before.width.shape), -0.5, 0.7),
    )
    made = mixed(told, PRIOR, state)
    assert made.shape == (2, leads, len(QUANTILES))
    assert np.isfinite(made).all()
    assert (np.diff(made, axis=2) >= 0).all()
    narrow = mixed(told, PRIOR, OnlineState(regret=state.regret, width=before.width))
    np.testing.assert_array_equal(made[..., MIDDLE], narrow[..., MIDDLE])


def test_the_nearest_hours_are_mixed_alike_however_far_is_asked():
    state = taught(saying(0.0, 40.0, 5.0, spread=0.7), measured())
    told = saying(3.0, -8.0, 20.0, issues=1)
    whole = mixed(told, PRIOR, state)
    for leads in (1, STEPS_PER_HOUR, STEPS_PER_HOUR + 1, 47, 48, 49, 95):
        np.testing.assert_array_equal(mixed(told[:, :leads], PRIOR, state), whole[:, :leads])
