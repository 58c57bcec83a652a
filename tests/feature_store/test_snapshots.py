"""A snapshot is named by its content, comes back as it was taken, and hides what came later."""

import shutil
from datetime import timedelta

import numpy as np
import pytest

from feature_store.entities.meter import Meter
from feature_store.errors import NotEnoughReadingsError
from feature_store.snapshots import SnapshotError, read_snapshot, take_snapshot
from tests.builders import MONDAY, a_batch, a_firm, of_meter
from tests.fakes.memory_store import MemoryStore
from tests.made_weather import PLACE, a_weather, hour


def a_store():
    store = MemoryStore()
    store.declare(a_firm(), known_at=MONDAY)
    store.declare(a_firm("press_shop"), known_at=MONDAY)
    store.append(a_batch([10.0, float("nan"), 12.5]), recorded_at=MONDAY)
    return store


def test_it_comes_back_as_it_was_taken(tmp_path):
    taken = take_snapshot(tmp_path, a_store().as_of(MONDAY + timedelta(hours=1)))
    read = read_snapshot(taken.path)
    assert (read.firms, read.content_sha256) == (taken.firms, taken.content_sha256)
    assert read.moment == taken.moment
    history, before = read.histories["kiln_works"], taken.histories["kiln_works"]
    np.testing.assert_array_equal(history.demand_kw, before.demand_kw)
    np.testing.assert_array_equal(history.known_at, before.known_at)
    assert history.grid.start == before.grid.start


def test_values_that_were_corrected_come_back_and_make_another_snapshot(tmp_path):
    store = a_store()
    moment = MONDAY + timedelta(days=2)
    before = take_snapshot(tmp_path, store.as_of(moment))
    store.append(a_batch([11.0]), recorded_at=MONDAY + timedelta(days=1))
    store.append(a_batch([10.0]), recorded_at=moment)
    taken = take_snapshot(tmp_path, store.as_of(moment))
    read = read_snapshot(taken.path).histories["kiln_works"]
    assert read.demand_kw[0] == before.histories["kiln_works"].demand_kw[0] == 40.0
    assert read.superseded.demand_kw.tolist() == [40.0, 44.0]
    for name, column in vars(taken.histories["kiln_works"].superseded).items():
        np.testing.assert_array_equal(getattr(read.superseded, name), column)
    assert taken.content_sha256 != before.content_sha256


def test_a_file_that_is_not_what_its_name_says_is_refused(tmp_path):
    store = a_store()
    taken = take_snapshot(tmp_path, store.as_of(MONDAY + timedelta(hours=1)))
    earlier = take_snapshot(tmp_path, store.as_of(MONDAY + timedelta(minutes=15)))
    shutil.copyfile(earlier.path, taken.path)
    assert read_snapshot(earlier.path).content_sha256 == earlier.content_sha256
    with pytest.raises(SnapshotError, match="restore the file"):
        read_snapshot(taken.path)


def test_meters_of_different_days_are_told_apart_from_no_readings_at_all(tmp_path):
    store = MemoryStore()
    meters = (Meter(meter_id="old"), Meter(meter_id="new"))
    store.declare(a_firm(meters=meters), known_at=MONDAY)
    for meter_id, day in (("old", 0), ("new", 1)):
        batch = a_batch([1.0], start=MONDAY + timedelta(days=day))
        store.append(of_meter(meter_id, batch), recorded_at=MONDAY + timedelta(days=2))
    with pytest.raises(NotEnoughReadingsError, match="kiln_works: readings are stored, but no"):
        take_snapshot(tmp_path, store.as_of(MONDAY + timedelta(days=2)))


def test_a_firm_without_readings_is_left_out(tmp_path):
    taken = take_snapshot(tmp_path, a_store().as_of(MONDAY + timedelta(hours=1)))
    assert [firm.firm_id for firm in taken.firms] == ["kiln_works"]


def test_the_same_content_has_the_same_name_and_other_content_another(tmp_path):
    store = a_store()
    first = take_snapshot(tmp_path, store.as_of(MONDAY + timedelta(hours=1)))
    again = take_snapshot(tmp_path, store.as_of(MONDAY + timedelta(hours=2)))
    earlier = take_snapshot(tmp_path, store.as_of(MONDAY + timedelta(minutes=15)))
    assert first.path == again.path
    assert earlier.path != first.path
    assert len(list(tmp_path.iterdir())) == 2


def test_nothing_to_learn_from_says_what_to_do(tmp_path):
    with pytest.raises(NotEnoughReadingsError, match="sandan readings import"):
        take_snapshot(tmp_path, MemoryStore().as_of(MONDAY))


def test_the_weather_that_was_known_is_part_of_it(tmp_path):
    store = a_store()
    store.declare(a_firm(weather_place=PLACE), known_at=MONDAY)
    moment = MONDAY + timedelta(hours=3)
    without = take_snapshot(tmp_path, store.as_of(moment))
    store.append_weather(a_weather([1.0, None, 3.0], known_at=MONDAY), recorded_at=moment)
    store.append_weather(a_weather([9.0], known_at=hour(5)), recorded_at=hour(5))
    taken = take_snapshot(tmp_path, store.as_of(moment))
    read = read_snapshot(taken.path)
    assert without.content_sha256 != taken.content_sha256 == read.content_sha256
    assert read_snapshot(without.path).histories["kiln_works"].weather is None
    before, weather = (one.histories["kiln_works"].weather for one in (taken, read))
    for name in ("hour", "known_at", "values"):
        np.testing.assert_array_equal(getattr(weather.told, name), getattr(before.told, name))
    assert weather.moment_s == before.moment_s
    assert 9.0 not in weather.told.values
    corrected = a_weather([7.0], known_at=MONDAY)
    store.append_weather(corrected, recorded_at=MONDAY + timedelta(hours=1))
    assert take_snapshot(tmp_path, store.as_of(moment)).path != taken.path


def test_a_snapshot_whose_weather_is_lost_is_refused(tmp_path):
    store = a_store()
    store.declare(a_firm(weather_place=PLACE), known_at=MONDAY)
    store.append_weather(a_weather([1.0], known_at=MONDAY), recorded_at=MONDAY)
    taken = take_snapshot(tmp_path, store.as_of(MONDAY + timedelta(hours=1)))
    taken.path.with_suffix(".weather.parquet").unlink()
    with pytest.raises(SnapshotError, match="restore the file"):
        read_snapshot(taken.path)
