"""How fast is a delivery of many firms acknowledged over HTTP, and what does its form cost?

A step of every firm in one POST, again and again, each with a key of its own: parsed, held against
what is declared, stored in PostgreSQL with its usual safety, and answered. The application runs
behind a real socket in a process of its own, the client on the same machine.
"""

from __future__ import annotations

import io
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta

import httpx
import numpy as np
import polars as pl

from bench.figures import Figure, print_figures, write
from bench.private_postgres import private_postgres
from feature_store.entities.firm import Contract, Firm
from feature_store.settings import Settings
from feature_store.storage.ledger_store import open_store
from feature_store.time_grid import INTERVAL

SEED = 20261122
FIRMS = 3000
STEPS = 100
"""Calls of each form: the 99th percentile is then the slowest but one."""
WARM_UP = 3
"""Calls before that, which load libraries and make the month's partition."""
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
NOW = BEGIN + timedelta(days=30)
START_WITHIN_S = 60

Rows = list[dict[str, object]]

SERVE = """
import sys
import uvicorn
from feature_store.settings import Settings
from serving.bootstrap import GUARDS, build, connect, create_app

app = create_app()
connect(app, build(Settings()))
guarded = app
for guard in GUARDS:
    guarded = guard(guarded)
uvicorn.run(guarded, fd=int(sys.argv[1]), log_level="warning")
"""


def _stream(rows: Rows) -> bytes:
    content = io.BytesIO()
    pl.DataFrame(rows).write_ipc_stream(content)
    return content.getvalue()


FORMS: dict[str, tuple[str, Callable[[Rows], bytes]]] = {
    "JSON": ("application/json", lambda rows: json.dumps(rows).encode()),
    "NDJSON": ("application/x-ndjson", lambda rows: "\n".join(map(json.dumps, rows)).encode()),
    "Arrow stream": ("application/vnd.apache.arrow.stream", _stream),
    "CSV": ("text/csv", lambda rows: pl.DataFrame(rows).write_csv().encode()),
}


def main() -> list[Figure]:
    """Measure every form and write the page."""
    figures = [
        Figure(name="load average of the machine before, its cores below", value=os.getloadavg()[0])
    ]
    with private_postgres(safe=True) as server, tempfile.TemporaryDirectory() as home:
        url = server.new_database()
        _declare(url)
        with _served(url, home) as client:
            for number, name in enumerate(FORMS):
                figures += _measured(client, name, first_step=number * (STEPS + WARM_UP))
    write("ingestion", (__doc__ or "").strip(), figures)
    return figures


def _declare(url: str) -> None:
    with closing(open_store(Settings(database_url=url))) as ledger:
        for firm_id in _firm_ids():
            firm = Firm(
                firm_id=firm_id, name_ko=firm_id, name_en=firm_id, contract=Contract(power_kw=900)
            )
            ledger.declare(firm, known_at=BEGIN)


@contextmanager
def _served(url: str, home: str) -> Iterator[httpx.Client]:
    """Run the application in a process of its own for as long as the block lasts."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        listening.set_inheritable(True)
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        environment = {
            "SANDAN_DATABASE_URL": url,
            "SANDAN_HOME": home,
            "SANDAN_REPLAY_TIME": NOW.isoformat(),
        }
        process = subprocess.Popen(  # noqa: S603  our own program
            [sys.executable, "-c", SERVE, str(listening.fileno())],
            env=os.environ | environment,
            pass_fds=[listening.fileno()],
        )
    try:
        with httpx.Client(base_url=address, timeout=START_WITHIN_S) as client:
            until = time.monotonic() + START_WITHIN_S
            while process.poll() is None and time.monotonic() < until:
                with suppress(httpx.TransportError):
                    client.get("/v1/refusals")
                    break
            yield client
    finally:
        process.terminate()
        process.wait()


def _measured(client: httpx.Client, name: str, *, first_step: int) -> list[Figure]:
    media_type, body_of = FORMS[name]
    bodies = [body_of(_rows(first_step + step)) for step in range(WARM_UP + STEPS)]
    took = [_post_ms(client, body, media_type, added=FIRMS) for body in bodies][WARM_UP:]
    repeated_ms = _post_ms(client, bodies[-1], media_type, added=0)
    return [
        Figure(
            name=f"{name}: {FIRMS:,} firms x 1 step in one POST, 99th percentile of {STEPS}",
            value=float(np.percentile(took, 99)),
            unit="ms",
            at_most=500,
        ),
        Figure(name=f"{name}: the same, median", value=float(np.median(took)), unit="ms"),
        Figure(name=f"{name}: the last of them again", value=repeated_ms, unit="ms"),
        Figure(name=f"{name}: body", value=len(bodies[-1]) / 1024, unit="KiB"),
    ]


def _post_ms(client: httpx.Client, body: bytes, media_type: str, *, added: int) -> float:
    headers = {"Content-Type": media_type, "Idempotency-Key": str(hash(body))}
    started = time.perf_counter()
    answer = client.post("/v1/readings", content=body, headers=headers)
    took_ms = 1000 * (time.perf_counter() - started)
    if answer.json().get("rows_added") != added:
        raise ValueError(f"the service answered {answer.status_code}: {answer.text[:500]}")
    return took_ms


def _rows(step: int) -> Rows:
    kwh = np.random.default_rng(SEED + step).uniform(0, 500, FIRMS).round(2).tolist()
    start = (BEGIN + step * INTERVAL).isoformat()
    return [
        {"firm_id": firm_id, "period_start": start, "kwh": value}
        for firm_id, value in zip(_firm_ids(), kwh, strict=True)
    ]


def _firm_ids() -> list[str]:
    return [f"firm-{number:04}" for number in range(FIRMS)]


if __name__ == "__main__":
    print_figures(main())
