"""Whatever is appended in whatever order, the ledger shows at each moment what a plain list would.

Nothing that became known later shows, and nothing that was known is missing; and what comes in
pieces, repeated and shuffled, ends as if it had come once and in order.
"""

import os
from datetime import timedelta

import numpy as np
import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feature_store.entities.meter import Meter
from feature_store.errors import NotEnoughReadingsError
from feature_store.time_grid import INTERVAL, utc_instant
from tests.builders import MONDAY, a_batch, a_firm, batch_of, of_meter, of_quality, with_reactive
from tests.fakes.memory_store import MemoryStore

EXAMPLES = 1000 if os.environ.get("SANDAN_SOAK") else 10
INTERVALS = 6

minutes = st.integers(0, 240)
kwh = st.sampled_from([0.0, 1.0, 2.5, float("nan")])  # few values, so that repeats are common
kvarh = st.none() | st.sampled_from([0.0, 3.0])
deliveries = st.tuples(
    st.sampled_from([("bakery", "bakery"), ("kiln_works", "a"), ("kiln_works", "b")]),
    st.integers(0, 4),  # first interval
    st.lists(kwh, min_size=1, max_size=5).filter(lambda values: np.isfinite(values).any()),
    st.none() | minutes,  # when the file says its rows were known
    minutes,  # when it is recorded
    st.tuples(*[st.lists(kvarh, min_size=5, max_size=5)] * 2),  # lagging and leading
    st.none() | st.sampled_from(["measured", "estimated"]),
)
services = st.tuples(
    st.none() | st.integers(0, 3), st.none() | st.integers(4, 6), st.booleans()
)  # first interval and end of the second meter's service, and whether it is counted


def at(minute):
    return MONDAY + timedelta(minutes=minute)


def shown(store, firm_id, moment):
    known = store.as_of(moment)
    try:
        history, reactive = known.history(firm_id), known.reactive_energy(firm_id)
    except NotEnoughReadingsError:
        return None
    assert reactive.grid == history.grid
    return (
        history.grid.start,
        history.demand_kw.tolist(),
        history.known_at.tolist(),
        superseded_in(history),
        reactive.lagging_kvarh.tolist(),
        reactive.leading_kvarh.tolist(),
    )


def superseded_in(history):
    earlier = history.superseded
    columns = (earlier.start, earlier.known_from, earlier.known_until, earlier.demand_kw)
    return [column.tolist() for column in columns]


def told(store, firm_id, moment):
    return [
        (
            one.meter,
            one.grid.start,
            one.kwh.tolist(),
            one.known_at.tolist(),
            one.quality.tolist(),
            [one.sources[number].content_sha256 if number >= 0 else "" for number in one.source],
        )
        for one in store.as_of(moment).meter_readings(firm_id)
    ]


def batch_of_delivery(delivery):
    (firm_id, meter_id), first, values, known, _, (lagging, leading), quality = delivery
    batch = a_batch(
        values,
        firm_id=firm_id,
        start=MONDAY + first * INTERVAL,
        known_at=None if known is None else at(known),
    )
    rows = batch.rows.height
    batch = with_reactive(batch, lagging_kvarh=lagging[:rows], leading_kvarh=leading[:rows])
    batch = batch if quality is None else of_quality(quality, batch)
    return of_meter(meter_id, batch)


def two_meters(service):
    begins, ends, counted = service
    second = Meter(
        meter_id="b",
        counted=counted,
        valid_from=None if begins is None else MONDAY + begins * INTERVAL,
        valid_to=None if ends is None else MONDAY + ends * INTERVAL,
    )
    return a_firm(meters=(Meter(meter_id="a"), second))


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # emptied for each example
)
@given(
    sequence=st.lists(deliveries, max_size=6),
    moments=st.lists(minutes, min_size=1, max_size=4),
    service=services,
)
def test_the_ledger_shows_what_a_plain_list_would(emptied, sequence, moments, service):
    ledger, model = emptied(), MemoryStore()
    for store in (ledger, model):
        store.declare(two_meters(service), known_at=MONDAY)
    for delivery in sequence:
        for store in (ledger, model):
            store.append(batch_of_delivery(delivery), recorded_at=at(delivery[4]))
    for firm_id in ("bakery", "kiln_works"):
        for moment in map(at, [*moments, 10_000]):
            seen = shown(ledger, firm_id, moment)
            np.testing.assert_equal(seen, shown(model, firm_id, moment))
            np.testing.assert_equal(told(ledger, firm_id, moment), told(model, firm_id, moment))
            if seen is not None:
                known_at = np.array(seen[2], dtype="datetime64[s]")
                assert not (known_at > utc_instant(moment)).any()


def cut_to_known(history):
    """What a history shows from its first known interval to its last, for want of a shorter one."""
    known = np.flatnonzero(np.isfinite(history.demand_kw))
    if not known.size:
        return None
    inside = slice(known[0], known[-1] + 1)
    return (
        history.grid.at(int(known[0])),
        history.demand_kw[inside].tolist(),
        history.known_at[inside].tolist(),
        superseded_in(history),
    )


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    sequence=st.lists(deliveries, max_size=6),
    moments=st.lists(minutes, min_size=1, max_size=4),
    service=services,
)
def test_a_history_of_today_shows_as_of_a_moment_what_the_ledger_shows_of_it(
    emptied, sequence, moments, service
):
    """Corrected values come back, also within a sum of two meters."""
    ledger = emptied()
    ledger.declare(two_meters(service), known_at=MONDAY)
    for delivery in sequence:
        ledger.append(batch_of_delivery(delivery), recorded_at=at(delivery[4]))
    for firm_id in ("bakery", "kiln_works"):
        try:
            today = ledger.as_of(at(10_000)).history(firm_id)
        except NotEnoughReadingsError:
            continue
        for moment in map(at, moments):
            then = shown(ledger, firm_id, moment)
            np.testing.assert_equal(
                cut_to_known(today.as_of(moment)), None if then is None else then[:4]
            )


pieces = st.lists(st.sets(st.integers(0, 2 * INTERVALS - 1), min_size=1), min_size=1, max_size=6)


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    pieces=pieces,
    known=st.none() | minutes,
    recorded=st.lists(minutes, min_size=12, max_size=12),
    order=st.randoms(use_true_random=False),
)
def test_pieces_in_any_order_and_repeated_end_as_the_whole(emptied, pieces, known, recorded, order):
    """Each reading has one value and one time at which it was known, in whatever piece it comes."""
    known_at = None if known is None else at(known)
    values = [float(value) for value in range(1, INTERVALS + 1)]
    whole = pl.concat(
        of_meter(meter_id, a_batch(values, known_at=known_at)).rows for meter_id in "ab"
    )
    firm = a_firm(meters=(Meter(meter_id="a"), Meter(meter_id="b")))
    sent = [*pieces, *pieces, set().union(*pieces)]
    order.shuffle(sent)
    wanted = whole[sorted(set().union(*pieces))]
    ledger, model = emptied(), MemoryStore()
    for store in (ledger, model):
        store.declare(firm, known_at=MONDAY)
    for piece, minute in zip(sent, recorded * 2, strict=False):
        ledger.append(batch_of(whole[sorted(piece)]), recorded_at=at(minute))
    model.append(batch_of(wanted), recorded_at=at(0))
    for moment in map(at, [0, 15, 100, 10_000]):
        np.testing.assert_equal(
            shown(ledger, "kiln_works", moment), shown(model, "kiln_works", moment)
        )
