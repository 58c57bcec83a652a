"""Whatever is kept of daily loads, and however old it is, the answer is what the readings say."""

import os
from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from feature_store.entities.daily_load import DailyLoad
from feature_store.entities.meter import Meter
from feature_store.errors import NotEnoughReadingsError
from feature_store.storage.check import check_database
from feature_store.storage.daily_loads import DailyLoadStore
from feature_store.storage.tables import DAILY_LOADS
from feature_store.time_grid import HOURS_PER_STEP, INTERVAL, STEPS_PER_DAY
from tests.builders import MONDAY, a_batch, a_firm, batch_of, of_meter

EXAMPLES = 1000 if os.environ.get("SANDAN_SOAK") else 10
FIRST = datetime(2026, 3, 27, 15, tzinfo=UTC)
"""Before the last Sunday of March, on which Europe's clocks change."""
PLACES = 12
FIRM = "kiln_works"
EVER = date(2026, 1, 1), date(2026, 12, 31)


def at(hours):
    return FIRST + timedelta(hours=hours)


hours = st.integers(0, 80)
readings = st.dictionaries(
    st.integers(0, PLACES - 1), st.sampled_from([0.0, 1.0, 2.5]), min_size=1, max_size=6
)
deliveries = st.tuples(st.sampled_from(["a", "b"]), readings, st.none() | hours, hours)
declarations = st.tuples(
    st.sampled_from(["Asia/Seoul", "Europe/Berlin"]), st.none() | hours, st.booleans(), hours
)
steps = st.one_of(
    deliveries.map(lambda told: ("append", *told)),
    declarations.map(lambda told: ("declare", *told)),
    st.just(("refresh",)),
    st.just(("refresh",)),
)


@pytest.fixture
def ledger(emptied):
    return emptied()


def batch(meter_id, values, known):
    """Readings seven hours apart, over the firm's midnights and a change of clocks.

    None is known before it is over: the readers refuse such a row.
    """
    rows = [
        a_batch(
            [kwh],
            firm_id=FIRM,
            start=at(7 * place),
            known_at=max(at(known or 0), at(7 * place) + INTERVAL),
        ).rows
        for place, kwh in sorted(values.items())
    ]
    return of_meter(meter_id, batch_of(pl.concat(rows)))


def declared(zone, ends, counted):
    second = Meter(meter_id="b", counted=counted, valid_to=None if ends is None else at(ends))
    return a_firm(FIRM, timezone=zone, meters=(Meter(meter_id="a"), second))


def do(ledger, step):
    match step:
        case "append", meter_id, values, known, recorded:
            ledger.append(batch(meter_id, values, known), recorded_at=at(recorded))
        case "declare", zone, ends, counted, known:
            ledger.declare(declared(zone, ends, counted), known_at=at(known))
        case _:
            DailyLoadStore(ledger=ledger).refresh(FIRM)


def worked_out(ledger, moment):
    """The daily loads as a plain loop over the firm's history tells them."""
    try:
        history = ledger.as_of(moment).history(FIRM)
    except NotEnoughReadingsError:
        return []
    by_day: dict[date, list[tuple[datetime, float]]] = {}
    for step in range(history.grid.steps):
        if np.isfinite(history.demand_kw[step]):
            start = history.grid.at(step)
            by_day.setdefault(start.date(), []).append((start, float(history.demand_kw[step])))
    return [
        DailyLoad(
            day=day,
            steps_known=len(told),
            kwh=pytest.approx(sum(kw for _, kw in told) * HOURS_PER_STEP),
            highest_kw=max(kw for _, kw in told),
            highest_at=next(s for s, kw in told if kw == max(kw for _, kw in told)),
            highest_by_hour_kw=tuple(
                max((kw for start, kw in told if start.hour == hour), default=None)
                for hour in range(24)
            ),
        )
        for day, told in sorted(by_day.items())
    ]


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # emptied for each example
)
@given(sequence=st.lists(steps, max_size=10), moments=st.lists(hours, min_size=1, max_size=3))
@example(  # a correction that is known later than the moment asked about
    sequence=[
        ("declare", "Asia/Seoul", None, False, 0),
        ("append", "a", {0: 1.0, 1: 2.5}, 20, 20),
        ("append", "a", {0: 2.5}, 30, 30),
        ("refresh",),
    ],
    moments=[25],
)
@example(  # another zone, declared after the rows were made
    sequence=[
        ("declare", "Asia/Seoul", None, True, 0),
        ("append", "a", {0: 1.0, 3: 2.5}, 40, 40),
        ("append", "b", {0: 1.0, 3: 2.5}, 40, 40),
        ("refresh",),
        ("declare", "Europe/Berlin", None, True, 50),
    ],
    moments=[45, 60],
)
def test_daily_loads_equal_the_readings_at_every_moment(emptied, sequence, moments):
    ledger = emptied()
    do(ledger, ("declare", "Europe/Berlin", None, True, 0))
    for step in sequence:
        do(ledger, step)
    store = DailyLoadStore(ledger=ledger)
    for moment in map(at, [*moments, 1000]):
        first, last = EVER
        assert list(store.known(moment, FIRM, first=first, last=last)) == worked_out(ledger, moment)
    assert check_database(ledger.engine).faults == ()


