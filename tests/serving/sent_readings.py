"""Readings as a sender writes them, in every form that the service takes."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import polars as pl
from sqlalchemy import select

from feature_store.storage.tables import METERS, READINGS
from feature_store.time_grid import INTERVAL
from tests.serving.app_client import AppClient
from tests.serving.conftest import NOW

Row = dict[str, Any]

FIRM, OTHER = "kiln_works", "dye_works"
LAST = NOW - INTERVAL
"""Start of the newest interval that is over."""


def a_row(**changes: object) -> Row:
    """A good reading of the newest interval; ``None`` takes a column away."""
    row: Row = {"firm_id": OTHER, "period_start": LAST.isoformat(), "kwh": "41.25"} | changes
    return {name: value for name, value in row.items() if value is not None}


def _frame(rows: Sequence[Row]) -> pl.DataFrame:
    names = dict.fromkeys(name for row in rows for name in row)
    return pl.DataFrame({name: [row.get(name) for row in rows] for name in names})


def _stream(rows: Sequence[Row]) -> bytes:
    content = io.BytesIO()
    _frame(rows).write_ipc_stream(content)
    return content.getvalue()


def _file(rows: Sequence[Row]) -> bytes:
    content = io.BytesIO()
    _frame(rows).write_ipc(content)
    return content.getvalue()


def _parquet(rows: Sequence[Row]) -> bytes:
    content = io.BytesIO()
    _frame(rows).write_parquet(content)
    return content.getvalue()


@dataclass(frozen=True, kw_only=True)
class Form:
    """One form of body."""

    name: str
    media_type: str
    write: Callable[[Sequence[Row]], bytes]
    first_row: int = 1

    def __str__(self) -> str:
        """What pytest calls it."""
        return self.name


FORMS = (
    Form(
        name="json",
        media_type="application/json",
        write=lambda rows: json.dumps(rows).encode(),
    ),
    Form(
        name="json-object",
        media_type="application/json; charset=utf-8",
        write=lambda rows: json.dumps({"readings": rows}, indent=1).encode(),
    ),
    Form(
        name="ndjson",
        media_type="application/x-ndjson",
        write=lambda rows: "\n".join(map(json.dumps, rows)).encode(),
    ),
    Form(
        name="arrow-stream",
        media_type="application/vnd.apache.arrow.stream",
        write=_stream,
    ),
    Form(name="arrow-file", media_type="application/vnd.apache.arrow.file", write=_file),
    Form(name="parquet", media_type="application/vnd.apache.parquet", write=_parquet),
    Form(
        name="csv",
        media_type="text/csv",
        write=lambda rows: _frame(rows).write_csv().encode(),
        first_row=2,
    ),
    Form(
        name="any-file",
        media_type="application/octet-stream",
        write=lambda rows: _frame(rows).write_csv().encode(),
        first_row=2,
    ),
)
JSON = FORMS[0]


def send(
    client: AppClient,
    rows: Sequence[Row] | bytes,
    form: Form = JSON,
    *,
    key: str | None = None,
    query: str = "",
) -> httpx.Response:
    """Send rows, or bytes as they are, to the service."""
    headers = {"content-type": form.media_type}
    if key is not None:
        headers["idempotency-key"] = key
    content = rows if isinstance(rows, bytes) else form.write(rows)
    return client.post(f"/v1/readings{query}", content=content, headers=headers)


def stored_kwh(ledger, firm_id: str = OTHER) -> list[float]:
    """Every value stored of a firm's meters, versions included, in the order of storing."""
    with ledger.engine.connect() as connection:
        asked = (
            select(READINGS.c.kwh)
            .join(METERS, METERS.c.meter_id == READINGS.c.meter_id)
            .where(METERS.c.firm_id == firm_id)
            .order_by(READINGS.c.import_id, READINGS.c.period_start)
        )
        return list(connection.execute(asked).scalars())


def rows_in(ledger, table: str) -> int:
    """Rows of a table."""
    with ledger.engine.connect() as connection:
        asked = f"SELECT count(*) FROM {table}"  # noqa: S608
        return connection.exec_driver_sql(asked).scalar_one()
