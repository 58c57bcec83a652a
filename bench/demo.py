"""How long from an empty folder to a page with suggestions, and how fast does the service answer?

``sandan demo --once`` runs whole in a process of its own; then the real server on the same state
is asked over HTTP, one request at a time, by a client on the same machine.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from datetime import timedelta
from pathlib import Path

import numpy as np
import psutil

from bench.figures import Figure, print_figures, write
from feature_store.sample.complex import SampleComplex, load_sample
from feature_store.settings import Settings
from serving.server import running_server

PORT = 3947
REQUESTS = 200
WARM_UP = 20
GIB = 2**30
LOOK_EVERY_S = 0.1


def main() -> list[Figure]:
    """Run the demo once, then load the server."""
    sample = load_sample()
    with tempfile.TemporaryDirectory() as folder:
        figures = _demo(Path(folder))
        settings = Settings(home=Path(folder), port=PORT).model_copy(
            update={"replay_time": sample.demo_time}
        )
        with running_server(settings) as server:
            figures += _forecasts(server.url, sample)
    write("demo", (__doc__ or "").splitlines()[0], figures)
    return figures


def _demo(home: Path) -> list[Figure]:
    command = [str(Path(sys.executable).with_name("sandan")), "demo", "--once", "--json"]
    environment = os.environ | {"SANDAN_HOME": str(home), "SANDAN_PORT": str(PORT)}
    started = time.perf_counter()
    with subprocess.Popen(  # noqa: S603 -- our own command
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        memory = _Memory(process.pid)
        memory.start()
        told, _ = process.communicate()
    seconds = time.perf_counter() - started
    memory.join()
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    summary = json.loads(told)
    return [
        Figure(name="sandan demo --once, wall time", value=seconds, unit="s", at_most=150),
        Figure(
            name="sandan demo --once, memory of all its processes at their largest",
            value=memory.largest_bytes / GIB,
            unit="GiB",
            at_most=2,
        ),
        Figure(
            name="firms with a suggestion",
            value=sum(firm["outcome"] == "solved" for firm in summary["firms"]),
            at_least=len(summary["firms"]),
        ),
        Figure(
            name="loss below seasonal naive",
            value=summary["loss_below_seasonal_naive_percent"],
            unit="%",
        ),
        Figure(
            name="projected saving of all firms",
            value=summary["saved_krw_per_month"] / 1e6,
            unit="M won a month",
        ),
    ]


class _Memory(threading.Thread):
    """Looks at the memory of a process and its children until they end.

    Pages that several of them share are counted once, each by its share.
    """

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._process = psutil.Process(pid)
        self._ended = threading.Event()
        self.largest_bytes = 0

    def run(self) -> None:
        """Keep the largest sum seen."""
        while self._process.is_running() and not self._ended.wait(LOOK_EVERY_S):
            try:
                family = [self._process, *self._process.children(recursive=True)]
                now_bytes = sum(one.memory_full_info().pss for one in family)
            except psutil.Error:  # one ended between being listed and being asked
                if not self._process.is_running() or self._process.status() == "zombie":
                    return
                continue
            self.largest_bytes = max(self.largest_bytes, now_bytes)


def _forecasts(url: str, sample: SampleComplex) -> list[Figure]:
    """Time forecasts of every firm in turn, at a new issue time every round."""
    taken = []
    for number in range(WARM_UP + REQUESTS):
        firm = sample.firms[number % len(sample.firms)]
        earlier = timedelta(minutes=15 * (number // len(sample.firms)))
        asked = {
            "firm_id": firm.firm_id,
            "issue_time": (sample.demo_time - earlier).isoformat(),
        }
        request = urllib.request.Request(  # noqa: S310 -- our own server
            f"{url}/v1/forecast",
            json.dumps(asked).encode(),
            {"content-type": "application/json"},
        )
        started = time.perf_counter()
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 -- our own server
            json.load(answer)
        taken.append(1000 * (time.perf_counter() - started))
    warm = np.array(taken[WARM_UP:])
    return [
        Figure(name="forecast of one firm over HTTP, median", value=np.median(warm), unit="ms"),
        Figure(
            name="forecast of one firm over HTTP, 95th percentile",
            value=float(np.quantile(warm, 0.95)),
            unit="ms",
            at_most=100,
        ),
    ]


if __name__ == "__main__":
    print_figures(main())
