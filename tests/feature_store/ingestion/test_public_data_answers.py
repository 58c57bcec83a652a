"""Answers of the public data portal are read whole, or refused in words for what is missing."""

import json
from datetime import UTC, datetime

import pytest

from feature_store.entities.reading_batch import Refused
from feature_store.entities.weather_batch import WeatherBatch
from feature_store.ingestion.read_weather_file import read_weather_file
from feature_store.ingestion.weather_reader import WeatherRequest

REQUEST = WeatherRequest(now=datetime(2026, 4, 1, tzinfo=UTC))
MOMENT = {"baseDate": "20260302", "baseTime": "0500", "fcstDate": "20260302", "fcstTime": "0900"}


def item(category, value):
    return MOMENT | {"category": category, "fcstValue": value, "nx": 58, "ny": 74}


def answer(items, *, total, page=1, rows=1):
    body = {"items": items, "totalCount": total, "pageNo": page, "numOfRows": rows}
    return {"response": {"header": {"resultCode": "00", "resultMsg": "OK"}, "body": body}}


def read(folder, document):
    path = folder / "answer.json"
    path.write_text(json.dumps(document))
    return read_weather_file(path, REQUEST)


def reason(folder, document):
    outcome = read(folder, document)
    assert isinstance(outcome, Refused), outcome
    assert outcome.bad_rows[0].fix
    return outcome.bad_rows[0].fault


FIRST = answer({"item": [item("TMP", "3")]}, total=2)
SECOND = answer({"item": item("REH", "50")}, total=2, page=2)


def test_a_page_with_one_item_may_hold_it_without_a_list(tmp_path):
    batch = read(tmp_path, [FIRST, SECOND])
    assert isinstance(batch, WeatherBatch), batch
    told = batch.rows.select("temperature_celsius", "relative_humidity_share").rows()
    assert told == [(3.0, 0.5)]


def test_pages_must_all_be_there(tmp_path):
    assert reason(tmp_path, FIRST) == "holds page 1 and not page 2 of 2 items"
    assert reason(tmp_path, [SECOND]) == "holds page 2 and not page 1 of 2 items"


def test_an_answer_must_hold_the_items_that_it_counts(tmp_path):
    short = answer({"item": [item("TMP", "3")]}, total=2, rows=10)
    assert reason(tmp_path, short) == "holds 1 of the 2 items it tells of"


@pytest.mark.parametrize("items", [[item("TMP", "3")], {"item": "TMP"}, {"item": [1]}, 7])
def test_items_of_another_shape_are_refused(tmp_path, items):
    assert reason(tmp_path, answer(items, total=1)).startswith("has items of another shape")


@pytest.mark.parametrize("items", ["", None, {"item": []}, {"item": ""}])
def test_an_answer_without_items_holds_no_data(tmp_path, items):
    assert reason(tmp_path, answer(items, total=0)) == "holds no data: the answer has no item"


def test_an_answer_that_is_an_error_is_told_in_its_words(tmp_path):
    def error(code, said):
        return {"response": {"header": {"resultCode": code, "resultMsg": said}}}

    assert reason(tmp_path, error("03", "NODATA_ERROR")) == "holds no data (answer 03)"
    assert "is the error 30 (KEY)" in reason(tmp_path, error("30", "KEY"))
