"""What does reading a file cost, a year of readings and a file made to harm?

Every file is read in a process of its own, as an import would, see ``tests/cost_of_reading.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.figures import Figure, print_figures, write
from feature_store.ingestion.limits import MEBIBYTE
from feature_store.time_grid import INTERVAL
from tests.cost_of_reading import MOST_BYTES, CostOfReading, cost_of_reading
from tests.made_exports import MADE, ROWS
from tests.made_hostile_files import HOSTILE

STEPS = 35_040
YEAR = tuple(
    replace(ROWS[step % len(ROWS)], end=datetime(2025, 1, 1) + (step + 1) * INTERVAL)  # noqa: DTZ001
    for step in range(STEPS)
)
"""By the clock in Seoul, as exports write it."""


def main() -> list[Figure]:
    """Read a year in every form and every hostile file, and write what it took."""
    figures: list[Figure] = []
    with TemporaryDirectory() as folder:
        for made in MADE:
            if _holds_a_year(made.name):
                path = made.made(Path(folder), YEAR)
                cost = cost_of_reading(path, unit=made.asks.get("unit", ""))
                if cost.rows != STEPS:
                    raise SystemExit(f"{made.name}: {cost.rows} rows of a year were read")
                most = 8 if path.suffix in {".xls", ".xlsx"} else 5
                figures.append(_seconds(f"a year, {made.name}", cost.seconds, most))
        hostile = {name: _of_hostile(Path(folder) / name, make) for name, make in HOSTILE.items()}
    slowest = max(hostile, key=lambda name: hostile[name].seconds)
    largest = max(hostile, key=lambda name: hostile[name].peak_bytes)
    figures += [
        Figure(name="files made to harm", value=len(hostile)),
        _seconds(f"the slowest of them, {slowest}", hostile[slowest].seconds, 10),
        Figure(
            name=f"the largest in memory, {largest}",
            value=round(hostile[largest].peak_bytes / MEBIBYTE, 1),
            unit="MiB",
            at_most=MOST_BYTES / MEBIBYTE,
        ),
    ]
    write("hostile_files", __doc__.splitlines()[0], figures)
    return figures


def _holds_a_year(name: str) -> bool:
    """Titles name one day, the tests' compound file has room for one, JSON may have 4 MiB."""
    return not any(word in name for word in ("title", "real .xls", "canonical, JSON"))


def _of_hostile(path: Path, make: Callable[[], bytes]) -> CostOfReading:
    path.write_bytes(make())
    cost = cost_of_reading(path, unit="kWh" if path.name.startswith("export") else "")
    path.unlink()
    if cost.rows:
        raise SystemExit(f"{path.name}: was read")
    return cost


def _seconds(name: str, seconds: float, at_most: float) -> Figure:
    return Figure(name=name, value=round(seconds, 2), unit="s", at_most=at_most)


if __name__ == "__main__":
    print_figures(main())
