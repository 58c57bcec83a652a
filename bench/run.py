"""Measure everything that the documents quote: ``make bench``."""

from __future__ import annotations

import sys
from importlib import import_module

from bench import quoted
from bench.figures import print_figures

TOPICS = (
    "forecast",
    "forecast_speed",
    "frames",
    "schedule",
    "bills",
    "quality",
    "ledger",
    "ingestion",
    "hostile_files",
    "demo",
)
LONG = (
    "capture",
    "complex_schedule",
    "durability",
    "growth",
    "measured_firms",
    "month_peak",
    "ratchet",
    "rolling",
    "schedule_family",
    "soak",
)
"""Minutes to half an hour each, or of readings that the project does not carry: run when named."""


def main() -> None:
    """Run the topics named on the command line, all but the long ones if none is."""
    for name in sys.argv[1:] or TOPICS:
        if name not in TOPICS + LONG:
            sys.exit(f"{name} is no topic; name one of {', '.join(TOPICS + LONG)}")
        print(f"\n{name}")
        # Of this module's own imports every process that a topic starts pays for anew.
        print_figures(import_module(f"bench.{name}").main())
    quoted.main()


if __name__ == "__main__":
    main()
