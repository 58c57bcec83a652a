"""The short-term forecast 단기예보 of the Korea Meteorological Administration, as it was issued."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import islice

import polars as pl

from feature_store.entities.reading_batch import MOST_FAULTS_TOLD, BadRow, Refused
from feature_store.entities.weather_batch import WeatherBatch
from feature_store.ingestion.json_document import Json, written
from feature_store.ingestion.korean_clock import ZONE
from feature_store.ingestion.public_data_answer import items_of
from feature_store.ingestion.sheet import UnreadableSheetError
from feature_store.ingestion.source_file import SourceFile
from feature_store.ingestion.text_table import text, text_columns
from feature_store.ingestion.weather_reader import WeatherRequest
from feature_store.ingestion.weather_rows import VariableCell, WeatherLayout, weather_batch

PUBLISHED_AFTER = timedelta(minutes=10)
"""The service hands an issue out some ten minutes after its base time, e.g. that of 02:00 from
02:10 on: taken as known then, so that no replay knows it earlier than anybody could."""

_KEYS = ("baseDate", "baseTime", "fcstDate", "fcstTime", "category", "fcstValue", "nx", "ny")
_PERCENT = 0.01
_NONE_BEYOND = 900
"""Values of +900 and more, -900 and less, say that there is none."""

_TAKEN = {
    "TMP": ("temperature_celsius", 1.0),
    "REH": ("relative_humidity_share", _PERCENT),
    "WSD": ("wind_speed_m_per_s", 1.0),
    "POP": ("precipitation_probability_share", _PERCENT),
    "SKY": ("kma_sky_code", 1.0),
    "PTY": ("kma_precipitation_code", 1.0),
}
_LEFT = {"TMN", "TMX", "UUU", "VVV", "VEC", "WAV", "PCP", "SNO"}
"""Extremes of a day, wind by its parts, waves; rain and snow come in words and ranges."""


@dataclass(frozen=True)
class KmaForecastReader:
    """Reads answers of ``getVilageFcst`` as JSON: one, a list of pages, or one a line.

    The base date and time of each item are the issue; one row is made of the categories of one
    issue, place and forecast time. The place is the cell of KMA's 5 km grid.

    Source: data.go.kr 15084084, VilageFcstInfoService 2.0.
    """

    name: str = "kma-forecast"
    describes: str = "KMA short-term forecast, JSON of getVilageFcst"

    def recognises(self, file: SourceFile) -> bool:
        """Whether the items are of a forecast."""
        return any("fcstValue" in item for item in _items(file)[:1])

    def read(self, file: SourceFile, request: WeatherRequest) -> WeatherBatch | Refused:
        """Read the whole file, see ``feature_store.ingestion.weather_reader.WeatherReader``."""
        try:
            items = items_of(file.document)
        except UnreadableSheetError as error:
            fault = BadRow(row=0, column="", value="", reason=str(error))
            return Refused(source_name=file.name, bad_rows=(fault,))
        found = (fault for row, item in enumerate(items, 1) for fault in _faults(item, row))
        faults = tuple(islice(found, MOST_FAULTS_TOLD))
        if faults:
            return Refused(source_name=file.name, bad_rows=faults)
        return weather_batch(file, _table(items), _layout(self.name), now=request.now)


def _items(file: SourceFile) -> list[dict[str, Json]]:
    if file.container not in {"json", "ndjson"}:
        return []
    try:
        return items_of(file.document)
    except UnreadableSheetError:
        return []


def _faults(item: dict[str, Json], row: int) -> list[BadRow]:
    missing = [key for key in _KEYS if written(item.get(key)) is None]
    if missing:
        reason = "is missing; use the answer as it was fetched"
        return [BadRow(row=row, column=key, value="", reason=reason) for key in missing]
    category = written(item["category"]) or ""
    if category not in _TAKEN and category not in _LEFT:
        reason = "is no category of the short-term forecast; use the answer as it was fetched"
        return [BadRow(row=row, column="category", value=category, reason=reason)]
    return []


def _table(items: list[dict[str, Json]]) -> pl.DataFrame:
    """One row an issue, place and forecast time; a category is a column of cells."""
    rows: dict[tuple[str, ...], dict[str, str]] = {}
    numbers: dict[tuple[str, ...], int] = {}
    for row, item in enumerate(items, start=1):
        cell = {key: written(item[key]) or "" for key in _KEYS}
        key = tuple(cell[name] for name in _KEYS if name not in {"category", "fcstValue"})
        if cell["category"] in rows.get(key, {}):
            key = (*key, str(row))  # the same again: told as such by the check of rows
        rows.setdefault(key, {})[cell["category"]] = cell["fcstValue"]
        numbers.setdefault(key, row)
    keys = list(rows)
    cells = {name: [rows[key].get(name) for key in keys] for name in _TAKEN}
    base = [f"{key[0]} {key[1]}" for key in keys]
    valid = [f"{key[2]} {key[3]}" for key in keys]
    place = [f"kma-grid {key[4]},{key[5]}" for key in keys]
    table = text_columns(
        {"baseTime": base, "fcstTime": valid, **cells}, [numbers[key] for key in keys]
    )
    return table.with_columns(
        pl.Series("place", place, pl.String),
        valid_time=_instant("fcstTime"),
        exists_from=_instant("baseTime"),
        known_at=_instant("baseTime") + pl.lit(PUBLISHED_AFTER),
    ).filter(~pl.all_horizontal(text(name).is_null() for name in _TAKEN))


def _instant(column: str) -> pl.Expr:
    naive = text(column).str.to_datetime("%Y%m%d %H%M", time_unit="us", strict=False)
    return naive.dt.replace_time_zone(ZONE).dt.convert_time_zone("UTC")


def _layout(source_format: str) -> WeatherLayout:
    def cell(category: str, factor: float) -> VariableCell:
        value = text(category).cast(pl.Float64, strict=False)
        return VariableCell(column=category, factor=factor, missing=value.abs() >= _NONE_BEYOND)

    return WeatherLayout(
        kind="forecast",
        source_format=source_format,
        time_column="fcstTime",
        time_example="20260302 0900",
        cells={name: cell(category, factor) for category, (name, factor) in _TAKEN.items()},
    )
