"""The copy in memory answers for every moment what the ledger does; losing it changes nothing.

``SANDAN_SOAK=1`` runs the long form.
"""

import os
import tempfile
import threading
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feature_store.entities.meter import Meter
from feature_store.entities.place_weather import SEEN_COLUMNS
from feature_store.errors import NotEnoughReadingsError, UnknownFirmError
from feature_store.settings import Settings
from feature_store.storage import held_windows
from feature_store.storage.held_weather import HeldWeather
from feature_store.storage.held_windows import TRIMMED_FROM, WINDOW
from feature_store.storage.ledger_store import open_store
from feature_store.storage.meter_owners import ForgottenReadingsError, UndeclaredMeterError
from feature_store.storage.recent_window import WindowedStore
from feature_store.storage.tables import METADATA
from feature_store.time_grid import INTERVAL, STEPS_PER_DAY
from tests.builders import MONDAY, a_batch, a_firm, batch_of, of_meter, seconds, with_reactive
from tests.made_ledgers import lay_ledger
from tests.made_weather import PLACE, a_weather, hour

EXAMPLES = 1000 if os.environ.get("SANDAN_SOAK") else 15
FIRMS = ("bakery", "kiln_works")
METERS = (("bakery", "bakery"), ("kiln_works", "kiln_works"), ("kiln_works", "second"))
minutes = st.integers(0, 360)
kwh = st.sampled_from([0.0, 1.0, 2.5, float("nan")])  # few values, so that repeats are common
appended = st.tuples(
    st.just("append"),
    st.sampled_from(METERS),
    st.sampled_from([-96 * 200, -96 * 5, 0, 2, 4]),  # first interval: long ago, late, now
    st.lists(kwh, min_size=1, max_size=5).filter(lambda values: np.isfinite(values).any()),
    st.none() | minutes,  # when the file says its rows were known
    minutes,  # when it is recorded
    st.none() | st.floats(0, 5),  # reactive energy, which is no news of the load
)
meters = st.sampled_from(
    [
        (),
        (Meter(meter_id="kiln_works"), Meter(meter_id="second")),
        (Meter(meter_id="kiln_works"), Meter(meter_id="second", valid_from=MONDAY + INTERVAL)),
        (Meter(meter_id="kiln_works"), Meter(meter_id="second", counted=False)),
    ]
)
declared = st.tuples(
    st.just("declare"), st.sampled_from(FIRMS), minutes, meters, st.none() | minutes
)
asked = st.tuples(
    st.just("ask"), st.sampled_from(FIRMS), minutes, st.sampled_from([1, 7, 100, 300])
)
forgotten = st.tuples(st.just("forget"))


def at(minute):
    return MONDAY + timedelta(minutes=minute)


def answer(store, firm_id, moment, days):
    """What a store tells of a firm, errors as their words."""
    known = store.as_of(moment)
    try:
        history = known.history(firm_id, days=days)
    except NotEnoughReadingsError as nothing:
        return str(nothing)
    return (
        history.grid,
        str(history.grid.start.tzinfo),
        history.demand_kw.tolist(),
        history.known_at.tolist(),
        [column.tolist() for column in vars(history.superseded).values()],
    )


def held(windowed, meter_id, moment):
    """The window that is held of a meter, if one is."""
    return windowed.held.windows([meter_id], since=seconds(moment - WINDOW), filling=False)


def append(ledger, delivery):
    """Store a drawn delivery."""
    (firm_id, meter_id), first, values, known, recorded, kvarh = delivery
    batch = a_batch(
        values,
        firm_id=firm_id,
        start=MONDAY + first * INTERVAL,
        known_at=None if known is None else at(known),
    )
    batch = with_reactive(batch, lagging_kvarh=[kvarh] * batch.rows.height)
    with suppress(UndeclaredMeterError):
        ledger.append(of_meter(meter_id, batch), recorded_at=at(recorded))


def declare(ledger, firm_id, minute, meters, since):
    """Declare a firm, whose second meter comes and goes."""
    meters = meters if firm_id == "kiln_works" else ()
    valid_from = None if since is None else at(since)
    with suppress(ForgottenReadingsError):
        ledger.declare(a_firm(firm_id, meters=meters), known_at=at(minute), valid_from=valid_from)


