"""Whatever becomes known after an issue time, every feature at it keeps its bits.

Readings that came late, corrections, older history, another declaration: stored in a real ledger
and asked through it, through the window in memory and through the whole history as a training run
has it. ``SANDAN_SOAK=1`` runs the long form.
"""

import os
import shutil
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feature_store.features.catalogue import LOOKBACK
from feature_store.features.sight import Asked
from feature_store.settings import Settings
from feature_store.storage.ledger_store import open_store
from feature_store.storage.recent_window import WindowedStore
from feature_store.time_grid import INTERVAL, STEPS_PER_DAY, utc_instant
from feature_store.views import features_of
from tests.builders import MONDAY, a_batch, a_batch_of, a_firm
from tests.fakes.made_load import a_made_load
from tests.fakes.told_weather import a_made_weather, poisoned_after
from tests.made_weather import PLACE, a_weather

MUTATIONS = 1000 if os.environ.get("SANDAN_SOAK") else 8
DAYS = LOOKBACK // timedelta(days=1) + 8
"""More than a feature looks back, so that what is served is less than what is stored."""
START = MONDAY - timedelta(days=DAYS - 92)
ISSUE = START + timedelta(days=DAYS - 2, hours=9, minutes=45)
FIRM = a_firm(closure_days=["2026-05-14"], weather_place=PLACE)
LEADS = np.arange(2 * STEPS_PER_DAY)
HISTORY_DAYS = LOOKBACK // timedelta(days=1)
AFTER = st.integers(1, 3 * 86_400)  # seconds after the issue time

kwh = st.floats(0, 1e4)
first_interval = st.integers(-2 * STEPS_PER_DAY, (DAYS + 2) * STEPS_PER_DAY)
rows = st.lists(kwh, min_size=1, max_size=200)
delivered = st.tuples(st.just("deliver"), first_interval, rows, AFTER)
corrected = st.tuples(st.just("correct"), st.integers(0, (DAYS - 2) * STEPS_PER_DAY), rows, AFTER)
declared = st.tuples(st.just("declare"), AFTER)
weather = st.tuples(
    st.just("weather"),
    st.sampled_from(["forecast", "reanalysis", "observation"]),
    st.integers(-24 * 150, 48),  # first hour, from the issue time
    st.lists(st.floats(-50, 50), min_size=1, max_size=200),
    AFTER,
)
FIRST_HOUR = int((ISSUE - MONDAY) / timedelta(hours=1))


@pytest.fixture(scope="module")
def as_known(tmp_path_factory):
    """A ledger with gaps as of the issue time, closed, to be copied."""
    home = tmp_path_factory.mktemp("as_known")
    store = open_store(Settings(home=home))
    store.declare(FIRM, known_at=START)
    load = a_made_load(DAYS, start=START)
    demand_kw = load.demand_kw.copy()
    demand_kw[np.random.default_rng(0).random(len(demand_kw)) < 0.05] = np.nan
    demand_kw[load.grid.starts >= utc_instant(ISSUE)] = np.nan
    store.append(a_batch_of(replace(load, demand_kw=demand_kw)), recorded_at=ISSUE)
    past, to_come = 24 * 160, 24 * 3
    for first, hours, kind, known_at in (
        (-past, past, "observation", START),
        (-past, past + to_come, "forecast", ISSUE - timedelta(hours=1)),
    ):
        celsius = [float(number % 40) for number in range(hours)]
        ghi = [float(number % 900) for number in range(hours)]
        told = a_weather(
            celsius, kind=kind, first=FIRST_HOUR + first, known_at=known_at, ghi_w_per_m2=ghi
        )
        store.append_weather(told, recorded_at=ISSUE)
    store.close()
    return home


def features(firm, history):
    """Every feature at the issue time."""
    issue_times = np.array([utc_instant(ISSUE)])
    asked = Asked(firm=firm, history=history, issue_times=issue_times, leads=LEADS)
    return features_of([asked]).values


def served(store):
    """Every feature as a store serves it at the issue time."""
    known = store.as_of(ISSUE)
    return features(known.firm("kiln_works"), known.history("kiln_works", days=HISTORY_DAYS))


def mutate(store, mutation):
    """Store something that becomes known after the issue time."""
    match mutation:
        case ("declare", after):
            closed = FIRM.model_copy(update={"closure_days": (date(2026, 5, 28),)})
            store.declare(closed, known_at=ISSUE + timedelta(seconds=after))
        case ("weather", kind, first, celsius, after):
            known_at = ISSUE + timedelta(seconds=after)
            told = a_weather(
                celsius,
                kind=kind,
                first=FIRST_HOUR + first,
                known_at=known_at,
                ghi_w_per_m2=[abs(value) for value in celsius],
            )
            store.append_weather(told, recorded_at=known_at)
        case (_, first, values, after):
            known_at = ISSUE + timedelta(seconds=after)
            start = START + first * INTERVAL
            store.append(a_batch(values, start=start, known_at=known_at), recorded_at=known_at)


@settings(
    max_examples=MUTATIONS,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(mutations=st.lists(delivered | corrected | declared | weather, min_size=1, max_size=3))
def test_features_served_keep_every_bit(as_known, tmp_path, mutations):
    home = tmp_path / "mutated"
    shutil.copytree(as_known, home, dirs_exist_ok=True)
    store = open_store(Settings(home=home))
    windowed = WindowedStore(store)
    before = served(store)
    np.testing.assert_array_equal(served(windowed), before)
    assert np.isfinite(before).mean() > 0.99
    for mutation in mutations:
        mutate(store, mutation)
        np.testing.assert_array_equal(served(store), before)
        np.testing.assert_array_equal(served(windowed), before)
    store.close()
    shutil.rmtree(home)


@settings(max_examples=4 * MUTATIONS, deadline=None)
@given(
    late=st.lists(st.tuples(st.integers(0, DAYS * STEPS_PER_DAY - 1), AFTER), max_size=50),
    values=st.lists(st.floats(0, 1e6), min_size=1, max_size=9),
)
def test_features_trained_on_keep_every_bit(late, values):
    """What came late is hidden from the issue time in a history that has it all."""
    told = a_made_weather(DAYS, start=START)
    load = replace(a_made_load(DAYS, start=START), weather=told)
    known = np.where(load.grid.starts < utc_instant(ISSUE), load.demand_kw, np.nan)
    known_at = load.known_at.copy()
    full_kw = np.where(np.isnan(known), 1e5, known)  # all that followed
    for number, (position, after) in enumerate(late):
        known[position] = np.nan
        full_kw[position] = values[number % len(values)]
        known_at[position] = utc_instant(ISSUE + timedelta(seconds=after))
    by_then = replace(
        load,
        demand_kw=known,
        known_at=np.where(np.isnan(known), np.datetime64("NaT", "s"), load.known_at),
    )
    later = replace(
        load,
        demand_kw=full_kw,
        known_at=known_at,
        weather=poisoned_after(told, int(utc_instant(ISSUE).astype(int))),
    )
    np.testing.assert_array_equal(features(FIRM, later), features(FIRM, by_then))
