"""What does reading a file cost, a year of readings and a file made to harm?

Every file is read in a process of its own, as an import would. Memory is the most that this
process held and the most of the one it opens workbooks in, added up.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.figures import Figure, print_figures, write
from feature_store.time_grid import INTERVAL
from tests.made_exports import MADE, ROWS
from tests.made_hostile_files import HOSTILE

ROOT = Path(__file__).parents[1]
STEPS = 35_040
YEAR = tuple(
    replace(ROWS[step % len(ROWS)], end=datetime(2025, 1, 1) + (step + 1) * INTERVAL)  # noqa: DTZ001
    for step in range(STEPS)
)
"""By the clock in Seoul, as exports write it."""
PROGRAM = """
import json, resource, sys, time
from datetime import UTC, datetime
from pathlib import Path
from feature_store.errors import SandanError
from feature_store.ingestion.read_file import take_file
from feature_store.ingestion.read_request import ReadRequest, unit_of

request = ReadRequest(
    firm_id="kiln", now=datetime.now(UTC), unit=unit_of(sys.argv[2]) if sys.argv[2] else None
)
started = time.perf_counter()
try:
    rows = getattr(take_file(Path(sys.argv[1]), request), "rows", ())
except SandanError:
    rows = ()
seconds = time.perf_counter() - started
own = int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0])
opened = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(json.dumps([seconds, (own + opened) / 1024, len(rows)]))
"""


def main() -> list[Figure]:
    """Read a year in every form and every hostile file, and write what it took."""
    figures: list[Figure] = []
    with TemporaryDirectory() as folder:
        for made in MADE:
            if _holds_a_year(made.name):
                path = made.made(Path(folder), YEAR)
                seconds, _, rows = _read(path, made.asks.get("unit", ""))
                if rows != STEPS:
                    raise SystemExit(f"{made.name}: {rows} rows of a year were read")
                most = 8 if path.suffix in {".xls", ".xlsx"} else 5
                figures.append(_seconds(f"a year, {made.name}", seconds, most))
        hostile = {name: _of_hostile(Path(folder) / name, make) for name, make in HOSTILE.items()}
    slowest = max(hostile, key=lambda name: hostile[name][0])
    largest = max(hostile, key=lambda name: hostile[name][1])
    figures += [
        Figure(name="files made to harm", value=len(hostile)),
        _seconds(f"the slowest of them, {slowest}", hostile[slowest][0], 10),
        Figure(
            name=f"the largest in memory, {largest}",
            value=round(hostile[largest][1], 1),
            unit="MiB",
            at_most=256,
        ),
    ]
    write("hostile_files", __doc__.splitlines()[0], figures)
    return figures


def _holds_a_year(name: str) -> bool:
    """Titles name one day, the tests' compound file has room for one, JSON may have 4 MiB."""
    return not any(word in name for word in ("title", "real .xls", "canonical, JSON"))


def _of_hostile(path: Path, make: Callable[[], bytes]) -> tuple[float, float]:
    path.write_bytes(make())
    seconds, mebibytes, rows = _read(path, "")
    path.unlink()
    if rows:
        raise SystemExit(f"{path.name}: was read")
    return seconds, mebibytes


def _read(path: Path, unit: str) -> tuple[float, float, int]:
    ended = subprocess.run(  # noqa: S603  the program above
        [sys.executable, "-c", PROGRAM, str(path), unit],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    seconds, mebibytes, rows = json.loads(ended.stdout)
    return float(seconds), float(mebibytes), int(rows)


def _seconds(name: str, seconds: float, at_most: float) -> Figure:
    return Figure(name=name, value=round(seconds, 2), unit="s", at_most=at_most)


if __name__ == "__main__":
    print_figures(main())
