"""Weather into the ledger: what is new of a batch, all of it or nothing."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Engine

from feature_store.entities.weather_batch import WeatherBatch
from feature_store.storage.append_outcome import AlreadyReceived, AppendOutcome
from feature_store.storage.database import lock_name, with_write_lock
from feature_store.storage.imports import import_of, store_news
from feature_store.storage.moments import epoch_seconds
from feature_store.storage.stored_weather import latest_of_issues
from feature_store.storage.tables import WEATHER
from feature_store.storage.weather_news import weather_news
from feature_store.storage.weather_rows import identity_of, rows_of


def append_weather(engine: Engine, batch: WeatherBatch, *, recorded_at: datetime) -> AppendOutcome:
    """Store what is new in ``batch``, see ``LedgerStore.append_weather``."""
    rows = rows_of(batch)
    moment = epoch_seconds(recorded_at)
    if not rows.height:
        return AlreadyReceived(rows_already_known=0, import_id=None)
    identity = identity_of(batch, rows)
    with with_write_lock(engine).begin() as connection:
        for place in rows["place"].unique().sort():  # in one order: nobody waits in a circle
            lock_name(connection, f"sandan: weather {place}")
        earlier = import_of(connection, identity)
        if earlier is not None:
            return AlreadyReceived(rows_already_known=rows.height, import_id=earlier)
        news = weather_news(rows, latest_of_issues(connection, rows), recorded_at=moment)
        return store_news(
            connection,
            batch,
            identity,
            WEATHER,
            news,
            rows_received=rows.height,
            recorded_at=moment,
        )
