"""What becomes of a file of weather: counted, recorded, taken once, or refused with a reason."""

import threading
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import numpy as np
import polars as pl
import pytest
from sqlalchemy import select

from feature_store.settings import Settings
from feature_store.storage.append_outcome import AlreadyReceived, Appended
from feature_store.storage.ledger_store import open_store
from feature_store.storage.recent_window import WindowedStore
from feature_store.storage.tables import IMPORTS, WEATHER
from feature_store.storage.weather_rows import (
    NotOnTheHourError,
    RepeatedHourError,
    UnusablePlaceError,
)
from tests.builders import MONDAY, a_batch, seconds
from tests.made_weather import PLACE, a_weather, hour, weather_of

LATER = MONDAY + timedelta(days=30)


@pytest.fixture
def ledger(database_url):
    with closing(open_store(Settings(database_url=database_url))) as store:
        yield store


def stored(ledger):
    with ledger.engine.connect() as connection:
        return connection.execute(select(WEATHER)).all()


def test_new_rows_are_counted_and_the_delivery_is_recorded(ledger):
    batch = a_weather([1.0, 2.0], known_at=hour(-2))
    outcome = ledger.append_weather(batch, recorded_at=LATER)
    assert outcome == Appended(import_id=1, rows_added=2, rows_already_known=0, corrections=0)
    with ledger.engine.connect() as connection:
        (row,) = connection.execute(select(IMPORTS)).mappings()
    assert (row["source_name"], row["source_format"]) == ("weather.csv", "made")
    assert (row["content_sha256"], row["rows_added"]) == (batch.content_sha256, 2)
    assert row["recorded_at"] == seconds(LATER)
    assert {(row.import_id, row.recorded_at) for row in stored(ledger)} == {(1, seconds(LATER))}


def test_the_same_file_again_adds_nothing_even_if_it_was_corrected_since(ledger):
    batch = a_weather([1.0, 2.0])
    ledger.append_weather(batch, recorded_at=LATER)
    ledger.append_weather(a_weather([1.0, 3.0]), recorded_at=LATER)
    again = ledger.append_weather(batch, recorded_at=LATER + timedelta(days=1))
    assert again == AlreadyReceived(rows_already_known=2, import_id=1)
    assert len(stored(ledger)) == 3


def test_rows_that_came_in_other_files_add_nothing_and_record_no_delivery(ledger):
    ledger.append_weather(a_weather([1.0, 2.0]), recorded_at=LATER)
    part = ledger.append_weather(a_weather([2.0], first=1), recorded_at=LATER)
    assert part == AlreadyReceived(rows_already_known=1, import_id=None)
    assert ledger.last_import_id() == 1


def test_the_same_file_for_another_place_is_another_delivery(ledger):
    batch = a_weather([1.0])
    ledger.append_weather(batch, recorded_at=LATER)
    elsewhere = replace(batch, rows=batch.rows.with_columns(place=pl.lit("elsewhere")))
    assert ledger.append_weather(elsewhere, recorded_at=LATER).rows_added == 1


def test_corrections_are_counted_and_the_earlier_row_stays(ledger):
    ledger.append_weather(a_weather([1.0, 2.0]), recorded_at=hour(1))
    outcome = ledger.append_weather(a_weather([1.0, 9.0, 3.0]), recorded_at=LATER)
    assert outcome == Appended(import_id=2, rows_added=2, rows_already_known=1, corrections=1)
    assert sorted(row.temperature_celsius for row in stored(ledger)) == [1.0, 2.0, 3.0, 9.0]


def test_corrections_recorded_in_one_second_follow_each_other(ledger):
    for value in (1.0, 2.0, 3.0):
        ledger.append_weather(a_weather([value], known_at=LATER), recorded_at=LATER)
    known = ledger.as_of(LATER + timedelta(seconds=2)).weather(PLACE, hour(0), hour(1))
    assert known.values["temperature_celsius"].tolist() == [3.0]


def test_a_new_issue_with_equal_values_is_kept_too(ledger):
    ledger.append_weather(a_weather([1.0], known_at=hour(-4)), recorded_at=LATER)
    again = ledger.append_weather(a_weather([1.0], known_at=hour(-1)), recorded_at=LATER)
    assert again.rows_added == 1
    known = ledger.as_of(LATER).weather(PLACE, hour(0), hour(1))
    assert known.lead_time[0] == np.timedelta64(1, "h")


def test_a_file_that_tells_nothing_adds_nothing(ledger):
    silent = a_weather([None, None])
    assert ledger.append_weather(silent, recorded_at=LATER).rows_already_known == 0
    assert ledger.last_import_id() == 0


def test_weather_and_readings_are_imports_of_one_record(ledger):
    assert ledger.append(a_batch([1.0]), recorded_at=LATER).import_id == 1
    assert ledger.append_weather(a_weather([1.0]), recorded_at=LATER).import_id == 2


@pytest.mark.parametrize("place", ["", "  ", "a\x00b", "line\nbreak", "x" * 101, None])
def test_a_place_that_nobody_could_name_again_is_refused(ledger, place):
    batch = a_weather([1.0])
    nowhere = replace(batch, rows=batch.rows.with_columns(place=pl.lit(place, pl.String)))
    with pytest.raises(UnusablePlaceError, match=r"weather.csv: .*; name it with --place"):
        ledger.append_weather(nowhere, recorded_at=LATER)
    assert stored(ledger) == []


def test_a_time_between_two_hours_is_refused(ledger):
    batch = a_weather([1.0])
    half = pl.col("valid_time") + timedelta(minutes=30)
    off = replace(batch, rows=batch.rows.with_columns(valid_time=half))
    with pytest.raises(NotOnTheHourError, match="use the hourly form"):
        ledger.append_weather(off, recorded_at=LATER)


def test_an_hour_that_stands_twice_is_refused(ledger):
    rows = pl.concat([a_weather([1.0]).rows, a_weather([2.0]).rows])
    with pytest.raises(RepeatedHourError, match="gwangju stands twice"):
        ledger.append_weather(weather_of(rows, kind="forecast"), recorded_at=LATER)


def test_writers_of_one_place_at_once_store_each_row_once(ledger):
    batches = [a_weather([1.0, 2.0, float(number)]) for number in (3, 3, 4, 4)]
    failed = []

    def write(batch):
        try:
            ledger.append_weather(batch, recorded_at=LATER)
        except Exception as error:  # noqa: BLE001  whatever it is, the test tells it
            failed.append(error)

    writers = [threading.Thread(target=write, args=(batch,)) for batch in batches]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert failed == []
    assert sorted(row.temperature_celsius for row in stored(ledger)) == [1.0, 2.0, 3.0, 4.0]


def test_a_store_that_holds_recent_readings_passes_weather_on(ledger):
    ledger.append_weather(a_weather([1.0]), recorded_at=LATER)
    known = WindowedStore(ledger).as_of(LATER)
    weather = known.weather(PLACE, hour(0), hour(1))
    assert weather.values["temperature_celsius"].tolist() == [1.0]
    assert known.weather_versions(PLACE, hour(0), hour(1)).rows.height == 1
