"""A table of the ERA5 reanalysis for one place, hourly, as Parquet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import polars as pl

from feature_store.entities.reading_batch import BadRow, Refused
from feature_store.entities.weather_batch import WeatherBatch
from feature_store.ingestion.korean_clock import ZONE
from feature_store.ingestion.read_text_table import header, read_names, read_text_table
from feature_store.ingestion.source_file import SourceFile
from feature_store.ingestion.text_table import text
from feature_store.ingestion.weather_reader import WeatherRequest
from feature_store.ingestion.weather_rows import VariableCell, WeatherLayout, weather_batch

PUBLISHED_AFTER = timedelta(days=5)
"""How far ERA5 lags behind the present (Copernicus Climate Data Store): a replay that has it any
earlier knows what nobody knew."""

_COLUMNS = {
    "temperature_celsius": "temp_c",
    "wind_speed_m_per_s": "wind_ms",
    "ghi_w_per_m2": "ghi",
    "dni_w_per_m2": "dni",
    "dhi_w_per_m2": "dhi",
}
_WITH_OFFSET = r"\+00:00$"


@dataclass(frozen=True)
class Era5Reader:
    """Reads timestamp, temp_c, wind_ms, ghi, dni and dhi; the place must be named.

    A time without a zone is Korean, as the table for Gwangju has it. Irradiance is the mean of the
    hour that ends at the time, W/m2.

    Source: Open-Meteo, from Copernicus ERA5, CC BY 4.0.
    """

    name: str = "era5"
    describes: str = "ERA5 by the hour, Parquet: timestamp, temp_c, wind_ms, ghi, dni, dhi"

    def recognises(self, file: SourceFile) -> bool:
        """Whether a time, a temperature and an irradiance are there."""
        return {"timestamp", "temp_c", "ghi"} <= set(header(file))

    def read(self, file: SourceFile, request: WeatherRequest) -> WeatherBatch | Refused:
        """Read the whole file, see ``feature_store.ingestion.weather_reader.WeatherReader``."""
        names, wanted = read_names(file), ("timestamp", *_COLUMNS.values())
        if isinstance(names, BadRow):
            return Refused(source_name=file.name, bad_rows=(names,))
        absent = [name for name in wanted if name not in names]
        if absent or request.place is None:
            faults = [(name, "is missing; use the table as published") for name in absent]
            if request.place is None:
                faults.append(("place", "is not in this format; name the place"))
            return Refused(
                source_name=file.name,
                bad_rows=tuple(
                    BadRow(row=0, column=name, value="", reason=reason) for name, reason in faults
                ),
            )
        table = read_text_table(file, wanted)
        if isinstance(table, BadRow):
            return Refused(source_name=file.name, bad_rows=(table,))
        layout = WeatherLayout(
            kind="reanalysis",
            source_format=self.name,
            time_column="timestamp",
            time_example="2025-03-02T09:00:00",
            cells={name: VariableCell(column=column) for name, column in _COLUMNS.items()},
        )
        return weather_batch(file, _placed(table, request.place), layout, now=request.now)


def _placed(table: pl.DataFrame, place: str) -> pl.DataFrame:
    written = text("timestamp")
    clock = written.str.replace(_WITH_OFFSET, "").str.to_datetime(
        "%Y-%m-%dT%H:%M:%S%.f", time_unit="us", strict=False
    )
    instant = (
        pl.when(written.str.contains(_WITH_OFFSET))
        .then(clock.dt.replace_time_zone("UTC"))
        .otherwise(clock.dt.replace_time_zone(ZONE).dt.convert_time_zone("UTC"))
    )
    return table.with_columns(place=pl.lit(place), valid_time=instant).with_columns(
        exists_from=pl.col("valid_time"),
        known_at=pl.col("valid_time") + pl.lit(PUBLISHED_AFTER),
    )
