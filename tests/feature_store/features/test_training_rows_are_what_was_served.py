"""A training row at a past issue time is, bit for bit, what serving saw at that moment.

Readings new, late and corrected, of one meter or of two that are summed, come in any order; then
the history of today is asked for many past issue times at once, and the ledger and the window in
memory as of each of them. ``SANDAN_SOAK=1`` runs the long form.
"""

import os
import shutil
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feature_store.entities.meter import Meter
from feature_store.entities.superseded import Superseded
from feature_store.features.catalogue import LOOKBACK
from feature_store.features.sight import Asked
from feature_store.settings import Settings
from feature_store.storage.ledger_store import open_store
from feature_store.storage.recent_window import WindowedStore
from feature_store.time_grid import INTERVAL, STEP, STEPS_PER_DAY, utc_instant
from feature_store.views import features_of
from models.forecasting.similar_day import SimilarDay
from tests.builders import MONDAY, a_batch, a_batch_of, a_firm, of_meter
from tests.fakes.made_load import a_made_load
from tests.made_weather import PLACE, a_weather

EXAMPLES = 1000 if os.environ.get("SANDAN_SOAK") else 3
DAYS = LOOKBACK // timedelta(days=1) + 12
"""More than a feature looks back, so that serving reads less than training does."""
REPLAYED_STEPS = 6 * STEPS_PER_DAY
"""Issue times are drawn from the last days, and what happens in them, and a day after."""
LEADS = np.arange(0, 2 * STEPS_PER_DAY, 7)
HISTORY_DAYS = LOOKBACK // timedelta(days=1)
START = MONDAY - timedelta(days=DAYS - 92)
END = START + timedelta(days=DAYS)
FIRMS = (
    a_firm(weather_place=PLACE),
    a_firm("press_shop", meters=(Meter(meter_id="a"), Meter(meter_id="b"))),
)
METERS = (("kiln_works", "kiln_works"), ("press_shop", "a"), ("press_shop", "b"))

recent_steps = st.integers(-STEPS_PER_DAY, REPLAYED_STEPS)  # back from the end
deliveries = st.tuples(
    st.sampled_from(METERS),
    st.one_of(recent_steps, st.integers(0, DAYS * STEPS_PER_DAY)),  # first interval, back
    st.lists(st.floats(0, 1e4), min_size=1, max_size=150),
    recent_steps,  # when it is known and recorded
    st.integers(0, 899),  # seconds into that quarter hour
)
forecasts = st.tuples(
    st.sampled_from(["forecast", "observation"]),
    st.integers(-72, 24 * 140),  # first hour, back from the end
    st.lists(st.floats(-50, 50), min_size=1, max_size=100),
    recent_steps,  # when it is known and recorded
)
LAST_HOUR = int((END - MONDAY) / timedelta(hours=1))
issues = st.lists(st.integers(0, REPLAYED_STEPS - 1), min_size=1, max_size=4, unique=True)


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A ledger of three meters with gaps, closed, to be copied."""
    home = tmp_path_factory.mktemp("filled")
    with closing(open_store(Settings(home=home))) as store:
        for number, (firm_id, meter_id) in enumerate(METERS):
            load = a_made_load(DAYS, start=START)
            demand_kw = load.demand_kw * (number + 1)
            demand_kw[np.random.default_rng(number).random(len(demand_kw)) < 0.05] = np.nan
            batch = a_batch_of(replace(load, firm_id=firm_id, demand_kw=demand_kw))
            store.append(of_meter(meter_id, batch), recorded_at=END)
        for firm in FIRMS:
            store.declare(firm, known_at=START)
        for day in range(130, -1, -3):
            celsius = [float((day * 24 + hour) % 37) for hour in range(24 * 5)]
            foretell(store, ("forecast", day * 24, celsius, day * STEPS_PER_DAY + 9))
    return home


def foretell(store, told):
    """Store drawn weather."""
    kind, back, celsius, known_back = told
    known_at = END - known_back * INTERVAL
    batch = a_weather(celsius, kind=kind, first=LAST_HOUR - back, known_at=known_at)
    store.append_weather(batch, recorded_at=known_at)


def deliver(store, delivery):
    """Store a drawn delivery."""
    (firm_id, meter_id), back, values, known_back, seconds = delivery
    known_at = END - known_back * INTERVAL + timedelta(seconds=seconds)
    start = END - back * INTERVAL
    batch = a_batch(values, firm_id=firm_id, start=start, known_at=known_at)
    store.append(of_meter(meter_id, batch), recorded_at=known_at)


def rows(firm, history, issue_times):
    """Every feature at the issue times, and a simple rule's forecast, which reads another way."""
    asked = Asked(firm=firm, history=history, issue_times=issue_times, leads=LEADS)
    frame = features_of([asked]).values.reshape(len(issue_times), -1)
    forecast = SimilarDay().predict_many(firm, history, issue_times, STEPS_PER_DAY)
    return np.hstack([frame, forecast.reshape(len(issue_times), -1)])


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    sent=st.lists(deliveries, min_size=1, max_size=8),
    foretold=st.lists(forecasts, max_size=4),
    issued=issues,
)
def test_whatever_was_delivered_and_corrected(filled, tmp_path, sent, foretold, issued):
    home = tmp_path / "replayed"
    shutil.copytree(filled, home, dirs_exist_ok=True)
    moments = [END - back * INTERVAL for back in issued]
    issue_times = np.array([utc_instant(moment) for moment in moments])
    with closing(open_store(Settings(home=home))) as store:
        windowed = WindowedStore(store)
        for firm in FIRMS:
            windowed.as_of(END).history(firm.firm_id, days=HISTORY_DAYS)
        for delivery in sent:
            deliver(store, delivery)
        for told in foretold:
            foretell(store, told)
        for firm in FIRMS:
            trained = rows(
                firm, store.as_of(END + timedelta(days=2)).history(firm.firm_id), issue_times
            )
            for number, moment in enumerate(moments):
                for serving in (store, windowed):
                    known = serving.as_of(moment).history(firm.firm_id, days=HISTORY_DAYS)
                    served = rows(firm, known, issue_times[[number]])[0]
                    np.testing.assert_array_equal(trained[number], served)
    shutil.rmtree(home)


def test_until_a_correction_is_known_the_old_value_is_the_feature_and_the_new_one_the_target():
    load = a_made_load(92)
    corrected = 80 * STEPS_PER_DAY
    ended = load.known_at[corrected]
    again, at_last = ended + 5 * STEP, ended + 10 * STEP + np.timedelta64(1, "s")
    demand_kw, known_at = load.demand_kw.copy(), load.known_at.copy()
    demand_kw[corrected], known_at[corrected] = 777.0, at_last
    history = replace(
        load,
        demand_kw=demand_kw,
        known_at=known_at,
        superseded=Superseded(
            start=load.grid.starts[[corrected, corrected]],
            known_from=np.array([ended, again]),
            known_until=np.array([again, at_last]),
            demand_kw=np.array([111.0, 333.0]),
        ),
    )
    steps_after = np.array([0, 1, 5, 6, 11, 12])
    a_day_after_it = STEPS_PER_DAY * (steps_after > 0) - steps_after
    asked = Asked(
        firm=FIRMS[0],
        history=history,
        issue_times=load.grid.starts[corrected + steps_after],
        leads=a_day_after_it[:, None],
    )
    frame = features_of([asked])
    assert frame.column("same_time_newest_kw")[1:].tolist() == [111.0, 111.0, 333.0, 333.0, 777.0]
    assert frame.target_kw[0] == 777.0
