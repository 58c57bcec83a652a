"""The ledger: readings and firms, appended and never changed, read as of a moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import polars as pl
from sqlalchemy import Connection, Engine, insert, select

from feature_store.entities.firm import Firm
from feature_store.entities.reading_batch import READING_COLUMNS, ReadingBatch
from feature_store.settings import Settings
from feature_store.storage.append_outcome import AlreadyReceived, Appended, AppendOutcome
from feature_store.storage.database import open_engine, with_write_lock
from feature_store.storage.ledger_knowledge import LedgerKnowledge, epoch_seconds, firm_document
from feature_store.storage.migrate import upgrade
from feature_store.storage.news import news_in
from feature_store.storage.reading_versions import latest_versions
from feature_store.storage.recorded_versions import newest_import, recorded_versions
from feature_store.storage.tables import FIRMS, IMPORTS, READINGS

Declaration = Literal["new", "changed", "unchanged"]


@dataclass(frozen=True, kw_only=True)
class LedgerStore:
    """A :class:`feature_store.point_in_time.Store` in an SQL database.

    Its clock counts whole seconds. Any number of processes may read and append at once.
    """

    engine: Engine

    def as_of(self, moment: datetime) -> LedgerKnowledge:
        """Return what was known at ``moment``; a naive one is refused."""
        epoch_seconds(moment)
        return LedgerKnowledge(engine=self.engine, moment=moment)

    def append(self, batch: ReadingBatch, *, recorded_at: datetime) -> AppendOutcome:
        """Store what is new in ``batch``, all of it or, if anything fails, nothing.

        Rows equal to the latest version known are left out. Rows that differ are corrections:
        they become known at ``recorded_at`` and the earlier values stay readable as of then. The
        same file again for the same firms is not looked at a second time, even if its values
        were corrected since.
        """
        rows = batch.rows.select(*READING_COLUMNS)
        firm_ids = sorted(rows["firm_id"].unique())
        moment = epoch_seconds(recorded_at)
        with with_write_lock(self.engine).begin() as connection:
            earlier = _import_of_same_file(connection, batch.content_sha256, firm_ids)
            if earlier is not None:
                return AlreadyReceived(rows_already_known=rows.height, import_id=earlier)
            news = _news(connection, rows, firm_ids, recorded_at=moment)
            if not news.height:
                return AlreadyReceived(rows_already_known=rows.height, import_id=None)
            import_id = _add_import(connection, batch, firm_ids, news.height, moment)
            _add_readings(connection, news, import_id=import_id, recorded_at=moment)
        return Appended(
            import_id=import_id,
            rows_added=news.height,
            rows_already_known=rows.height - news.height,
            corrections=int(news["correction"].sum()),
        )

    def declare(self, firm: Firm, *, known_at: datetime) -> Declaration:
        """Store a firm's declaration as known from ``known_at`` on; an equal one adds nothing."""
        moment = epoch_seconds(known_at)
        document = firm.model_dump_json()
        with with_write_lock(self.engine).begin() as connection:
            before = firm_document(connection, firm.firm_id, known_by=moment)
            if before is not None and Firm.model_validate_json(before) == firm:
                return "unchanged"
            row = {"firm_id": firm.firm_id, "known_at": moment, "document": document}
            connection.execute(insert(FIRMS), row)
        return "new" if before is None else "changed"

    def last_import_id(self) -> int:
        """Return the id of the import stored last, 0 if there is none."""
        with self.engine.connect() as connection:
            return newest_import(connection)

    def versions(self, firm_id: str, *, since: datetime, after_import: int) -> pl.DataFrame:
        """Return what :func:`feature_store.storage.recorded_versions.recorded_versions` does."""
        with self.engine.connect() as connection:
            return recorded_versions(
                connection, firm_id, since=epoch_seconds(since), after_import=after_import
            )

    def close(self) -> None:
        """Close every connection; the store opens new ones when it is used again."""
        self.engine.dispose()


def open_store(settings: Settings) -> LedgerStore:
    """Open the ledger that ``settings`` name, bringing its tables up to date first."""
    engine = open_engine(settings.database)
    upgrade(engine)
    return LedgerStore(engine=engine)


def _import_of_same_file(
    connection: Connection, content_sha256: str, firm_ids: list[str]
) -> int | None:
    wanted = select(IMPORTS.c.id).where(
        IMPORTS.c.content_sha256 == content_sha256, IMPORTS.c.firm_ids == ",".join(firm_ids)
    )
    return connection.execute(wanted).scalar_one_or_none()


def _news(
    connection: Connection, rows: pl.DataFrame, firm_ids: list[str], *, recorded_at: int
) -> pl.DataFrame:
    news = []
    for firm_id in firm_ids:
        of_firm = rows.filter(firm_id=firm_id)
        starts = of_firm["period_start"].dt.epoch("s").to_numpy()
        period = (int(starts.min()), int(starts.max()))
        latest = latest_versions(connection, firm_id, between=period)
        added = news_in(of_firm, latest, recorded_at=recorded_at)
        news.append(added.with_columns(firm_id=pl.lit(firm_id)))
    return pl.concat(news)


def _add_import(
    connection: Connection, batch: ReadingBatch, firm_ids: list[str], rows_added: int, moment: int
) -> int:
    row = {
        "source_name": batch.source_name,
        "source_format": batch.source_format,
        "content_sha256": batch.content_sha256,
        "firm_ids": ",".join(firm_ids),
        "rows_added": rows_added,
        "recorded_at": moment,
    }
    return connection.execute(insert(IMPORTS).values(row).returning(IMPORTS.c.id)).scalar_one()


def _add_readings(
    connection: Connection, news: pl.DataFrame, *, import_id: int, recorded_at: int
) -> None:
    rows = news.drop("correction").with_columns(
        import_id=pl.lit(import_id), recorded_at=pl.lit(recorded_at)
    )
    connection.execute(insert(READINGS), rows.to_dicts())
