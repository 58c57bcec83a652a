"""The figures that documents quote, written into them from the last results: never by hand."""

from __future__ import annotations

import json
import re
from pathlib import Path

from bench.figures import RESULTS

ROOT = Path(__file__).parents[1]
QUOTED: dict[str, tuple[tuple[str, str], ...]] = {
    "README.md": (
        ("forecast", "sample: quantile loss below seasonal-naive"),
        ("forecast", "sample: quantile loss below similar-day"),
        ("forecast", "steel: quantile loss below seasonal-naive"),
        ("forecast", "steel: quantile loss below similar-day"),
        ("schedule", "seconds a schedule, median"),
        ("schedule", "seconds a schedule, largest"),
        ("demo", "sandan demo --once, wall time"),
        ("demo", "sandan demo --once, memory of all its processes at their largest"),
        ("demo", "forecast of one firm over HTTP, 95th percentile"),
    ),
    "docs/forecasting.md": (
        *(
            ("forecast", f"{data}: {figure} of {forecaster}")
            for data in ("sample", "steel")
            for forecaster in ("mixture", "similar-day", "seasonal-naive", "same-day-type-mean")
            for figure in ("wql", "pl90", "cov80", "peak_error")
        ),
        ("measured_firms", "eleven firms: firms with cov80 from .77 to .85"),
        ("measured_firms", "eleven firms: quantile loss by similar-day, worst firm"),
        ("measured_firms", "eleven firms: peak_crps_told"),
        ("measured_firms", "eleven firms: peak_hit_told"),
        ("measured_firms", "exceedance: said less happened, worst bin"),
        ("measured_firms", "steel: wql with an announced plan, upper bound"),
        ("measured_firms", "steel: wql below that without a plan"),
    ),
}
"""Document, and topic and name of each figure in it."""
BLOCK = re.compile(r"(<!-- figures: [^>]*-->\n).*?(<!-- end of figures -->)", re.DOTALL)


def table(document: str) -> str:
    """The document's figures as a Markdown table, from ``bench/results``."""
    lines = ["", "| measured | value | goal |", "|---|--:|---|"]
    for topic, name in QUOTED[document]:
        results = json.loads((RESULTS / f"{topic}.json").read_text(encoding="utf-8"))
        figure = next(one for one in results["figures"] if one["name"] == name)
        value = f"{figure['value']:.3g} {figure['unit']}".strip()
        lines.append(f"| {name} | {value} | {figure['goal']} |")
    return "\n".join([*lines, "", ""])


def with_figures(document: str) -> str:
    """The document's text with its block of figures as last measured."""
    text = (ROOT / document).read_text(encoding="utf-8")
    return BLOCK.sub(lambda found: found[1] + table(document) + found[2], text)


def main() -> None:
    """Write every block."""
    for document in QUOTED:
        (ROOT / document).write_text(with_figures(document), encoding="utf-8")


if __name__ == "__main__":
    main()
