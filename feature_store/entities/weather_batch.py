"""Weather on its way into the store: forecasts as they were issued, and what was measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import polars as pl

WeatherKind = Literal["forecast", "observation", "reanalysis"]


@dataclass(frozen=True, kw_only=True)
class WeatherVariable:
    """A column of weather, with the bounds of what can be true on Earth."""

    name: str
    """With its unit."""
    title: str
    """What a table or a picture calls it."""
    unit: str
    """As a table or a picture writes it."""
    least: float
    most: float


VARIABLES = (
    WeatherVariable(name="temperature_celsius", title="temperature", unit="°C", least=-60, most=60),
    WeatherVariable(
        name="relative_humidity_share", title="humidity", unit="share", least=0, most=1
    ),
    WeatherVariable(name="wind_speed_m_per_s", title="wind", unit="m/s", least=0, most=120),
    WeatherVariable(
        name="precipitation_probability_share",
        title="rain probability",
        unit="share",
        least=0,
        most=1,
    ),
    WeatherVariable(name="precipitation_mm", title="rain", unit="mm", least=0, most=500),
    WeatherVariable(name="cloud_share", title="cloud", unit="share", least=0, most=1),
    WeatherVariable(name="kma_sky_code", title="KMA sky", unit="code", least=1, most=4),
    WeatherVariable(name="kma_precipitation_code", title="KMA rain", unit="code", least=0, most=7),
    WeatherVariable(name="ghi_w_per_m2", title="GHI", unit="W/m²", least=0, most=1500),
    WeatherVariable(name="dni_w_per_m2", title="DNI", unit="W/m²", least=0, most=1500),
    WeatherVariable(name="dhi_w_per_m2", title="DHI", unit="W/m²", least=0, most=1500),
)
"""``kma_sky_code`` SKY: 1 clear, 3 mostly cloudy, 4 overcast. ``kma_precipitation_code`` PTY: 0
none, 1 rain, 2 rain and snow, 3 snow, 4 shower; 5 to 7 are the forms of drizzle and flurries.
Irradiance and precipitation are of the hour that ends at the valid time: global horizontal, direct
normal and diffuse horizontal as means, precipitation as a sum. All else holds at the valid time."""

WEATHER_COLUMNS: dict[str, pl.DataType | type[pl.DataType]] = {
    "place": pl.String,
    "valid_time": pl.Datetime("us", "UTC"),
    "known_at": pl.Datetime("us", "UTC"),
    **{variable.name: pl.Float64 for variable in VARIABLES},
}
"""``place`` is where: ``kma-grid 58,74``, ``asos 156`` or a name the caller gives. A variable that
the source does not tell is null."""


@dataclass(frozen=True, kw_only=True)
class WeatherBatch:
    """The weather of one file, checked: one row a place, valid time and issue."""

    rows: pl.DataFrame
    """Columns as in ``WEATHER_COLUMNS``, sorted by place, known_at and valid_time."""
    kind: WeatherKind
    source_format: str
    """Name of the reader that read it."""
    source_name: str
    """File name, for the audit."""
    content_sha256: str
    """Hash of the file as received."""