@settings(max_examples=EXAMPLES, deadline=None)
@given(steps=st.lists(appended | declared | asked | forgotten, max_size=12), moment=minutes)
def test_it_answers_what_the_ledger_answers_whatever_was_appended_in_between(steps, moment):
    with tempfile.TemporaryDirectory() as home:
        lay_ledger(Path(home))
        ledger = open_store(Settings(home=Path(home)))
        windowed = WindowedStore(ledger)
        for kind, *what in [*steps, *(("ask", firm, moment, 100) for firm in FIRMS)]:
            match kind:
                case "append":
                    append(ledger, what)
                case "declare":
                    declare(ledger, *what)
                case "forget":
                    windowed.forget()
                case _:
                    firm_id, minute, days = what
                    np.testing.assert_equal(
                        answer(windowed, firm_id, at(minute), days),
                        answer(ledger, firm_id, at(minute), days),
                    )
                    then = at(minute)
                    assert windowed.as_of(then).firms() == ledger.as_of(then).firms()
                    on = at(minute // 2)
                    assert windowed.as_of(then).firms(on) == ledger.as_of(then).firms(on)
        ledger.close()


def fill(store):
    store.declare(a_firm(), known_at=MONDAY)
    store.append(a_batch([float(n) for n in range(20 * STEPS_PER_DAY)]), recorded_at=MONDAY)


@pytest.fixture
def ledger(tmp_path):
    lay_ledger(tmp_path, fill)
    store = open_store(Settings(home=tmp_path))
    yield store
    store.close()


class CountedReads:
    """A ledger that counts how many versions each question for readings brings."""

    def __init__(self, ledger):
        self.ledger = ledger
        self.reads = []

    def as_of(self, moment):
        """What was known."""
        return self.ledger.as_of(moment)

    def changes(self, from_import):
        """What was recorded."""
        return self.ledger.changes(from_import)

    def declarations(self):
        """What is declared."""
        return self.ledger.declarations()

    def versions_of_meter(self, meter_id, *, since):
        """The versions asked for, counted."""
        found = self.ledger.versions_of_meter(meter_id, since=since)
        self.reads.append(len(found.start))
        return found

    def versions_of_imports(self, import_ids, *, since):
        """The versions asked for, counted."""
        found = self.ledger.versions_of_imports(import_ids, since=since)
        self.reads.append(sum(len(one.start) for one in found.values()))
        return found

    def number_of_readings(self, import_ids):
        """How many readings imports brought."""
        return self.ledger.number_of_readings(import_ids)


def test_it_reads_a_firm_once_and_then_only_what_was_imported_since(ledger):
    counted = CountedReads(ledger)
    windowed = WindowedStore(counted)
    for day in (5, 19, 12, 20):
        windowed.as_of(MONDAY + timedelta(days=day)).history("kiln_works", days=10)
    assert counted.reads == [20 * STEPS_PER_DAY]
    late = a_batch([7.0], start=MONDAY + timedelta(days=20))
    ledger.append(late, recorded_at=MONDAY + timedelta(days=21))
    for _ in range(3):
        known = windowed.as_of(MONDAY + timedelta(days=21))
        assert known.history("kiln_works", days=10).demand_kw[-1] == 28.0
    assert counted.reads == [20 * STEPS_PER_DAY, 1]


def test_news_of_all_firms_held_come_in_one_question(ledger):
    firms = [f"firm-{number}" for number in range(5)]
    first = pl.concat(a_batch([1.0, 2.0], firm_id=firm_id).rows for firm_id in firms)
    ledger.append(batch_of(first), recorded_at=MONDAY)
    counted = CountedReads(ledger)
    windowed = WindowedStore(counted)
    moment = MONDAY + timedelta(days=1)
    for firm_id in firms:
        windowed.as_of(moment).history(firm_id, days=10)
    counted.reads.clear()
    start = MONDAY + 2 * INTERVAL
    news = pl.concat(a_batch([3.0], firm_id=firm_id, start=start).rows for firm_id in firms)
    ledger.append(batch_of(news), recorded_at=moment)
    told = [windowed.as_of(moment).history(firm_id, days=10).demand_kw[-1] for firm_id in firms]
    assert told == [12.0] * len(firms)
    assert counted.reads == [len(firms)]


def test_a_short_look_at_a_firm_that_is_not_held_reads_no_window(ledger):
    counted = CountedReads(ledger)
    known = WindowedStore(counted).as_of(MONDAY + timedelta(days=20))
    assert known.history("kiln_works", days=3).grid.steps == 3 * STEPS_PER_DAY
    assert counted.reads == []


def test_a_window_that_has_grown_long_drops_what_nobody_looks_back_to(ledger):
    counted = CountedReads(ledger)
    windowed = WindowedStore(counted)
    long_after = 10 + (WINDOW + TRIMMED_FROM) // timedelta(days=1) + 20
    for day in (10, long_after):
        moment = MONDAY + timedelta(days=day)
        assert answer(windowed, "kiln_works", moment, 90) == answer(
            ledger, "kiln_works", moment, 90
        )
    (window,) = held(windowed, "kiln_works", MONDAY + timedelta(days=long_after + 10)).values()
    assert counted.reads == [20 * STEPS_PER_DAY]
    assert len(window.versions.start) == 0


def test_more_news_than_windows_are_worth_let_them_be_read_again(ledger, monkeypatch):
    monkeypatch.setattr(held_windows, "NEWS_AT_MOST", 3)
    counted = CountedReads(ledger)
    windowed = WindowedStore(counted)
    moment = MONDAY + timedelta(days=30)
    windowed.as_of(moment).history("kiln_works", days=90)
    news = a_batch([5.0] * 4, start=MONDAY + timedelta(days=20))
    ledger.append(news, recorded_at=MONDAY + timedelta(days=21))
    assert windowed.as_of(moment).history("kiln_works", days=90).demand_kw[-1] == 20.0
    assert counted.reads == [20 * STEPS_PER_DAY, 20 * STEPS_PER_DAY + 4]


def test_a_meter_nobody_asks_for_is_not_held_for_ever(ledger, monkeypatch):
    monkeypatch.setattr(held_windows, "WAITING_AT_MOST", 3)
    counted = CountedReads(ledger)
    windowed = WindowedStore(counted)
    moment = MONDAY + timedelta(days=30)
    windowed.as_of(moment).history("kiln_works", days=90)
    for step in range(4):
        news = a_batch([5.0], start=MONDAY + timedelta(days=20) + step * INTERVAL)
        ledger.append(news, recorded_at=MONDAY + timedelta(days=21))
        windowed.as_of(moment)
    assert held(windowed, "kiln_works", moment) is None
    assert answer(windowed, "kiln_works", moment, 90) == answer(ledger, "kiln_works", moment, 90)


def test_the_meters_asked_for_least_make_room(ledger, monkeypatch):
    monkeypatch.setattr(held_windows, "METERS_AT_MOST", 2)
    moment = MONDAY + timedelta(days=30)
    windowed = WindowedStore(ledger)
    for firm_id in ("one", "two"):
        ledger.append(a_batch([1.0], firm_id=firm_id), recorded_at=MONDAY)
    for firm_id in ("one", "kiln_works", "one", "two"):
        windowed.as_of(moment).history(firm_id, days=90)
    assert held(windowed, "kiln_works", moment) is None
    assert held(windowed, "one", moment)
    assert held(windowed, "two", moment)


def test_a_ledger_that_was_emptied_under_it_is_read_anew(ledger):
    windowed = WindowedStore(ledger)
    moment = MONDAY + timedelta(days=30)
    windowed.as_of(moment).history("kiln_works", days=90)
    with ledger.engine.begin() as connection:
        for table in reversed(METADATA.sorted_tables):
            connection.execute(table.delete())
    with pytest.raises(NotEnoughReadingsError):
        windowed.as_of(moment).history("kiln_works", days=90)
    assert windowed.as_of(moment).firms() == ()


def test_threads_get_what_the_ledger_tells_while_readings_come_in(ledger):
    """Each thread asks for all firms again and again; afterwards nothing is missing."""
    firms = [f"firm-{number}" for number in range(6)]
    windowed = WindowedStore(ledger)
    moment = MONDAY + timedelta(days=3)
    told_too_little, written = [], threading.Event()

    def ask():
        steps = dict.fromkeys(firms, 0)
        while not written.is_set():
            for firm_id in firms:
                with suppress(NotEnoughReadingsError):
                    history = windowed.as_of(moment).history(firm_id, days=30)
                    if history.grid.steps < steps[firm_id]:
                        told_too_little.append((firm_id, steps[firm_id], history.grid.steps))
                    steps[firm_id] = history.grid.steps

    askers = [threading.Thread(target=ask) for _ in range(3)]
    for asker in askers:
        asker.start()
    for step in range(20):
        start = MONDAY + step * INTERVAL
        rows = pl.concat(a_batch([1.0], firm_id=firm_id, start=start).rows for firm_id in firms)
        ledger.append(batch_of(rows), recorded_at=MONDAY)
        if step == 10:
            windowed.forget()
    written.set()
    for asker in askers:
        asker.join()
    assert told_too_little == []
    for firm_id in firms:
        assert answer(windowed, firm_id, moment, 30) == answer(ledger, firm_id, moment, 30)


def test_a_moment_before_the_window_is_read_again_and_right(ledger):
    windowed = WindowedStore(ledger)
    for moment in (MONDAY + timedelta(days=400), MONDAY + timedelta(days=3), MONDAY + 5 * WINDOW):
        assert answer(windowed, "kiln_works", moment, 90) == answer(
            ledger, "kiln_works", moment, 90
        )


def test_longer_looks_back_and_reactive_energy_come_from_the_ledger(ledger):
    known = WindowedStore(ledger).as_of(MONDAY + timedelta(days=20))
    plain = ledger.as_of(MONDAY + timedelta(days=20))
    assert known.moment == plain.moment
    assert known.history("kiln_works").grid == plain.history("kiln_works").grid
    assert known.reactive_energy("kiln_works").grid == plain.reactive_energy("kiln_works").grid


def test_firms_are_those_declared_by_then(ledger):
    windowed = WindowedStore(ledger)
    assert windowed.as_of(MONDAY).firms() == (a_firm(),)
    assert windowed.as_of(MONDAY).firm("kiln_works") == a_firm()
    with pytest.raises(UnknownFirmError, match="declare it"):
        windowed.as_of(MONDAY - timedelta(seconds=1)).firm("kiln_works")


def test_what_one_writes_into_an_answer_nobody_else_reads(ledger):
    known = WindowedStore(ledger).as_of(MONDAY + timedelta(days=20))
    first = known.history("kiln_works", days=90)
    with suppress(ValueError):  # it may be read-only
        first.demand_kw[:] = -1.0
    with suppress(ValueError):
        first.known_at[:] = np.datetime64("NaT", "s")
    again = known.history("kiln_works", days=90)
    assert (again.demand_kw >= 0).all()
    assert not np.isnat(again.known_at).any()


def hours_shown(store, moment):
    """The temperatures that the firm's history shows, now, of the first hours."""
    weather = store.as_of(moment).history("kiln_works", days=100).weather
    if weather is None:
        return None
    hours = np.array([seconds(hour(number)) // 3600 for number in range(4)])
    asked_at = weather.asked_at(np.full(4, seconds(moment)))
    return weather.told.seen("temperature_celsius", hours, asked_at).tolist()


def test_an_archive_of_weather_is_no_news_of_readings(ledger, monkeypatch):
    monkeypatch.setattr(held_windows, "NEWS_AT_MOST", 3)
    counted = CountedReads(ledger)
    windowed = WindowedStore(counted)
    moment = MONDAY + timedelta(days=30)
    windowed.as_of(moment).history("kiln_works", days=90)
    ledger.append_weather(a_weather([1.0] * 10), recorded_at=MONDAY)
    ledger.append(a_batch([5.0], start=MONDAY + timedelta(days=20)), recorded_at=moment)
    assert windowed.as_of(moment).history("kiln_works", days=90).demand_kw[-1] == 20.0
    assert counted.reads == [20 * STEPS_PER_DAY, 1]


class CountedWeather(CountedReads):
    """One that also counts how many versions each question for weather brings."""

    def __init__(self, ledger):
        super().__init__(ledger)
        self.weather_reads = []

    def newest_weather_import(self, place):
        """The last import of a place's weather."""
        return self.ledger.newest_weather_import(place)

    def seen_weather(self, place, **which):
        """A place's weather, counted."""
        found = self.ledger.seen_weather(place, **which)
        self.weather_reads.append(found.height)
        return found


def test_weather_is_held_and_only_news_of_the_place_are_read(ledger):
    counted = CountedWeather(ledger)
    windowed = WindowedStore(counted)
    moment = MONDAY + timedelta(days=20)
    assert hours_shown(windowed, moment) is None
    ledger.declare(a_firm(weather_place=PLACE), known_at=MONDAY)
    assert hours_shown(windowed, moment) is None
    shown = []
    for celsius, kind in (([1.0, 2.0, 3.0, 4.0], "forecast"), ([7.0, 8.0], "observation")):
        told = a_weather(celsius, kind=kind, known_at=hour(-1))
        ledger.append_weather(told, recorded_at=MONDAY)
        ledger.append_weather(a_weather(celsius, place="elsewhere"), recorded_at=MONDAY)
        for _ in range(3):
            shown.append(hours_shown(windowed, moment))
            assert shown[-1] == hours_shown(ledger, moment)
    assert shown[2:4] == [[1.0, 2.0, 3.0, 4.0], [7.0, 8.0, 3.0, 4.0]]
    assert counted.weather_reads == [0, 4, 2]
    ledger.append(a_batch([7.0], start=moment), recorded_at=moment)
    windowed.as_of(moment + INTERVAL).history("kiln_works", days=100)
    assert counted.weather_reads == [0, 4, 2]
    windowed.forget()
    assert hours_shown(windowed, moment) == shown[-1]


def test_weather_that_is_needed_from_earlier_on_is_read_again(ledger):
    told = a_weather([1.0, 2.0, 3.0], known_at=hour(-1))
    ledger.append_weather(told, recorded_at=MONDAY)
    counted = CountedWeather(ledger)
    held = HeldWeather(counted)
    for first, hours in ((1, 2), (2, 2), (0, 3), (1, 3)):
        since = seconds(hour(first))
        read = held.told(PLACE, since=since, begin=since, seen_at="one import")
        assert len(read.hour) == hours
    assert counted.weather_reads == [2, 3]


def test_news_of_hours_before_those_held_are_left_to_who_needs_them(ledger):
    ledger.append_weather(a_weather([1.0, 2.0, 3.0], known_at=hour(-1)), recorded_at=MONDAY)
    counted = CountedWeather(ledger)
    held = HeldWeather(counted)
    since = seconds(hour(2))
    first = held.told(PLACE, since=since, begin=since, seen_at="one import")
    ledger.append_weather(a_weather([5.0], known_at=hour(0)), recorded_at=MONDAY)
    assert held.told(PLACE, since=since, begin=since, seen_at="two") is first
    whole = held.told(PLACE, since=seconds(hour(0)), begin=seconds(hour(0)), seen_at="two")
    assert len(whole.hour) == 4
    assert counted.weather_reads == [1, 0, 4]


moments = st.integers(-3, 8).map(lambda number: hour(number / 2))
told_weather = st.tuples(
    st.sampled_from(["forecast", "observation", "reanalysis"]),
    st.integers(0, 3),  # first hour
    st.lists(st.none() | st.sampled_from([1.0, 2.0]), min_size=1, max_size=4),
    moments,  # when the file says it was known
    st.sampled_from([PLACE, "elsewhere"]),
)


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # emptied for each example
)
@given(
    steps=st.lists(told_weather | st.tuples(st.integers(0, 3)), max_size=10),
    first=st.integers(0, 3),
)
def test_weather_that_was_added_to_equals_what_is_read_at_once(emptied, steps, first):
    """Whatever came in which order: a version may be known before one that is held already."""
    ledger = emptied()
    held = HeldWeather(ledger)
    for step, what in enumerate([*steps, (first,)]):
        match what:
            case (hours,):
                asked = {"since": seconds(hour(hours)), "begin": seconds(hour(hours))}
                added = held.told(PLACE, **asked, seen_at=step)
                read = HeldWeather(ledger).told(PLACE, **asked, seen_at=step)
                kept = added.hour >= hours + seconds(hour(0)) // 3600
                np.testing.assert_array_equal(added.hour[kept], read.hour)
                np.testing.assert_array_equal(added.known_at[kept], read.known_at)
                np.testing.assert_array_equal(added.values[:, kept], read.values)
            case (kind, begin, celsius, known_at, place):
                told = a_weather(celsius, kind=kind, first=begin, known_at=known_at, place=place)
                ledger.append_weather(told, recorded_at=MONDAY)


class SlowPlace:
    """A store that tells of one place only when it is let, and of others at once."""

    def __init__(self):
        self.asked, self.let = threading.Event(), threading.Event()

    def newest_weather_import(self, place):
        """Never any, and slow where it is to be."""
        if place == PLACE:
            self.asked.set()
            assert self.let.wait(timeout=60)
        return 0

    def seen_weather(self, _place, **_which):
        """Nothing."""
        return pl.DataFrame(schema=SEEN_COLUMNS)


def test_nobody_waits_for_the_weather_of_another_place():
    store = SlowPlace()
    held = HeldWeather(store)
    asked = {"since": 0, "begin": 0, "seen_at": "one import"}
    slow = threading.Thread(target=held.told, args=(PLACE,), kwargs=asked)
    slow.start()
    assert store.asked.wait(timeout=60)
    other = threading.Thread(target=held.told, args=("elsewhere",), kwargs=asked, daemon=True)
    other.start()
    other.join(timeout=60)
    told = not other.is_alive()
    store.let.set()
    slow.join()
    assert told