def kept(ledger):
    with ledger.engine.connect() as connection:
        wanted = select(DAILY_LOADS.c.day, DAILY_LOADS.c.kwh).order_by(DAILY_LOADS.c.day)
        return connection.execute(wanted).all()


def a_day(kwh):
    return a_batch([kwh] * STEPS_PER_DAY)


def test_only_the_days_that_an_import_tells_of_are_worked_out_again(ledger):
    store = DailyLoadStore(ledger=ledger)
    ledger.declare(a_firm(), known_at=MONDAY)
    ledger.append(a_batch([1.0] * 3 * STEPS_PER_DAY), recorded_at=MONDAY + timedelta(days=3))
    assert store.refresh(FIRM) == 3
    assert store.refresh(FIRM) == 0
    ledger.append(a_day(2.0), recorded_at=MONDAY + timedelta(days=4))
    assert store.refresh(FIRM) == 1
    assert [kwh for _, kwh in kept(ledger)] == [192.0, 96.0, 96.0]


def test_readings_of_others_cost_nothing(ledger):
    store = DailyLoadStore(ledger=ledger)
    ledger.append(a_day(1.0), recorded_at=MONDAY + timedelta(days=1))
    store.refresh(FIRM)
    ledger.append(a_batch([1.0], firm_id="bakery"), recorded_at=MONDAY + timedelta(days=1))
    assert store.refresh(FIRM) == 0
    assert store.firm_ids() == ("bakery", FIRM)


def test_rows_are_kept_and_read(ledger):
    """What is answered comes from the rows: a row that was falsified shows."""
    store = DailyLoadStore(ledger=ledger)
    ledger.declare(a_firm(), known_at=MONDAY)
    ledger.append(a_day(1.0), recorded_at=MONDAY + timedelta(days=1))
    store.refresh(FIRM)
    falsify(ledger)
    first, last = EVER
    told = store.known(MONDAY + timedelta(days=2), FIRM, first=first, last=last)
    assert [one.kwh for one in told] == [12345.0]
    assert store.refresh(FIRM) == 0
    assert store.refresh(FIRM, rebuild=True) == 1
    assert [kwh for _, kwh in kept(ledger)] == [96.0]


def falsify(ledger):
    with ledger.engine.begin() as connection:
        connection.execute(update(DAILY_LOADS).values(kwh=12345.0))


def test_a_check_of_the_database_names_days_that_differ_from_the_readings(ledger):
    store = DailyLoadStore(ledger=ledger)
    ledger.declare(a_firm(), known_at=MONDAY)
    ledger.append(a_batch([1.0] * 2 * STEPS_PER_DAY), recorded_at=MONDAY + timedelta(days=2))
    store.refresh(FIRM)
    assert check_database(ledger.engine).faults == ()
    falsify(ledger)
    faults = check_database(ledger.engine).faults
    assert len(faults) == 2
    assert "kiln_works" in faults[0]
    assert "2026-03-02" in faults[0]
    assert "sandan db rollup --rebuild" in faults[0]
    with ledger.engine.begin() as connection:
        connection.execute(DAILY_LOADS.delete().where(DAILY_LOADS.c.day == MONDAY.date()))
    store.refresh(FIRM)
    assert any("2026-03-02" in fault for fault in check_database(ledger.engine).faults)


def test_days_that_later_imports_tell_of_are_no_fault(ledger):
    store = DailyLoadStore(ledger=ledger)
    ledger.declare(a_firm(), known_at=MONDAY)
    ledger.append(a_day(1.0), recorded_at=MONDAY + timedelta(days=1))
    store.refresh(FIRM)
    ledger.append(a_day(2.0), recorded_at=MONDAY + timedelta(days=2))
    assert check_database(ledger.engine).faults == ()
