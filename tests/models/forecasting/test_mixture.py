"""The mixture tells of a moment what was known then, whatever is kept, cut off or to come.

And it has an answer to every load a meter can tell: none, always the same, five times as much since
yesterday, fed in, torn by gaps, on days of 92 and of 100 quarter hours. ``SANDAN_SOAK=1`` runs the
long form.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feature_store.entities.load_history import LoadHistory
from feature_store.entities.superseded import Superseded
from feature_store.features.sight import Asked
from feature_store.time_grid import INTERVAL, STEP, STEPS_PER_DAY, STEPS_PER_WEEK, TimeGrid
from feature_store.views import feature_frame
from models.forecasting import kept_states
from models.forecasting.experts import PRIOR, hear
from models.forecasting.lightgbm_quantiles import BoosterParameters, LightGBMQuantiles, fit
from models.forecasting.load_forecast import QUANTILES
from models.forecasting.mixture import Mixture
from models.forecasting.online_state import (
    ISSUES_APART_STEPS,
    LOOKBACK_OF_MIXTURE,
    RELIVED_DAYS,
    learnt,
    mixed,
    untaught,
)
from tests.builders import MONDAY, a_firm, a_history
from tests.fakes.made_load import a_made_load

MUTATIONS = 1000 if os.environ.get("SANDAN_SOAK") else 25
DAYS = 75
ISSUE = 70 * STEPS_PER_DAY + 39  # a Monday, 09:45
STEPS = STEPS_PER_DAY + 20
ISSUES = RELIVED_DAYS * STEPS_PER_DAY // ISSUES_APART_STEPS
LOAD = a_made_load(DAYS)
FIRM = a_firm(holiday_country=None, closure_days=["2026-05-05"])
NEVER = np.datetime64("NaT", "s")
SECOND = np.timedelta64(1, "s")


def a_model():
    """Boosters of a few trees: what is shown does not hang on how good they are."""
    issues = LOAD.grid.starts[30 * STEPS_PER_DAY : 60 * STEPS_PER_DAY : 31]
    frame = feature_frame(FIRM, LOAD, issues, np.arange(0, 2 * STEPS_PER_DAY, 7))
    return fit(frame, BoosterParameters(trees=10), version="lightgbm")


BOOSTERS = a_model()


def a_mixture():
    """One that has nothing kept yet."""
    return Mixture(boosters=BOOSTERS, version="mixture")


KEPT = a_mixture()
"""One that keeps what every test of this file taught it."""


def forecast(history, positions=ISSUE, *, model=KEPT, steps=STEPS, firm=FIRM):
    """Quantiles from positions in the history, shape (positions, steps, quantiles)."""
    issue_times = history.grid.starts[0] + np.atleast_1d(positions) * STEP
    return model.predict_many(firm, history, issue_times, steps)


def is_sound(demand_kw):
    """Whether all of it is finite and in order."""
    return bool(np.isfinite(demand_kw).all() and (np.diff(demand_kw, axis=-1) >= 0).all())


def versioned(history, positions, told_kw, known_from):
    """The same, where some readings told something else from then on until they were corrected."""
    return replace(
        history,
        superseded=Superseded(
            start=history.grid.starts[positions],
            known_from=known_from,
            known_until=history.known_at[positions],
            demand_kw=np.broadcast_to(told_kw, len(positions)).astype(float),
        ),
    )


def a_quirky_load():
    """Gaps, readings half a day late, and a week that was corrected: all known at the issue."""
    random = np.random.default_rng(5)
    demand_kw, known_at = LOAD.demand_kw.copy(), LOAD.known_at.copy()
    known_at[random.random(len(known_at)) < 0.05] += 50 * STEP
    wrong = np.arange(60 * STEPS_PER_DAY, 66 * STEPS_PER_DAY, 5)
    known_from, known_at[wrong] = known_at[wrong], known_at[wrong] + 200 * STEP
    lost = random.random(len(demand_kw)) < 0.03
    lost[wrong] = False
    demand_kw[lost], known_at[lost] = np.nan, NEVER
    history = replace(LOAD, demand_kw=demand_kw, known_at=known_at)
    return versioned(history, wrong, 700.0, known_from).as_of(LOAD.grid.at(ISSUE))


BY_THEN = a_quirky_load()
TOLD = forecast(BY_THEN, model=a_mixture())
UNKNOWN = np.flatnonzero(np.isnan(BY_THEN.demand_kw))
PLAIN = np.setdiff1d(
    np.flatnonzero(np.isfinite(BY_THEN.demand_kw)),
    (BY_THEN.superseded.start - BY_THEN.grid.starts[0]) // STEP,
)
kw = st.floats(-1e6, 1e6)
after = st.integers(1, 3 * 86_400)  # seconds after the issue time
mutations = st.lists(
    st.one_of(
        st.tuples(st.just("tell"), st.integers(0, len(UNKNOWN) - 1), kw, after),
        st.tuples(st.just("correct"), st.integers(0, len(PLAIN) - 1), kw, after),
    ),
    max_size=200,
)


def mutated(history, drawn):
    """The same with what became known after the issue time: first readings and corrections."""
    demand_kw, known_at = history.demand_kw.copy(), history.known_at.copy()
    told = {}
    for what, number, value, seconds in drawn:
        position = int((UNKNOWN if what == "tell" else PLAIN)[number])
        at = history.grid.starts[ISSUE] + seconds * SECOND
        if what == "correct":
            told[position] = (history.demand_kw[position], history.known_at[position], at)
        demand_kw[position], known_at[position] = value, at
    positions = np.array(sorted(told), dtype=int)
    versions = [told[position] for position in sorted(told)]
    old = history.superseded
    start = np.concatenate([old.start, history.grid.starts[positions]])
    columns = zip(
        (old.demand_kw, old.known_from, old.known_until),
        zip(*versions, strict=True) if versions else ([], [], []),
        strict=True,
    )
    told_kw, known_from, known_until = (
        np.concatenate([before, np.array(more, dtype=before.dtype)]) for before, more in columns
    )
    order = np.argsort(start, kind="stable")
    return replace(
        history,
        demand_kw=demand_kw,
        known_at=known_at,
        superseded=Superseded(
            start=start[order],
            known_from=known_from[order],
            known_until=known_until[order],
            demand_kw=told_kw[order],
        ),
    )


def begun_earlier(history, days):
    """The same with older days that are nonsense and came to be known after the issue time."""
    older = days * STEPS_PER_DAY
    late = np.full(older, history.grid.starts[ISSUE] + SECOND)
    return replace(
        history,
        grid=TimeGrid(history.grid.start - timedelta(days=days), history.grid.steps + older),
        demand_kw=np.concatenate([np.full(older, 5e5), history.demand_kw]),
        known_at=np.concatenate([late, history.known_at]),
    )


@settings(max_examples=MUTATIONS, deadline=None)
@given(drawn=mutations, filled=st.sampled_from(["", "late", "in time"]), older=st.integers(0, 9))
def test_whatever_becomes_known_after_the_issue_time_keeps_every_bit(drawn, filled, older):
    history = BY_THEN
    if filled:  # all that a meter tells from the issue time on
        known_at = history.known_at.copy()
        later = np.arange(history.grid.steps) >= ISSUE
        known_at[later] = history.grid.starts[later] + (STEP if filled == "in time" else 90 * STEP)
        demand_kw = np.where(later, 9e5, history.demand_kw)
        history = replace(history, demand_kw=demand_kw, known_at=known_at)
    history = mutated(history, drawn)
    if older:
        history = begun_earlier(history, older)
    at = ISSUE + older * STEPS_PER_DAY
    np.testing.assert_array_equal(forecast(history, at, model=a_mixture()), TOLD)
    np.testing.assert_array_equal(forecast(history, at), TOLD)


def test_a_punctual_meter_that_stays_punctual_tells_nothing_of_later_either():
    for issue in (ISSUE, 70 * STEPS_PER_DAY, 70 * STEPS_PER_DAY + 1):
        known = LOAD.as_of(LOAD.grid.at(issue))
        later_kw = LOAD.demand_kw.copy()
        later_kw[issue:] = 9e5
        later = replace(LOAD, demand_kw=later_kw)
        assert known.punctual
        assert later.punctual
        np.testing.assert_array_equal(
            forecast(later, issue, model=a_mixture()), forecast(known, issue, model=a_mixture())
        )


def a_long_load():
    """Two months more than the mixture looks back, with late and corrected readings.

    Each day is nearly that of 366 days before, so that the oldest day alike counts most.
    """
    days = LOOKBACK_OF_MIXTURE // timedelta(days=1) + 60
    year_kw = a_made_load(366).demand_kw
    noise_kw = np.random.default_rng(3).normal(0, 0.1, days * STEPS_PER_DAY)
    load = a_history(
        (np.resize(year_kw, len(noise_kw)) + noise_kw).tolist(),
        start=MONDAY - timedelta(days=days + 3),  # forecasts are of a Wednesday, its twin a Monday
    )
    number = np.arange(load.grid.steps)
    known_at = load.known_at + np.where(number % 600 < 30, 60, 0) * STEP
    wrong = number[number % 700 == 0]
    known_from, known_at[wrong] = known_at[wrong], known_at[wrong] + 90 * STEP
    return versioned(replace(load, known_at=known_at), wrong, 900.0, known_from)


def cut(history, first):
    """The same without the readings before a position."""
    old = history.superseded
    return LoadHistory(
        firm_id=history.firm_id,
        grid=TimeGrid(history.grid.at(first), history.grid.steps - first),
        demand_kw=history.demand_kw[first:],
        known_at=history.known_at[first:],
        superseded=old.where(old.start >= history.grid.starts[first]),
    )


@pytest.mark.parametrize("quarter", [0, 1, 95], ids=["at midnight", "after it", "before it"])
def test_a_history_of_the_declared_lookback_gives_the_forecast_that_all_of_it_gives(quarter):
    history = a_long_load()
    issue = history.grid.steps - 2 * STEPS_PER_DAY + quarter
    known = history.as_of(history.grid.at(issue))
    first = issue - LOOKBACK_OF_MIXTURE // INTERVAL
    recent = cut(known, first)
    whole = forecast(history, issue, model=a_mixture())
    np.testing.assert_array_equal(forecast(recent, issue - first, model=a_mixture()), whole)
    np.testing.assert_array_equal(forecast(recent, issue - first), whole)


def test_a_shorter_history_gives_another_forecast():
    """So the test above can fail: what was learnt hangs on the year before the oldest relived."""
    history = a_long_load()
    issue = history.grid.steps - 2 * STEPS_PER_DAY
    first = issue - (LOOKBACK_OF_MIXTURE - timedelta(days=4)) // INTERVAL
    whole, short = forecast(history, issue), forecast(cut(history, first), issue - first)
    assert (whole != short).any()


def test_what_is_kept_changes_no_bit():
    issues = ISSUE + np.array([0, 7, 60, 400])
    fresh = [forecast(BY_THEN, issue, model=a_mixture())[0] for issue in issues]
    model = a_mixture()
    for order in ([3, 1, 0, 2], [0, 1, 2, 3], [2, 2, 0, 3]):
        for number in order:
            again = forecast(BY_THEN, issues[number], model=model)[0]
            np.testing.assert_array_equal(again, fresh[number])
        together = forecast(BY_THEN, issues[order], model=model)
        np.testing.assert_array_equal(together, np.stack([fresh[number] for number in order]))


@dataclass(frozen=True, kw_only=True)
class CountingBoosters(LightGBMQuantiles):
    """The same boosters, which keep account of how much they are asked."""

    rows: list[int] = field(default_factory=list)

    def predict_values(self, values, firm_id):
        """Count and answer."""
        self.rows.append(len(values))
        return super().predict_values(values, firm_id)


@pytest.mark.parametrize("history", [LOAD, BY_THEN], ids=["punctual", "late and corrected"])
def test_of_many_days_each_past_forecast_is_relived_once_and_no_bit_is_another(history):
    """Midnights share all but two of the forecasts that they learn from."""
    days = 6
    issues = np.arange(ISSUE - (days - 1) * STEPS_PER_DAY, ISSUE + 1, STEPS_PER_DAY)
    boosters = CountingBoosters(boosters=BOOSTERS.boosters, ridge=BOOSTERS.ridge, version="counts")
    made = forecast(history, issues, model=Mixture(boosters=boosters, version="mixture"), steps=8)
    relived = ISSUES + (days - 1) * STEPS_PER_DAY // ISSUES_APART_STEPS
    assert sum(boosters.rows) == len(issues) * 8 + relived * STEPS_PER_DAY
    for number, issue in enumerate(issues):
        known = history.as_of(history.grid.at(int(issue)))
        alone = forecast(known, issue, model=a_mixture(), steps=8)[0]
        np.testing.assert_array_equal(made[number], alone)


def test_when_the_store_of_states_is_full_the_forecasts_stay_the_same(monkeypatch):
    monkeypatch.setattr(kept_states, "MOST_KEPT", 2)
    issues = np.arange(65, 71) * STEPS_PER_DAY + 5
    small = a_mixture()
    for _ in range(2):
        np.testing.assert_array_equal(
            forecast(LOAD, issues, model=small, steps=8), forecast(LOAD, issues, steps=8)
        )


def test_many_threads_get_what_one_gets():
    issues = np.arange(66, 70) * STEPS_PER_DAY + 5
    alone = [forecast(LOAD, issue, model=a_mixture(), steps=8) for issue in issues]
    model = a_mixture()
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda issue: forecast(LOAD, issue, model=model, steps=8), issues))
    np.testing.assert_array_equal(np.stack(made), np.stack(alone))


@pytest.mark.parametrize("what", ["value", "known from", "closure", "firm"])
def test_what_is_kept_of_one_history_is_not_told_of_another(what):
    """Two that differ in nothing that holds now, only in what was seen meanwhile, differ."""
    wrong = np.arange(50 * STEPS_PER_DAY, 64 * STEPS_PER_DAY)
    known_at = LOAD.known_at.copy()
    known_at[wrong] = LOAD.known_at[wrong[-1]] + 3 * STEPS_PER_DAY * STEP
    late = replace(LOAD, known_at=known_at)
    one = versioned(late, wrong, 700.0, LOAD.known_at[wrong])
    other, firm = one, FIRM
    match what:
        case "value":
            other = versioned(late, wrong, 300.0, LOAD.known_at[wrong])
        case "known from":
            other = versioned(late, wrong, 700.0, LOAD.known_at[wrong] + STEPS_PER_DAY * STEP)
        case "closure":
            firm = a_firm(holiday_country=None)
        case "firm":
            firm = a_firm("press_shop", holiday_country=None, closure_days=["2026-05-05"])
    model = a_mixture()
    forecast(one, model=model)
    expected = forecast(other, model=a_mixture(), firm=firm)
    np.testing.assert_array_equal(forecast(other, model=model, firm=firm), expected)


def test_what_was_learnt_of_a_silent_meter_by_one_day_is_not_told_of_the_next():
    """Nothing new is known the day after, but the four weeks that are relived begin later."""
    silent = LOAD.as_of(LOAD.grid.at(68 * STEPS_PER_DAY))
    model = a_mixture()
    for issue in (69 * STEPS_PER_DAY + 5, 70 * STEPS_PER_DAY + 5):
        np.testing.assert_array_equal(
            forecast(silent, issue, model=model), forecast(silent, issue, model=a_mixture())
        )


@pytest.mark.parametrize("zone", ["Asia/Seoul", "Europe/Berlin"])
def test_it_is_the_experts_mixed_by_what_four_weeks_taught_until_local_midnight(zone):
    firm = a_firm(holiday_country=None, timezone=zone)
    issue_time = LOAD.grid.at(ISSUE).astimezone(firm.zone)
    midnight = np.datetime64(f"{issue_time:%Y-%m-%d}") - np.timedelta64(issue_time.utcoffset())
    relived = midnight + np.arange(-ISSUES, 0) * ISSUES_APART_STEPS * STEP
    past = Asked(firm=firm, history=LOAD, issue_times=relived, leads=np.arange(STEPS_PER_DAY))
    heard = hear(BOOSTERS, [past])
    every = np.arange(ISSUES)[None]
    state = learnt(heard.demand_kw, heard.measured_kw, heard.level_kw, PRIOR, every)
    now = replace(past, issue_times=LOAD.grid.starts[[ISSUE]], leads=np.arange(STEPS))
    expected = np.maximum(mixed(hear(BOOSTERS, [now]).demand_kw, PRIOR, state), 0.0)
    np.testing.assert_array_equal(forecast(LOAD, firm=firm, model=a_mixture()), expected)


def test_before_anything_could_be_learnt_the_prior_speaks():
    steps = 2 * STEPS_PER_DAY
    young = a_history(LOAD.demand_kw[:steps].tolist())
    issue = np.array([STEPS_PER_DAY // 3])
    issue_times = young.grid.starts[issue]
    asked = Asked(firm=FIRM, history=young, issue_times=issue_times, leads=np.arange(STEPS))
    prior_kw = mixed(hear(BOOSTERS, [asked]).demand_kw, PRIOR, untaught(1, len(PRIOR)))
    made = forecast(young, issue, model=a_mixture())
    np.testing.assert_array_equal(made, np.maximum(prior_kw, 0.0))


def test_what_was_learnt_counts():
    """On a firm whose level the boosters cannot tell, days alike gain and the forecast moves."""
    asked = Asked(
        firm=FIRM, history=LOAD, issue_times=LOAD.grid.starts[[ISSUE]], leads=np.arange(STEPS)
    )
    prior_kw = mixed(hear(BOOSTERS, [asked]).demand_kw, PRIOR, untaught(1, len(PRIOR)))
    assert np.abs(forecast(LOAD) - prior_kw).max() > 1.0


def of_parts(kw, *parts):
    """The load with some spans of days taken times a factor."""
    kw = kw.copy()
    for first, last, factor in parts:
        kw[first * STEPS_PER_DAY : last * STEPS_PER_DAY] *= factor
    return kw


LOADS = {
    "zeros": LOAD.demand_kw * 0,
    "zeros of late": of_parts(LOAD.demand_kw, (45, DAYS, 0.0)),
    "zeros till yesterday": of_parts(LOAD.demand_kw, (0, 69, 0.0)),
    "gaps of a week": of_parts(LOAD.demand_kw, (20, 27, np.nan), (58, 65, np.nan)),
    "four weeks missing but for an hour": of_parts(LOAD.demand_kw, (42, 70, np.nan)),
    "one reading": np.where(np.arange(len(LOAD.demand_kw)) == ISSUE - 1, 100.0, np.nan),
    "five times as much since yesterday": of_parts(LOAD.demand_kw, (69, DAYS, 5.0)),
    "a fifth since yesterday": of_parts(LOAD.demand_kw, (69, DAYS, 0.2)),
    "always the same": np.full_like(LOAD.demand_kw, 100.0),
    "next to nothing": LOAD.demand_kw * 1e-12,
    "a steel mill": LOAD.demand_kw * 1e6,
    "a spike": np.where(np.arange(len(LOAD.demand_kw)) == ISSUE - 50, 1e9, LOAD.demand_kw),
    "every other reading": np.where(np.arange(len(LOAD.demand_kw)) % 2, np.nan, LOAD.demand_kw),
}


@pytest.mark.parametrize("kind", LOADS)
def test_every_load_gets_a_sound_forecast_of_a_week_never_below_zero(kind):
    made = forecast(a_history(LOADS[kind].tolist()), [ISSUE, ISSUE + 60], steps=STEPS_PER_WEEK)
    assert made.shape == (2, STEPS_PER_WEEK, len(QUANTILES))
    assert is_sound(made)
    assert made.min() >= 0


def test_a_firm_that_stands_still_is_foretold_to_stand_still():
    made = forecast(a_history(LOADS["zeros"].tolist()))
    assert made.max() < 1.0


def test_five_times_the_load_is_foretold_as_such_soon():
    made = forecast(a_history(LOADS["five times as much since yesterday"].tolist()))[0]
    before = forecast(LOAD)[0]
    assert made[4, QUANTILES.index(0.5)] > 2.5 * before[4, QUANTILES.index(0.5)]


def test_only_a_firm_that_was_seen_feeding_in_is_foretold_below_zero():
    feeds_in = a_history((LOAD.demand_kw - 300.0).tolist())
    made = forecast(feeds_in, steps=STEPS_PER_WEEK)
    assert is_sound(made)
    assert made.min() < -100.0
    once_kw = LOAD.demand_kw * 1e-3
    once_kw[ISSUE - 10] = -500.0
    for late, least in ((1, -np.inf), (11, 0.0)):  # known before the issue time, and after
        known_at = LOAD.known_at.copy()
        known_at[ISSUE - 10] += late * STEP
        once = replace(LOAD, demand_kw=once_kw, known_at=known_at)
        lowest = forecast(once, steps=STEPS_PER_WEEK).min()
        assert lowest >= 0 if least == 0 else lowest < 0


@pytest.mark.parametrize(
    ("change", "length"), [((2026, 3, 29), 92), ((2026, 10, 25), 100)], ids=["spring", "autumn"]
)
def test_days_on_which_the_clock_changes_are_foretold_whole(change, length):
    firm = a_firm(holiday_country=None, timezone="Europe/Berlin")
    midnight = datetime(*change, tzinfo=ZoneInfo("Europe/Berlin"))
    start = midnight - timedelta(days=40)
    history = a_made_load(50, start=start)
    at = int((midnight - start) / INTERVAL)
    if length == 92:
        assert TimeGrid(midnight, length).end == midnight + timedelta(days=1)
    day = forecast(history, at, steps=length, firm=firm)
    assert is_sound(day)
    issues = at + np.arange(0, 2 * STEPS_PER_DAY, 5)  # from within the hours that change, too
    made = forecast(history, issues, steps=20, firm=firm)
    assert is_sound(made)
    for number in (1, 2, 20):
        alone = forecast(history, issues[number], model=a_mixture(), steps=20, firm=firm)[0]
        np.testing.assert_array_equal(made[number], alone)


def test_many_firms_at_once_get_what_each_gets_alone():
    """One of them fell silent and has no forecast; it does not disturb the others."""
    other = a_made_load(LOAD.grid.steps // STEPS_PER_DAY, firm_id="press_shop", seed=3)
    silent = replace(LOAD, demand_kw=np.full(LOAD.grid.steps, np.nan))
    firms = [FIRM, a_firm("press_shop", holiday_country=None), FIRM]
    moment = LOAD.grid.at(LOAD.grid.steps - 3 * STEPS_PER_DAY + 5)
    model = a_mixture()
    known = list(zip(firms, (LOAD, other, silent), strict=True))
    together_kw = model.predict_firms(known, moment, STEPS_PER_DAY)
    for number in (0, 1):
        alone = model.predict(*known[number], moment, STEPS_PER_DAY)
        np.testing.assert_array_equal(together_kw[number], alone.demand_kw)
    assert np.isnan(together_kw[2]).all()
