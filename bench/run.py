"""Measure everything that the documents quote: ``make bench``."""

from __future__ import annotations

import sys

from bench import (
    bills,
    demo,
    durability,
    forecast,
    forecast_speed,
    frames,
    growth,
    hostile_files,
    ingestion,
    ledger,
    quality,
    quoted,
    schedule,
)
from bench.figures import print_figures

MODULES = (
    forecast,
    forecast_speed,
    frames,
    schedule,
    bills,
    quality,
    ledger,
    ingestion,
    hostile_files,
    demo,
)
LONG = (durability, growth)
"""Half an hour each and tens of gigabytes: run when they are named."""
TOPICS = {module.__name__.rpartition(".")[2]: module for module in (*MODULES, *LONG)}


def main() -> None:
    """Run the topics named on the command line, all but the long ones if none is."""
    for name in sys.argv[1:] or list(TOPICS)[: len(MODULES)]:
        print(f"\n{name}")
        print_figures(TOPICS[name].main())
    quoted.main()


if __name__ == "__main__":
    main()
