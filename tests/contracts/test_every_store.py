"""What readers of data rely on, asked of the ledger and of the fake that stands in for it."""

from datetime import datetime, timedelta

import numpy as np
import pytest

from feature_store.errors import NaiveTimeError, NotEnoughReadingsError, UnknownFirmError
from feature_store.settings import Settings
from feature_store.storage.ledger_store import open_store
from feature_store.time_grid import INTERVAL
from tests.builders import MONDAY, a_batch, a_firm, with_reactive
from tests.fakes.memory_store import MemoryStore

LATER = MONDAY + timedelta(days=30)


@pytest.fixture(params=["ledger", "memory"])
def store(request, tmp_path):
    if request.param == "memory":
        yield MemoryStore()
    else:
        ledger = open_store(Settings(home=tmp_path))
        yield ledger
        ledger.close()


def test_a_firm_is_known_from_its_declaration_on(store):
    store.declare(a_firm(), known_at=MONDAY)
    assert store.as_of(MONDAY).firm("kiln_works") == a_firm()
    with pytest.raises(UnknownFirmError, match="declare it"):
        store.as_of(MONDAY - timedelta(seconds=1)).firm("kiln_works")


def test_the_latest_declaration_known_holds(store):
    store.declare(a_firm(), known_at=MONDAY)
    store.declare(a_firm(name_en="Kiln works 2"), known_at=LATER)
    assert store.as_of(LATER).firm("kiln_works").name_en == "Kiln works 2"
    assert store.as_of(LATER - timedelta(days=1)).firm("kiln_works").name_en == "Kiln works"


def test_of_two_declarations_at_one_moment_the_second_holds(store):
    store.declare(a_firm(), known_at=MONDAY)
    store.declare(a_firm(name_en="Kiln works 2"), known_at=MONDAY)
    assert store.as_of(MONDAY).firm("kiln_works").name_en == "Kiln works 2"


def test_firms_are_listed_by_id(store):
    for firm_id in ("press_shop", "bakery", "kiln_works"):
        store.declare(a_firm(firm_id), known_at=MONDAY)
    listed = [firm.firm_id for firm in store.as_of(LATER).firms()]
    assert listed == ["bakery", "kiln_works", "press_shop"]


def test_energy_is_told_as_mean_demand(store):
    store.append(a_batch([10.0, 12.5]), recorded_at=LATER)
    assert store.as_of(LATER).history("kiln_works").demand_kw.tolist() == [40.0, 50.0]


def test_a_gap_is_nan_and_the_grid_goes_on(store):
    store.append(a_batch([10.0, np.nan, 11.0]), recorded_at=LATER)
    history = store.as_of(LATER).history("kiln_works")
    np.testing.assert_array_equal(history.demand_kw, [40.0, np.nan, 44.0])
    assert np.isnat(history.known_at).tolist() == [False, True, False]


def test_a_reading_is_known_when_its_interval_ends(store):
    store.append(a_batch([10.0, 11.0, 12.0]), recorded_at=LATER)
    history = store.as_of(MONDAY + 2 * INTERVAL).history("kiln_works")
    assert history.demand_kw.tolist() == [40.0, 44.0]
    assert history.end == MONDAY + 2 * INTERVAL


def test_a_correction_holds_from_its_recording_on(store):
    store.append(a_batch([10.0, 11.0]), recorded_at=MONDAY + timedelta(hours=1))
    store.append(a_batch([10.0, 99.0]), recorded_at=LATER)
    assert store.as_of(LATER).history("kiln_works").demand_kw.tolist() == [40.0, 396.0]
    before = store.as_of(LATER - timedelta(seconds=1)).history("kiln_works")
    assert before.demand_kw.tolist() == [40.0, 44.0]


def test_reactive_energy_lies_on_the_grid_of_the_history_and_is_nan_where_nobody_told(store):
    store.append(
        with_reactive(
            a_batch([10.0, np.nan, 11.0]), lagging_kvarh=[3.0, None], leading_kvarh=[0.0, 2.5]
        ),
        recorded_at=LATER,
    )
    known = store.as_of(LATER)
    reactive = known.reactive_energy("kiln_works")
    assert reactive.grid == known.history("kiln_works").grid
    np.testing.assert_array_equal(reactive.lagging_kvarh, [3.0, np.nan, np.nan])
    np.testing.assert_array_equal(reactive.leading_kvarh, [0.0, np.nan, 2.5])
    assert reactive.measured


