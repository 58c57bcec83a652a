"""Whatever weather is appended in whatever order, each moment shows what a plain list would.

Nothing that became known later shows. What is picked from the versions for many issue times equals
what the store answers at each of them.
"""

import os

import numpy as np
import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feature_store.time_grid import utc_instant
from tests.fakes.memory_store import MemoryStore
from tests.made_weather import PLACE, a_weather, hour, weather_of

EXAMPLES = 1000 if os.environ.get("SANDAN_SOAK") else 10
HOURS = 4

# Few values and moments, so that repeats, ties and corrections are common.
moments = st.integers(-3, 8).map(lambda number: hour(number / 2))
celsius = st.lists(st.none() | st.sampled_from([1.0, 2.0]), min_size=1, max_size=HOURS)
deliveries = st.tuples(
    st.sampled_from(["forecast", "forecast", "observation", "reanalysis"]),
    st.integers(0, HOURS - 1),  # first hour
    celsius,
    st.none() | st.sampled_from([0.0, 1.0]),  # the share of cloud in all of them
    moments,  # when the file says it was known
    moments,  # when it is recorded
    st.sampled_from([PLACE, "asos 156"]),
)
of_databases = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # emptied for each example
)


def batch_of(delivery):
    kind, first, values, cloud, known_at, _, place = delivery
    return a_weather(
        values,
        kind=kind,
        first=first,
        known_at=known_at,
        place=place,
        cloud_share=[cloud] * len(values),
    )


def contents(known):
    return (
        known.place,
        known.valid_times.tolist(),
        {name: values.tolist() for name, values in known.values.items()},
        known.kind.tolist(),
        known.issued_at.tolist(),
        known.known_at.tolist(),
        known.lead_time.tolist(),
    )


def shown(store, moment, place=PLACE):
    return store.as_of(moment).weather(place, hour(0), hour(2 * HOURS))


@of_databases
@given(sequence=st.lists(deliveries, max_size=8), asked=st.lists(moments, min_size=1, max_size=4))
def test_the_ledger_shows_the_weather_that_a_plain_list_would(emptied, sequence, asked):
    ledger, model = emptied(), MemoryStore()
    for delivery in sequence:
        for store in (ledger, model):
            store.append_weather(batch_of(delivery), recorded_at=delivery[5])
    for place in (PLACE, "asos 156"):
        for moment in (*asked, hour(10_000)):
            known = shown(ledger, moment, place)
            np.testing.assert_equal(contents(known), contents(shown(model, moment, place)))
            assert not (known.known_at > utc_instant(moment)).any()


@of_databases
@given(
    sequence=st.lists(deliveries, max_size=8),
    asked=st.lists(st.tuples(st.integers(0, 2 * HOURS - 1), moments), min_size=1, max_size=20),
)
def test_many_issue_times_are_answered_as_each_of_them_alone(emptied, sequence, asked):
    ledger, model = emptied(), MemoryStore()
    for delivery in sequence:
        for store in (ledger, model):
            store.append_weather(batch_of(delivery), recorded_at=delivery[5])
    versions = ledger.as_of(hour(10_000)).weather_versions(PLACE, hour(0), hour(2 * HOURS))
    picked = contents(
        versions.as_known_at(
            np.array([utc_instant(moment) for _, moment in asked]),
            np.array([utc_instant(hour(number)) for number, _ in asked]),
        )
    )
    alone = [(hour(number), moment) for number, moment in asked]
    np.testing.assert_equal(picked, contents(model.weather.as_shown(PLACE, alone)))
    for position, (number, moment) in enumerate(asked):
        one = shown(ledger, moment)
        assert picked[3][position] == one.kind[number]
        np.testing.assert_equal(
            picked[2]["temperature_celsius"][position], one.values["temperature_celsius"][number]
        )


@of_databases
@given(
    pieces=st.lists(st.sets(st.integers(0, 3 * HOURS - 1), min_size=1), min_size=1, max_size=6),
    recorded=st.lists(moments, min_size=12, max_size=12),
    order=st.randoms(use_true_random=False),
)
def test_pieces_in_any_order_and_repeated_end_as_the_whole(emptied, pieces, recorded, order):
    """Each hour of an issue has one value, in whatever piece it comes."""
    whole = pl.concat(
        a_weather([float(10 * issue + at) for at in range(HOURS)], known_at=hour(issue - 3)).rows
        for issue in range(3)
    )
    sent = [*pieces, *pieces]
    order.shuffle(sent)
    ledger, model = emptied(), MemoryStore()
    for piece, moment in zip(sent, recorded, strict=False):
        batch = weather_of(whole[sorted(piece)], kind="forecast")
        ledger.append_weather(batch, recorded_at=moment)
    wanted = weather_of(whole[sorted(set().union(*pieces))], kind="forecast")
    model.append_weather(wanted, recorded_at=hour(0))
    for moment in (hour(-3), hour(-2), hour(-1), hour(10_000)):
        np.testing.assert_equal(contents(shown(ledger, moment)), contents(shown(model, moment)))
