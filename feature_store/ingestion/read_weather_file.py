"""The forms of weather files that can be read, and the choice among them."""

from __future__ import annotations

from pathlib import Path

from feature_store.entities.reading_batch import BadRow, Refused
from feature_store.entities.weather_batch import WeatherBatch
from feature_store.errors import SandanError
from feature_store.ingestion.asos import AsosReader
from feature_store.ingestion.era5 import Era5Reader
from feature_store.ingestion.kma_forecast import KmaForecastReader
from feature_store.ingestion.public_data_answer import why_nothing
from feature_store.ingestion.read_file import UnknownFormatError
from feature_store.ingestion.sheet import UnreadableSheetError
from feature_store.ingestion.source_file import SourceFile
from feature_store.ingestion.visible_text import visible
from feature_store.ingestion.weather_reader import WeatherReader, WeatherRequest

WEATHER_READERS: tuple[WeatherReader, ...] = (KmaForecastReader(), AsosReader(), Era5Reader())
"""Every form; of a file that can be read, exactly one says that it is its own."""


def read_weather_file(path: Path, request: WeatherRequest) -> WeatherBatch | Refused:
    """Read a file in the form that recognises it: all of it, or nothing and every fault."""
    if not path.is_file():
        raise SandanError(f"{path}: there is no such file; check the path")
    file = SourceFile(path)
    for reader in WEATHER_READERS:
        if reader.recognises(file):
            return reader.read(file, request)
    reason = _why_nothing(file)
    if reason is not None:
        fault = BadRow(row=0, column="", value="", reason=reason)
        return Refused(source_name=file.name, bad_rows=(fault,))
    known = "; ".join(f"{reader.name} ({reader.describes})" for reader in WEATHER_READERS)
    raise UnknownFormatError(f"{visible(file.name)}: is no known form of weather; use {known}")


def _why_nothing(file: SourceFile) -> str | None:
    """Why an answer of a weather service is recognised by no reader."""
    if file.container not in {"json", "ndjson"}:
        return None
    try:
        return why_nothing(file.document)
    except UnreadableSheetError:
        return None
