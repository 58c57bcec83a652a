"""What every reader of weather must answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from feature_store.entities.reading_batch import Refused
from feature_store.entities.weather_batch import WeatherBatch
from feature_store.ingestion.source_file import SourceFile


@dataclass(frozen=True, kw_only=True)
class WeatherRequest:
    """What the caller knows about a file of weather."""

    now: datetime
    """Nothing is known later than this; timezone-aware."""
    place: str | None = None
    """Where the weather is, if the file does not say."""


class WeatherReader(Protocol):
    """Turns one form of weather file into a batch.

    To read another, add one module here, one line to ``WEATHER_READERS`` in
    ``feature_store.ingestion.read_weather_file`` and made files to
    ``tests/contracts/test_every_weather_reader.py``.
    """

    @property
    def name(self) -> str:
        """What it is called."""
        ...

    @property
    def describes(self) -> str:
        """The format in one line."""
        ...

    def recognises(self, file: SourceFile) -> bool:
        """Whether the file has this format, by its content; of all readers one may say so."""
        ...

    def read(self, file: SourceFile, request: WeatherRequest) -> WeatherBatch | Refused:
        """Read the whole file: all of it is good, or every row at fault is named."""
        ...
