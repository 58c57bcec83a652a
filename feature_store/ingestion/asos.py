"""Hourly observations of KMA's synoptic stations (ASOS): the interface's JSON, the portal's CSV."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import polars as pl

from feature_store.entities.reading_batch import BadRow, Refused
from feature_store.entities.weather_batch import WeatherBatch
from feature_store.ingestion.column_name import column_name
from feature_store.ingestion.json_document import Json, written
from feature_store.ingestion.korean_clock import ZONE
from feature_store.ingestion.public_data_answer import items_of
from feature_store.ingestion.sheet import UnreadableSheetError
from feature_store.ingestion.source_file import SourceFile
from feature_store.ingestion.text_table import text, text_columns
from feature_store.ingestion.weather_reader import WeatherRequest
from feature_store.ingestion.weather_rows import VariableCell, WeatherLayout, weather_batch

AVAILABLE_AFTER = timedelta(days=1, hours=11)
"""From the midnight that begins the day of an observation: the service goes up to yesterday, which
it has by the morning. An observation is out earlier elsewhere; this file could not have been."""

_PERCENT, _TENTH = 0.01, 0.1
_W_PER_M2 = 1e6 / timedelta(hours=1).total_seconds()
"""What turns MJ/m2 of an hour into its mean W/m2."""


@dataclass(frozen=True, kw_only=True)
class _Told:
    """How the two forms tell one variable."""

    key: str
    words: str
    units: frozenset[str]
    factor: float = 1.0


_TOLD = {
    "temperature_celsius": _Told(key="ta", words="기온", units=frozenset({"°c"})),
    "relative_humidity_share": _Told(
        key="hm", words="습도", units=frozenset({"%"}), factor=_PERCENT
    ),
    "wind_speed_m_per_s": _Told(key="ws", words="풍속", units=frozenset({"m/s"})),
    "precipitation_mm": _Told(key="rn", words="강수량", units=frozenset({"mm"})),
    "cloud_share": _Told(key="dc10Tca", words="전운량", units=frozenset({"10분위"}), factor=_TENTH),
    "ghi_w_per_m2": _Told(key="icsr", words="일사", units=frozenset({"mj/m2"}), factor=_W_PER_M2),
}
_BAD_FLAGS = ("1", "9")
"""Flags of the interface's quality control: 1 wrong, 9 missing."""


@dataclass(frozen=True)
class AsosReader:
    """Reads observations of stations, e.g. 156 for Gwangju, each at its hour in Korean time.

    Source: data.go.kr 15057210, AsosHourlyInfoService, and the CSV of KMA's data portal
    기상자료개방포털 (CP949). An empty cell is null: for rain it mostly means none, which the files
    do not say.
    """

    name: str = "asos"
    describes: str = "KMA ASOS hourly observations: JSON of the public interface, or portal CSV"

    def recognises(self, file: SourceFile) -> bool:
        """Whether the items or the header are those of hourly observations."""
        try:
            if file.container in {"json", "ndjson"}:
                return any({"tm", "stnId"} <= set(item) for item in items_of(file.document)[:1])
            return file.container == "text" and {"지점", "일시"} <= set(_header(file))
        except UnreadableSheetError:
            return False

    def read(self, file: SourceFile, request: WeatherRequest) -> WeatherBatch | Refused:
        """Read the whole file, see ``feature_store.ingestion.weather_reader.WeatherReader``."""
        try:
            told = _of_csv(file) if file.container == "text" else _of_json(items_of(file.document))
        except UnreadableSheetError as error:
            fault = BadRow(row=0, column="", value="", reason=str(error))
            return Refused(source_name=file.name, bad_rows=(fault,))
        table, time_column, cells = told
        layout = WeatherLayout(
            kind="observation",
            source_format=self.name,
            time_column=time_column,
            time_example="2026-03-02 09:00",
            cells=cells,
        )
        return weather_batch(file, table, layout, now=request.now)


_Read = tuple[pl.DataFrame, str, dict[str, VariableCell]]


def _of_json(items: list[dict[str, Json]]) -> _Read:
    columns: dict[str, list[str | None]] = {
        key: [written(item.get(key)) for item in items] for key in ("tm", "stnId")
    }
    cells = {}
    for name, told in _TOLD.items():
        columns[told.key] = [written(item.get(told.key)) for item in items]
        flag = f"{told.key}Qcflg"
        columns[flag] = [written(item.get(flag)) for item in items]
        bad = text(flag).is_in(_BAD_FLAGS).fill_null(value=False)
        cells[name] = VariableCell(column=told.key, factor=told.factor, missing=bad)
    table = text_columns(columns, range(1, len(items) + 1))
    return _placed(table, time_column="tm", station="stnId"), "tm", cells


def _of_csv(file: SourceFile) -> _Read:
    header = _header(file)
    rows = file.sheet.rows[1:]
    cells = {}
    for name, told in _TOLD.items():
        column = next((each for each in header if column_name(each).words == told.words), None)
        if column is None:
            continue
        unit = column_name(column).unit
        if unit not in told.units:
            raise UnreadableSheetError(
                f"{column} is not in {'/'.join(told.units)}; fetch the file again in that unit"
            )
        cells[name] = VariableCell(column=column, factor=told.factor)
    if not cells:
        raise UnreadableSheetError("has no column of weather that is known; fetch more columns")
    columns: dict[str, list[str | None]] = {
        column: [row.cells[at] or None if at < len(row.cells) else None for row in rows]
        for at, column in enumerate(header)
    }
    table = text_columns(columns, [row.number for row in rows])
    return _placed(table, time_column="일시", station="지점"), "일시", cells


def _header(file: SourceFile) -> tuple[str, ...]:
    return file.sheet.rows[0].cells if file.sheet.rows else ()


def _placed(table: pl.DataFrame, *, time_column: str, station: str) -> pl.DataFrame:
    local = text(time_column).str.to_datetime("%Y-%m-%d %H:%M", time_unit="us", strict=False)
    known = local.dt.truncate("1d") + pl.lit(AVAILABLE_AFTER)
    valid_time = local.dt.replace_time_zone(ZONE).dt.convert_time_zone("UTC")
    return table.with_columns(
        place=pl.format("asos {}", text(station)),
        valid_time=valid_time,
        exists_from=valid_time,
        known_at=known.dt.replace_time_zone(ZONE).dt.convert_time_zone("UTC"),
    )
