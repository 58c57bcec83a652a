"""Weather of one place keeps the name that the caller gives it; several places cannot share one."""

from dataclasses import replace

import polars as pl
import pytest

from feature_store.ingestion.weather_place import SeveralPlacesError, kept_under
from tests.made_weather import a_weather, weather_of


def test_the_forecast_of_a_cell_becomes_the_weather_of_the_place_that_is_named():
    batch = a_weather([1.0, 2.0], place="kma-grid 58,74")
    kept = kept_under(batch, "gwangju")
    assert kept.rows["place"].to_list() == ["gwangju", "gwangju"]
    assert kept == replace(batch, rows=kept.rows)


def test_without_a_name_the_places_of_the_file_stay():
    rows = pl.concat([a_weather([1.0], place=place).rows for place in ("a", "b")])
    batch = weather_of(rows, kind="forecast")
    assert kept_under(batch, None) is batch


def test_several_places_are_listed_and_refused():
    names = [f"asos {number}" for number in range(100, 110)]
    rows = pl.concat([a_weather([1.0], place=place).rows for place in names])
    with pytest.raises(SeveralPlacesError, match=r"asos 100, .*asos 107 and 2 more, .*gwangju"):
        kept_under(weather_of(rows, kind="observation"), "gwangju")