def test_a_meter_that_tells_active_energy_alone_has_no_reactive_one(store):
    store.append(a_batch([10.0, 11.0]), recorded_at=LATER)
    reactive = store.as_of(LATER).reactive_energy("kiln_works")
    assert np.isnan(reactive.lagging_kvarh).tolist() == [True, True]
    assert not reactive.measured


def test_no_readings_at_all_is_told_for_reactive_energy_too(store):
    with pytest.raises(NotEnoughReadingsError, match=r"kiln_works: no reading.*import some"):
        store.as_of(LATER).reactive_energy("kiln_works")


def test_reactive_energy_is_corrected_as_energy_is(store):
    store.append(
        with_reactive(a_batch([10.0]), lagging_kvarh=[3.0]), recorded_at=MONDAY + timedelta(hours=1)
    )
    store.append(with_reactive(a_batch([10.0]), lagging_kvarh=[4.0]), recorded_at=LATER)
    assert store.as_of(LATER).reactive_energy("kiln_works").lagging_kvarh.tolist() == [4.0]
    before = store.as_of(LATER - timedelta(seconds=1)).reactive_energy("kiln_works")
    assert before.lagging_kvarh.tolist() == [3.0]


def test_reactive_energy_that_comes_later_does_not_make_the_load_later_known(store):
    store.append(a_batch([10.0, 11.0]), recorded_at=MONDAY + timedelta(hours=1))
    before = store.as_of(LATER).history("kiln_works")
    store.append(with_reactive(a_batch([10.0, 11.0]), lagging_kvarh=[1.0, 2.0]), recorded_at=LATER)
    known = store.as_of(LATER)
    assert known.history("kiln_works").known_at.tolist() == before.known_at.tolist()
    assert known.reactive_energy("kiln_works").lagging_kvarh.tolist() == [1.0, 2.0]
    earlier = store.as_of(LATER - timedelta(seconds=1))
    assert not earlier.reactive_energy("kiln_works").measured


def test_a_file_that_does_not_tell_reactive_energy_takes_none_away(store):
    store.append(with_reactive(a_batch([10.0, 11.0]), leading_kvarh=[1.0, 2.0]), recorded_at=MONDAY)
    store.append(a_batch([10.0, 12.0]), recorded_at=LATER)
    known = store.as_of(LATER)
    assert known.history("kiln_works").demand_kw.tolist() == [40.0, 48.0]
    assert known.reactive_energy("kiln_works").leading_kvarh.tolist() == [1.0, 2.0]


def test_the_last_days_count_back_from_the_moment(store):
    store.append(a_batch([1.0] * 960), recorded_at=LATER)  # ten days
    moment = MONDAY + timedelta(days=9, minutes=7)
    history = store.as_of(moment).history("kiln_works", days=2)
    assert history.grid.start == MONDAY + timedelta(days=7)
    assert history.end == MONDAY + timedelta(days=9)


def test_no_readings_in_the_days_asked_about_is_told(store):
    store.append(a_batch([1.0]), recorded_at=LATER)
    with pytest.raises(NotEnoughReadingsError, match=r"kiln_works: no reading.*import some"):
        store.as_of(LATER).history("kiln_works", days=3)


def test_firms_do_not_see_each_other(store):
    store.append(a_batch([1.0]), recorded_at=LATER)
    with pytest.raises(NotEnoughReadingsError):
        store.as_of(LATER).history("press_shop")


def test_the_grid_is_in_the_zone_of_the_firm(store):
    store.declare(a_firm(), known_at=MONDAY)
    store.append(a_batch([1.0]), recorded_at=LATER)
    assert store.as_of(LATER).history("kiln_works").grid.start.tzinfo == a_firm().zone


def test_a_naive_moment_is_refused(store):
    with pytest.raises(NaiveTimeError):
        store.as_of(datetime(2026, 3, 2))  # noqa: DTZ001  the point of the test
